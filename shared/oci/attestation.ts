import type { Descriptor } from './descriptor.ts';
import type { Digest } from './digest.ts';

/**
 * BuildKit puts what it attests to about an image into the image's own index, as one more manifest.
 *
 * @see https://github.com/moby/buildkit/blob/v0.13.0/docs/attestations/attestation-storage.md
 */
const ATTESTATION = { type: 'vnd.docker.reference.type', value: 'attestation-manifest' } as const;
const ATTESTED_DIGEST = 'vnd.docker.reference.digest';

/** Whether an entry of an index is what BuildKit attests to about another entry of it. */
export function isAttestation({ annotations = {} }: Descriptor): boolean {
  return annotations[ATTESTATION.type] === ATTESTATION.value;
}

/** Whether an entry of an index attests to this image. */
export function attestsTo(entry: Descriptor, image: Digest): boolean {
  return isAttestation(entry) && entry.annotations?.[ATTESTED_DIGEST] === image;
}
