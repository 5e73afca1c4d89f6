import type { Descriptor } from '../../../shared/oci/descriptor.ts';
import type { DigestAlgorithm } from '../../../shared/oci/digest.ts';
import { documentOf, readManifest } from '../../../shared/oci/manifest-document.ts';
import type { ManifestDocument } from '../../../shared/oci/manifest-document.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import { EMPTY_CONFIG, EMPTY_CONFIG_BYTES } from '../../../shared/oci/signature-manifest.ts';
import type { GraphCounts } from '../../../shared/ports/registry.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { aBlob, repositoryOf } from './support.ts';
import type { TestBlob } from './support.ts';

/** Content with everything it consists of, the root last. */
export interface TestGraph {
  readonly root: ManifestDocument;
  readonly manifests: readonly ManifestDocument[];
  readonly blobs: readonly TestBlob[];
}

/** A document of JSON. */
export function jsonDocument(
  value: object,
  algorithm: DigestAlgorithm = 'sha256',
): ManifestDocument {
  const { mediaType = MediaType.ociManifest } = value as { readonly mediaType?: string };
  return documentOf(Buffer.from(JSON.stringify(value)), mediaType, algorithm);
}

/** An image of blobs: the first is its config, the others are layers. */
export function imageOf(blobs: readonly TestBlob[], more: object = {}): TestGraph {
  const [config, ...layers] = blobs.map(({ descriptor }) => descriptor);
  const root = jsonDocument({
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config,
    layers,
    ...more,
  });
  return { root, manifests: [root], blobs };
}

/** An image of texts, told apart by its name: a config and three layers. */
export function smallImage(name: string): TestGraph {
  const config = aBlob(
    JSON.stringify({ os: 'linux', architecture: 'amd64', name }),
    'application/vnd.oci.image.config.v1+json',
  );
  const layers = [1, 2, 3].map((layer) =>
    aBlob(`layer ${layer} of ${name}`, 'application/vnd.oci.image.layer.v1.tar'),
  );
  return imageOf([config, ...layers]);
}

/** An index of graphs. */
export function indexOf(children: readonly TestGraph[], more: object = {}): TestGraph {
  const root = jsonDocument({
    schemaVersion: 2,
    mediaType: MediaType.ociIndex,
    manifests: children.map((child) => child.root.descriptor),
    ...more,
  });
  return {
    root,
    manifests: [...children.flatMap(({ manifests }) => manifests), root],
    blobs: children.flatMap(({ blobs }) => blobs),
  };
}

/** A referrer with one blob and the empty config. */
export function referrerOf(subject: Descriptor, text: string): TestGraph {
  const { mediaType, digest, size } = subject;
  const empty = { descriptor: EMPTY_CONFIG, bytes: EMPTY_CONFIG_BYTES };
  return imageOf([empty, aBlob(text)], {
    artifactType: 'application/vnd.example.signature',
    subject: { mediaType, digest, size },
  });
}

/** Puts graphs into a registry without asking it. */
export function seed(
  { store }: Pick<EmbeddedRegistry, 'store'>,
  name: string,
  graphs: readonly TestGraph[],
): void {
  const repository = store.open(name);
  for (const { descriptor, bytes } of graphs.flatMap(({ blobs }) => blobs)) {
    repository.blobs.set(descriptor.digest, bytes);
  }
  for (const { descriptor, bytes } of graphs.flatMap(({ manifests }) => manifests)) {
    const { digest, mediaType } = descriptor;
    const links = readManifest({ descriptor, bytes });
    const { subject, artifactType } = links.ok ? links.value : {};
    const stored = { digest, mediaType, bytes, artifactType, subject: subject?.digest };
    repository.manifests.set(digest, stored);
  }
}

/** Everything that a repository holds, by digest, in hex; equal content gives equal text. */
export function contentOf(
  { store }: Pick<EmbeddedRegistry, 'store'>,
  name: string,
): ReadonlyMap<string, string> {
  const content = store.find(name);
  const parts: [string, Uint8Array][] = [];
  for (const [digest, bytes] of content?.blobs ?? []) parts.push([`blob ${digest}`, bytes]);
  for (const [digest, { bytes }] of content?.manifests ?? []) {
    parts.push([`manifest ${digest}`, bytes]);
  }
  const sorted = parts.sort(([one], [other]) => (one < other ? -1 : 1));
  return new Map(sorted.map(([key, bytes]) => [key, Buffer.from(bytes).toString('hex')]));
}

/** The registries of a copy. */
export interface Course {
  readonly source: EmbeddedRegistry;
  readonly target: EmbeddedRegistry;
}

/** Copies a graph with all its referrers to the tag `1` of another registry, and closes the client. */
export async function copyAndClose(
  client: RegistryClient,
  { source, target }: Course,
  { root }: Pick<TestGraph, 'root'>,
): Promise<GraphCounts> {
  try {
    return await client.copyGraph(
      {
        roots: [{ manifest: root, tags: ['1'] }],
        from: repositoryOf(source, 'build/app'),
        to: repositoryOf(target, 'app'),
        mount: true,
        referrers: 'all',
      },
      new AbortController().signal,
    );
  } finally {
    await client.close();
  }
}
