import { both, mapLimit } from '../../shared/core/concurrency.ts';
import { LongListError } from '../../shared/core/long-list.ts';
import { orThrow } from '../../shared/core/result.ts';
import { counted } from '../../shared/core/text.ts';
import { publicNameOf } from '../../shared/image-info/image-digest.ts';
import type { ReleasedDigest } from '../../shared/image-info/select.ts';
import { isAttestation } from '../../shared/oci/attestation.ts';
import type { Descriptor } from '../../shared/oci/descriptor.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import { readManifest } from '../../shared/oci/manifest-document.ts';
import type { ManifestDocument } from '../../shared/oci/manifest-document.ts';
import { formatReference, repositoryAt } from '../../shared/oci/reference.ts';
import type { Location, Repository } from '../../shared/oci/reference.ts';
import type { RegistryReader } from '../../shared/ports/registry.ts';
import type { FoundSignature, SignatureReader } from '../../shared/ports/signatures.ts';

/** Subjects looked at at once; the registry client bounds what is in flight for each host. */
const SUBJECTS_AT_ONCE = 24;

/** A manifest to be signed, with the signatures it has, as far as they matter. */
export interface SubjectFact {
  readonly repository: Repository;
  /** Public name of the repository with its registry: `mcr.example/dotnet/runtime`. */
  readonly publicName: string;
  readonly descriptor: Descriptor;
  readonly signatures: readonly FoundSignature[];
}

/** The signatures that subjects had before, by the digests of their manifests. */
export function signaturesByManifest(
  subjects: readonly SubjectFact[],
): ReadonlyMap<Digest, FoundSignature> {
  return new Map(
    subjects
      .flatMap(({ signatures }) => signatures)
      .map((signature) => [signature.manifest.descriptor.digest, signature]),
  );
}

/** Where subjects are, and what they are read with. */
export interface SubjectSource {
  readonly location: Location;
  readonly registry: Pick<RegistryReader, 'getManifest'>;
  /** Absent when it does not matter what signatures there are. */
  readonly signatures: SignatureReader | undefined;
}

/** A manifest by the public name of its repository. */
type Wanted = Pick<ReleasedDigest, 'repo' | 'registry' | 'digest'>;

interface Found {
  readonly kind: 'found';
  readonly subject: SubjectFact;
  /** What a list points to in its repository. */
  readonly children: readonly Wanted[];
}

/**
 * Everything to be signed: the digests of image-info, and the platforms of its lists wherever a list is. In their own
 * repository image-info names those itself; where a list is syndicated to it names only the list.
 *
 * @throws TaskError `CONTENT_NOT_FOUND` that lists every manifest that is missing
 */
export async function readSubjects(
  digests: readonly Wanted[],
  source: SubjectSource,
  signal: AbortSignal,
): Promise<readonly SubjectFact[]> {
  const named = await readAll(digests, source, signal);
  const known = new Set(digests.map(keyOf));
  const children = new Map(
    named.flatMap((found) => found.children).map((child) => [keyOf(child), child] as const),
  );
  const others = [...children].filter(([key]) => !known.has(key)).map(([, child]) => child);
  const more = await readAll(others, source, signal);
  return [...named, ...more].map(({ subject }) => subject);
}

function keyOf({ repo, digest }: Wanted): string {
  return `${repo}@${digest}`;
}

async function readAll(
  wanted: readonly Wanted[],
  source: SubjectSource,
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const read = async (one: Wanted): Promise<Found | { readonly kind: 'missing'; place: string }> =>
    readSubject(one, source, signal);
  const results = await mapLimit(wanted, read, { limit: SUBJECTS_AT_ONCE, signal });
  const missing = results.flatMap((one) => (one.kind === 'missing' ? [one.place] : []));
  if (missing.length > 0) {
    throw new LongListError({
      code: 'CONTENT_NOT_FOUND',
      summary: `${counted(missing.length, 'manifest')} of image-info ${missing.length === 1 ? 'is' : 'are'} not in the registry`,
      lines: missing,
      hint: 'Check registry and repositoryPrefix: they must say where the images were pushed.',
    });
  }
  return results.flatMap((one) => (one.kind === 'found' ? [one] : []));
}

async function readSubject(
  { repo, registry, digest }: Wanted,
  source: SubjectSource,
  signal: AbortSignal,
): Promise<Found | { readonly kind: 'missing'; readonly place: string }> {
  const repository = repositoryAt(source.location, repo);
  const [manifest, signatures] = await both(
    source.registry.getManifest(repository, digest, signal),
    source.signatures?.find(repository, { digest }, signal) ?? Promise.resolve([]),
  );
  if (manifest === undefined) {
    return { kind: 'missing', place: formatReference(repository, digest) };
  }
  const { descriptor } = manifest;
  const publicName = publicNameOf({ registry, repo });
  return {
    kind: 'found',
    subject: { repository, publicName, descriptor, signatures },
    children: childrenOf(manifest).map((child) => ({ repo, registry, digest: child })),
  };
}

/** What BuildKit attests to about an image is covered by the signature of the list. */
function childrenOf(manifest: ManifestDocument): readonly Digest[] {
  const { manifests } = orThrow(readManifest(manifest), {
    code: 'REGISTRY_RESPONSE_INVALID',
    subject: `The manifest ${manifest.descriptor.digest}`,
    hint: 'Push this image again with a current tool.',
  });
  return manifests.filter((child) => !isAttestation(child)).map(({ digest }) => digest);
}
