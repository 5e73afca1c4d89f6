import type { Descriptor } from '../oci/descriptor.ts';
import { digestOf } from '../oci/digest.ts';
import type { DigestAlgorithm } from '../oci/digest.ts';
import { mediaTypeOf, parseEnvelope } from './envelope.ts';
import type { EnvelopeFormat } from './payload.ts';
import type { SignatureToVerify } from './verify.ts';

/** Content that is signed as it is, not through a registry. */
export interface Blob {
  readonly bytes: Uint8Array;
  /** What the payload calls it, e.g. `application/json`. */
  readonly mediaType: string;
}

/** A signature that lies beside the content it signs. */
export interface DetachedSignature {
  readonly blob: Blob;
  readonly envelope: Uint8Array;
  readonly format: EnvelopeFormat;
  readonly now: Date;
}

/** Where signatures of a file may lie, e.g. `image-info.json.cose.sig`. */
export const SIGNATURE_SUFFIXES: Readonly<Record<EnvelopeFormat, string>> = {
  cose: '.cose.sig',
  jws: '.jws.sig',
};

/**
 * The descriptor that a signature over content binds. Its digest is made with the hash of the signing key, as the
 * reference implementation makes it: SHA-384 for P-384 and RSA-3072, SHA-512 for P-521 and RSA-4096.
 *
 * @see https://github.com/notaryproject/specifications/blob/v1.1.0/specs/signature-specification.md#payload
 */
export function describeBlob({ bytes, mediaType }: Blob, hash: DigestAlgorithm): Descriptor {
  return { mediaType, digest: digestOf(bytes, hash), size: bytes.byteLength };
}

/**
 * What there is to verify about a detached signature, for `verifySignature` and its like: the subject is the content
 * at hand, hashed as the envelope says. An envelope that cannot be read fails there, by its integrity.
 */
export function detachedToVerify(signature: DetachedSignature): SignatureToVerify {
  const { blob, envelope, format, now } = signature;
  const mediaType = mediaTypeOf(format);
  const opened = parseEnvelope(envelope, mediaType);
  const hash = opened.ok ? opened.value.algorithm.hash : 'sha256';
  return { envelope, mediaType, subject: describeBlob(blob, hash), now };
}
