import { isDigest } from '../../../../shared/oci/digest.ts';
import type { Digest } from '../../../../shared/oci/digest.ts';
import { MediaType } from '../../../../shared/oci/media-types.ts';
import { referrersTag } from '../../../../shared/oci/referrers.ts';
import { buildProduct } from '../../../support/product/product.ts';
import type { Product } from '../../../support/product/product.ts';
import type { ContentStore, RepositoryContent } from '../../../support/registry/store.ts';

/** What these checks read of a manifest. */
interface Document {
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly config?: { readonly digest: Digest; readonly mediaType: string };
  readonly layers?: readonly { readonly digest: Digest; readonly mediaType: string }[];
  readonly manifests?: readonly { readonly digest: Digest; readonly artifactType?: string }[];
}

/** Where a consumer looks, and how the registry shows what refers to a manifest. */
export interface View {
  /** Only repositories below this are looked at. */
  readonly prefix: string;
  readonly referrersApi: boolean;
}

/**
 * What a consumer of the registry would find missing, one sentence each: everything that a tag leads to must be
 * there, and each of these manifests must have a signature that the registry shows.
 */
export function holesIn(store: ContentStore, view: View): readonly string[] {
  const names = store.names().filter((name) => name.startsWith(`${view.prefix}/`));
  return names.flatMap((name) => {
    const content = store.open(name);
    const tags = [...content.tags].filter(([tag]) => !isReferrersTag(tag));
    return tags.flatMap(([tag, digest]) =>
      holesBelow(content, digest, view).map((hole) => `${name}:${tag}: ${hole}`),
    );
  });
}

/** Digests that the tags of single platforms stand for, by `<prefix>/repo:tag`. */
export function platformTagsOf(prefix: string, product: Product): Readonly<Record<string, Digest>> {
  const current = buildProduct(product).filter(({ isSuperseded }) => !isSuperseded);
  const entries = current.flatMap(({ image, simpleTags, manifest }) =>
    simpleTags.map((tag) => [`${prefix}/${image.repo}:${tag}`, manifest.descriptor.digest]),
  );
  return Object.fromEntries(entries) as Record<string, Digest>;
}

/** Digests behind all tags of the repositories below a prefix; those of the referrers tag schema are left out. */
export function tagsIn(store: ContentStore, prefix: string): Readonly<Record<string, Digest>> {
  const names = store.names().filter((name) => name.startsWith(`${prefix}/`));
  const entries = names.flatMap((name) =>
    [...store.open(name).tags]
      .filter(([tag]) => !isReferrersTag(tag))
      .map(([tag, digest]) => [`${name}:${tag}`, digest]),
  );
  return Object.fromEntries(entries) as Record<string, Digest>;
}

/** The bytes of every manifest below a prefix, by its name below it; lists of referrers are each registry's own. */
export function manifestsIn(store: ContentStore, prefix: string): ReadonlyMap<string, string> {
  const names = store.names().filter((name) => name.startsWith(`${prefix}/`));
  const entries = names.flatMap((name) =>
    [...store.open(name).manifests.values()]
      .filter(({ bytes }) => !isReferrersList(bytes))
      .map(({ digest, bytes }): [string, string] => [
        `${name.slice(prefix.length + 1)}@${digest}`,
        Buffer.from(bytes).toString('utf8'),
      ]),
  );
  return new Map(entries);
}

function isReferrersList(bytes: Uint8Array): boolean {
  const { manifests = [] } = parse(bytes);
  return manifests.some(({ artifactType }) => artifactType !== undefined);
}

/** The media types of the envelopes of all signatures below a prefix, each once. */
export function envelopeTypesIn(store: ContentStore, prefix: string): readonly string[] {
  const names = store.names().filter((name) => name.startsWith(`${prefix}/`));
  const types = names.flatMap((name) =>
    [...store.open(name).manifests.values()]
      .filter(({ artifactType }) => artifactType === MediaType.notarySignature)
      .flatMap(({ bytes }) => (parse(bytes).layers ?? []).map(({ mediaType }) => mediaType)),
  );
  return [...new Set(types)].toSorted();
}

function isReferrersTag(tag: string): boolean {
  return isDigest(tag.replace('sha256-', 'sha256:'));
}

function holesBelow(content: RepositoryContent, digest: Digest, view: View): readonly string[] {
  const document = documentIn(content, digest);
  if (document === undefined) return [`${digest} is not there`];
  const signatures = referrersIn(content, digest, view).filter((referrer) =>
    isSignature(content, referrer),
  );
  return [
    ...missingBlobs(content, document),
    ...(signatures.length === 0 ? [`${digest} has no signature`] : []),
    ...(document.manifests ?? []).flatMap((child) => holesBelow(content, child.digest, view)),
  ];
}

function missingBlobs(content: RepositoryContent, document: Document): readonly string[] {
  const { config, layers = [] } = document;
  const blobs = [...(config === undefined ? [] : [config]), ...layers];
  return blobs
    .filter(({ digest }) => !content.blobs.has(digest))
    .map(({ digest }) => `the blob ${digest} is not there`);
}

function referrersIn(
  content: RepositoryContent,
  subject: Digest,
  { referrersApi }: View,
): readonly Digest[] {
  if (referrersApi) {
    const all = [...content.manifests.values()];
    return all.filter((one) => one.subject === subject).map(({ digest }) => digest);
  }
  const list = content.tags.get(referrersTag(subject));
  const document = list === undefined ? undefined : documentIn(content, list);
  return (document?.manifests ?? []).map(({ digest }) => digest);
}

function isSignature(content: RepositoryContent, digest: Digest): boolean {
  const document = documentIn(content, digest);
  if (document === undefined || missingBlobs(content, document).length > 0) return false;
  return (document.artifactType ?? document.config?.mediaType) === MediaType.notarySignature;
}

function documentIn(content: RepositoryContent, digest: Digest): Document | undefined {
  const manifest = content.manifests.get(digest);
  return manifest === undefined ? undefined : parse(manifest.bytes);
}

function parse(bytes: Uint8Array): Document {
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as Document;
}
