import { mapLimit } from '../core/concurrency.ts';
import { TaskError } from '../core/errors.ts';
import { readManifest } from '../oci/manifest-document.ts';
import type { ManifestDocument } from '../oci/manifest-document.ts';
import { MediaType } from '../oci/media-types.ts';
import { formatReference } from '../oci/reference.ts';
import type { Repository } from '../oci/reference.ts';
import { refuseTooManySignatures } from '../oci/signature-limit.ts';
import { readSignatureManifest } from '../oci/signature-manifest.ts';
import type { RegistryReader } from '../ports/registry.ts';
import type { FoundSignature, SignatureReader } from '../ports/signatures.ts';

/** Signatures of one subject read at once. */
const SIGNATURES_AT_ONCE = 4;

/** Reads signatures through a registry reader. */
export function createSignatureReader(registry: RegistryReader): SignatureReader {
  const read = async (
    repository: Repository,
    manifest: ManifestDocument,
    signal: AbortSignal,
  ): Promise<FoundSignature | undefined> => {
    const signature = readSignatureManifest(manifest);
    // A referrer that is no well-formed signature signs nothing; it is not what fails a release.
    if (!signature.ok || signature.value === undefined) return undefined;
    const { envelope } = signature.value;
    const bytes = await getIfPresent(registry.getBlob(repository, envelope, signal));
    if (bytes === undefined) return undefined;
    return { manifest, envelope: bytes, mediaType: envelope.mediaType };
  };
  return {
    read,
    async find(repository, subject, signal) {
      const referrers = await registry.listReferrers(repository, subject.digest, signal);
      const candidates = referrers.filter(
        // Entries of old fallback indexes lack the type; the manifest itself tells.
        ({ artifactType = MediaType.notarySignature }) =>
          artifactType === MediaType.notarySignature,
      );
      refuseTooManySignatures(formatReference(repository, subject.digest), candidates.length);
      const found = await mapLimit(
        candidates,
        async ({ digest }) => {
          const manifest = await registry.getManifest(repository, digest, signal);
          // A list under a tag may name anything: what refers to something else is no signature of the subject.
          const isOfSubject = manifest !== undefined && refersTo(manifest, subject.digest);
          return isOfSubject ? read(repository, manifest, signal) : undefined;
        },
        { limit: SIGNATURES_AT_ONCE, signal },
      );
      return found.filter((signature) => signature !== undefined);
    },
  };
}

function refersTo(manifest: ManifestDocument, subject: string): boolean {
  const links = readManifest(manifest);
  return links.ok && links.value.subject?.digest === subject;
}

/** Content that may be gone: a signature without its envelope signs nothing either. */
async function getIfPresent(content: Promise<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    return await content;
  } catch (error) {
    if (error instanceof TaskError && error.code === 'CONTENT_NOT_FOUND') return undefined;
    throw error;
  }
}
