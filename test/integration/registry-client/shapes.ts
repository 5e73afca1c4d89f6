import { digestOf } from '../../../shared/oci/digest.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import { imageOf, indexOf, jsonDocument, smallImage } from './graphs.ts';
import type { TestGraph } from './graphs.ts';
import { aBlob } from './support.ts';

/** One platform. */
export const amd64 = smallImage('amd64');

/** Another platform. */
export const arm64 = smallImage('arm64');
const attestation = imageOf([aBlob('{"attestation":1}'), aBlob('{"predicate":1}')], {
  annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
});
const cache = aBlob('cache layer', 'application/vnd.oci.image.layer.v1.tar+gzip');
const sha512Blob = {
  bytes: Buffer.from('long'),
  descriptor: {
    mediaType: 'application/octet-stream',
    digest: digestOf(Buffer.from('long'), 'sha512'),
    size: 4,
  },
};
const sha512Manifest = jsonDocument(
  { schemaVersion: 2, mediaType: MediaType.ociManifest, layers: [sha512Blob.descriptor] },
  'sha512',
);
const sha512: TestGraph = {
  root: sha512Manifest,
  manifests: [sha512Manifest],
  blobs: [sha512Blob],
};
const cacheIndex: TestGraph = {
  ...indexOf([
    { root: { descriptor: cache.descriptor, bytes: cache.bytes }, manifests: [], blobs: [cache] },
  ]),
};
const odd = imageOf([aBlob('odd')]);
const oddEntry: TestGraph = {
  ...odd,
  root: {
    ...odd.root,
    descriptor: { ...odd.root.descriptor, mediaType: 'application/vnd.example.thing' },
  },
};

/** A graph that a copy must not change. */
export interface Shape {
  readonly name: string;
  readonly graph: TestGraph;
  /** Set when only a registry that does not look at references takes it. */
  readonly isLoose?: boolean;
}

/** Graphs of all kinds. */
export const SHAPES: readonly Shape[] = [
  { name: 'an image', graph: amd64 },
  { name: 'an index of images', graph: indexOf([amd64, arm64]) },
  {
    name: 'a nested index (C8)',
    graph: indexOf([indexOf([amd64]), indexOf([indexOf([arm64])])]),
  },
  { name: 'an index with an attestation (C7)', graph: indexOf([amd64, attestation]) },
  { name: 'an index of blobs, as build caches are (C9)', graph: cacheIndex, isLoose: true },
  {
    name: 'an index with an entry of unknown type that is a manifest (C9)',
    graph: { ...indexOf([oddEntry]), manifests: [odd.root, indexOf([oddEntry]).root] },
  },
  { name: 'an index of a sha512 manifest with a sha512 blob (U16)', graph: indexOf([sha512]) },
  { name: 'a sha512 root under a tag (U16)', graph: sha512 },
  {
    name: 'a list in the formats of Docker (C1)',
    graph: indexOf([imageOf([aBlob('d')], { mediaType: MediaType.dockerManifest })], {
      mediaType: MediaType.dockerList,
    }),
  },
  { name: 'an image without layers', graph: imageOf([aBlob('only a config')]) },
  { name: 'a layer that comes twice', graph: imageOf([aBlob('c'), aBlob('l'), aBlob('l')]) },
  { name: 'an index that lists an image twice', graph: indexOf([amd64, arm64, amd64]) },
  { name: 'an empty blob (U15)', graph: imageOf([aBlob('config'), aBlob('')]) },
  {
    name: 'compressed layers as they are (B12)',
    graph: imageOf([aBlob('c'), aBlob(Buffer.from([0x1f, 0x8b, 8, 0]))]),
  },
];
