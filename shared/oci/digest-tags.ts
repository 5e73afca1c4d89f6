import { isDigest } from './digest.ts';
import type { Digest } from './digest.ts';

/** `sha256-<hex>` and what there is about that manifest: a signature, attestations, an SBOM. */
const DIGEST_TAG = /^sha256-([0-9a-f]{64})\.(?:sig|att|sbom)$/;

/**
 * The manifest that a tag made by cosign is about, e.g. `sha256:ab…` for `sha256-ab….sig`; absent for other tags.
 *
 * @see https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md
 */
export function subjectOfTag(tag: string): Digest | undefined {
  const digest = `sha256:${DIGEST_TAG.exec(tag)?.[1] ?? ''}`;
  return isDigest(digest) ? digest : undefined;
}
