import { digestOf } from '../../../shared/oci/digest.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import { EMPTY_CONFIG, EMPTY_CONFIG_BYTES } from '../../../shared/oci/signature-manifest.ts';
import { imageOf, indexOf, jsonDocument, referrerOf, smallImage } from './graphs.ts';
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

const nowhere = imageOf([aBlob('nobody has pushed this')]).root.descriptor;
const artifact = imageOf(
  [{ descriptor: EMPTY_CONFIG, bytes: EMPTY_CONFIG_BYTES }, aBlob('report')],
  {
    artifactType: 'application/vnd.example.report',
  },
);
const inline = aBlob('small');
const withData = jsonDocument({
  schemaVersion: 2,
  mediaType: MediaType.ociManifest,
  config: { ...EMPTY_CONFIG, data: 'e30=' },
  layers: [{ ...inline.descriptor, data: Buffer.from(inline.bytes).toString('base64') }],
});
const inlined: TestGraph = {
  root: withData,
  manifests: [withData],
  blobs: [{ descriptor: EMPTY_CONFIG, bytes: EMPTY_CONFIG_BYTES }, inline],
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
  { name: 'an artifact with the empty config', graph: artifact },
  { name: 'an artifact whose subject is nowhere', graph: referrerOf(nowhere, 'of nothing') },
  {
    name: 'an index of artifacts, itself an artifact about what is nowhere',
    graph: indexOf([artifact], { artifactType: 'application/vnd.example.set', subject: nowhere }),
  },
  { name: 'content inside descriptors', graph: inlined },
  {
    name: 'members that nobody knows',
    graph: imageOf([aBlob('c'), aBlob('l')], { 'org.example.member': { list: [1, null, {}] } }),
  },
  {
    name: 'a layer that is not to be distributed, and was',
    graph: imageOf([
      aBlob('c'),
      aBlob('l', 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip'),
    ]),
  },
  { name: 'an empty blob (U15)', graph: imageOf([aBlob('config'), aBlob('')]) },
  {
    name: 'compressed layers as they are (B12)',
    graph: imageOf([aBlob('c'), aBlob(Buffer.from([0x1f, 0x8b, 8, 0]))]),
  },
];
