import type { Asn1 } from './asn1.ts';
import type { AsnType, BaseBlock } from './asn1.chunk.ts';
import { parseCertificate } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import { DerError } from './der.ts';

/** More certificates than a token or an answer has use for. */
const MAX_CERTIFICATES = 32;

/** Class of context tags. */
const CONTEXT = 3;

/**
 * Takes the certificates out of signed data or of an answer, where they stand under the context tag 0, and reads them with
 * our own reader: it knows those that it has seen, and the library would spend most of its time on them. What is no
 * X.509 certificate is left out.
 *
 * @throws DerError when there are too many
 */
export function takeCertificates(asn1: Asn1, body: AsnType): readonly Certificate[] {
  if (!(body instanceof asn1.Constructed)) return [];
  const fields = body.valueBlock.value;
  const index = fields.findIndex(
    ({ idBlock }) => idBlock.tagClass === CONTEXT && idBlock.tagNumber === 0,
  );
  const [list] = index < 0 ? [] : fields.splice(index, 1);
  const elements = membersOf(asn1, list);
  if (elements.length > MAX_CERTIFICATES) throw new DerError('holds too many certificates');
  return elements.flatMap(({ valueBeforeDecodeView }) => {
    const certificate = parseCertificate(valueBeforeDecodeView, 'certificate');
    return certificate.ok ? [certificate.value] : [];
  });
}

/** CMS tags the set itself, OCSP puts a sequence of them under the tag. */
function membersOf(asn1: Asn1, list: BaseBlock | undefined): readonly BaseBlock[] {
  const members = list instanceof asn1.Constructed ? list.valueBlock.value : [];
  const [only, ...others] = members;
  const isCertificate = parseCertificate(
    only?.valueBeforeDecodeView ?? new Uint8Array(),
    'certificate',
  ).ok;
  return isCertificate || others.length > 0 || !(only instanceof asn1.Constructed)
    ? members
    : only.valueBlock.value;
}
