import { definite } from '../../shared/core/errors.ts';
import { groupBy } from '../../shared/core/group-by.ts';
import { NO_EVIDENCE } from '../../shared/notary/evidence.ts';
import { selectStatement } from '../../shared/notary/trust-policy.ts';
import { formatFailures, verifySignature } from '../../shared/notary/verify.ts';
import { orThrow } from '../../shared/core/result.ts';
import { readManifest } from '../../shared/oci/manifest-document.ts';
import type { ManifestDocument, ManifestLinks } from '../../shared/oci/manifest-document.ts';
import type { Platform } from '../../shared/oci/descriptor.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import type { Repository } from '../../shared/oci/reference.ts';
import type { SignatureReader } from '../../shared/ports/signatures.ts';
import { createRegistryClient } from '../../shared/registry/registry-client.ts';
import type { RegistryClient } from '../../shared/registry/registry-client.ts';
import { createTransport } from '../../shared/registry/transport.ts';
import { createSignatureReader } from '../../shared/signing/signature-reader.ts';
import type { World } from './world.ts';

/** Who signed a manifest, and whether the trust policy accepts it. */
export interface SignatureState {
  readonly isTrusted: boolean;
  /** Subject of the certificate; empty without a signature that holds together. */
  readonly subject: string;
  /** Why it is not trusted; empty when it is. */
  readonly reason: string;
}

/** A manifest as a user finds it in the target registry. */
export interface PublishedManifest {
  readonly digest: Digest;
  /** Tags that point to it, sorted. */
  readonly tags: readonly string[];
  readonly signature: SignatureState;
}

/** A manifest list with its platforms in their order. */
export interface PublishedList extends PublishedManifest {
  readonly repo: string;
  readonly platforms: readonly (PublishedManifest & { readonly platform: Platform })[];
}

interface Reading {
  readonly world: World;
  readonly registry: RegistryClient;
  readonly signatures: SignatureReader;
  readonly signal: AbortSignal;
}

/** Reads every tagged manifest list of the target registry as an anonymous user, and verifies all signatures. */
export async function readPublished(world: World): Promise<readonly PublishedList[]> {
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
  const registry = createRegistryClient({
    credentials: () => Promise.resolve(undefined),
    log,
    transport: createTransport('demo'),
    maskSecret: () => undefined,
  });
  const signatures = createSignatureReader(registry, log);
  const reading = { world, registry, signatures, signal: new AbortController().signal };
  try {
    const lists: PublishedList[] = [];
    for (const name of world.target.store.names()) lists.push(...(await readLists(name, reading)));
    return lists;
  } finally {
    await registry.close();
  }
}

async function readLists(name: string, reading: Reading): Promise<readonly PublishedList[]> {
  const repository = { registry: reading.world.target.host, name };
  const lists: PublishedList[] = [];
  for (const [digest] of tagsOf(repository, reading)) {
    const document = await readDocument(repository, digest, reading);
    const { manifests } = linksOf(document);
    if (manifests.length === 0) continue;
    const list = await readSigned(repository, document, reading);
    const platforms = manifests.map(async ({ digest: child, platform }) => ({
      ...(await readSigned(repository, await readDocument(repository, child, reading), reading)),
      platform: definite(platform, 'the platform of an entry'),
    }));
    lists.push({ ...list, repo: name, platforms: await Promise.all(platforms) });
  }
  return lists;
}

function tagsOf(
  { name }: Repository,
  { world }: Reading,
): ReadonlyMap<Digest, readonly (readonly [tag: string, digest: Digest])[]> {
  const tags = [...(world.target.store.find(name)?.tags ?? [])].toSorted();
  return groupBy(tags, ([, digest]) => digest);
}

async function readDocument(
  repository: Repository,
  digest: Digest,
  { registry, signal }: Reading,
): Promise<ManifestDocument> {
  return definite(await registry.getManifest(repository, digest, signal), `the manifest ${digest}`);
}

function linksOf(document: ManifestDocument): ManifestLinks {
  const { digest } = document.descriptor;
  return orThrow(readManifest(document), { code: 'REGISTRY_RESPONSE_INVALID', subject: digest });
}

async function readSigned(
  repository: Repository,
  { descriptor }: ManifestDocument,
  reading: Reading,
): Promise<PublishedManifest> {
  const { digest } = descriptor;
  const tags = (tagsOf(repository, reading).get(digest) ?? []).map(([tag]) => tag);
  const found = await reading.signatures.find(repository, descriptor, reading.signal);
  const { signing, product } = reading.world;
  const { policy, store } = signing.trust;
  const statement = definite(
    selectStatement(policy, [`${product.registry}/${repository.name}`]),
    'a trust policy statement for what was published',
  );
  const results = found.map((signature) =>
    verifySignature(
      { ...signature, subject: descriptor, now: new Date() },
      { statement, store },
      NO_EVIDENCE,
    ),
  );
  const best = results.find(({ ok }) => ok) ?? results[0];
  const signature = {
    isTrusted: best?.ok === true,
    subject: best?.signer?.subject ?? '',
    reason: best === undefined ? 'is not signed' : formatFailures(best),
  };
  return { digest, tags, signature };
}
