import { TaskError } from '../core/errors.ts';
import { orThrow } from '../core/result.ts';
import { isSelfSigned } from '../notary/certificate.ts';
import type { Certificate } from '../notary/certificate.ts';
import { parseCertificates } from '../notary/pem.ts';
import type { FileReader } from '../ports/files.ts';

/**
 * The roots of time stamping authorities in a file, in PEM or DER.
 *
 * @throws TaskError `CERTIFICATE_INVALID` when it holds none, or a certificate that is no root
 */
export async function readStampRoots(
  files: Pick<FileReader, 'read'>,
  path: string,
  signal: AbortSignal,
): Promise<readonly Certificate[]> {
  const hint = 'Give the root certificate of the authority in timestampRootCertificate.';
  const roots = orThrow(parseCertificates(await files.read(path, signal), path), {
    code: 'CERTIFICATE_INVALID',
    subject: 'The root of the time stamping authority',
    hint,
  });
  const other = roots.find((certificate) => !isSelfSigned(certificate));
  if (other === undefined) return roots;
  throw new TaskError('CERTIFICATE_INVALID', `${other.subjectText} is not a self-signed root.`, {
    hint,
  });
}
