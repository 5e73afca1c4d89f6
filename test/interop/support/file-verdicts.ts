import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { detachedToVerify } from '../../../shared/notary/blob-signature.ts';
import type { DetachedSignature } from '../../../shared/notary/blob-signature.ts';
import { mediaTypeOf } from '../../../shared/notary/envelope.ts';
import { formatFailures, verifySignature } from '../../../shared/notary/verify.ts';
import { createEvidenceReader } from '../../../shared/signing/evidence-reader.ts';
import { runCommand } from './commands.ts';
import { notationHome, trusted } from './notation-home.ts';
import type { LabTrust } from './notation-home.ts';
import type { Lab, Verdicts } from './notary-lab.ts';

/**
 * Verifies a signature beside a file at level strict: with the library of the notation CLI, and ourselves. No release of the
 * CLI has `notation blob verify` yet; `.ci/tools/notation-blob` does the same.
 */
export async function verifyFile(
  { folder, revocation }: Pick<Lab, 'folder' | 'revocation'>,
  signature: Omit<DetachedSignature, 'now'>,
  trust: LabTrust,
): Promise<Verdicts> {
  const { blob, envelope, format } = signature;
  const place = await mkdtemp(join(folder, 'file-'));
  const [file, beside] = [join(place, 'file'), join(place, 'file.sig')];
  await writeFile(file, blob.bytes);
  await writeFile(beside, envelope);
  const env = await notationHome(folder, trust, undefined);
  const { exitCode, stderr } = await runCommand(
    'notation-blob',
    [mediaTypeOf(format), beside, file],
    env,
  );
  const now = new Date();
  const known = trusted(trust);
  const toVerify = detachedToVerify({ ...signature, now });
  const evidence = await createEvidenceReader(revocation(), { now: () => now }).gather(
    [{ ...toVerify, trust: known }],
    new AbortController().signal,
  );
  return {
    notation: exitCode === 0 ? '' : stderr,
    ours: formatFailures(verifySignature(toVerify, known, evidence)),
  };
}
