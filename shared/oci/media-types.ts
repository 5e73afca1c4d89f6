/** Media types of manifests, indexes and artifacts.
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/media-types.md
 */
export const MediaType = {
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  ociArtifact: 'application/vnd.oci.artifact.manifest.v1+json',
  empty: 'application/vnd.oci.empty.v1+json',
  notarySignature: 'application/vnd.cncf.notary.signature',
  jws: 'application/jose+json',
  cose: 'application/cose',
  json: 'application/json',
} as const;

/** Type and subtype as RFC 6838 allows them; descriptors carry no parameters. */
const MEDIA_TYPE = /^[a-zA-Z0-9][\w!#$&^.+-]{0,126}\/[a-zA-Z0-9][\w!#$&^.+-]{0,126}$/;

/** Layers that their vendors did not let others hand out. */
const FOREIGN_LAYER = /\.nondistributable\.|\.rootfs\.foreign\./;

/** Layers, configs, and what BuildKit keeps about its caches. */
const BLOB =
  /^application\/vnd\.(?:oci\.image\.(?:layer|config)|docker\.(?:image\.rootfs|container\.image)|buildkit\.cacheconfig)\./;

/** Whether text is a media type without parameters, e.g. `application/json`. */
export function isMediaType(text: string): boolean {
  return MEDIA_TYPE.test(text);
}

/** Whether documents of this media type name manifests of platforms (an OCI index or a Docker manifest list). */
export function isIndexType(mediaType: string): boolean {
  return mediaType === MediaType.ociIndex || mediaType === MediaType.dockerList;
}

/** Whether documents of this media type are image or artifact manifests. */
export function isImageManifestType(mediaType: string): boolean {
  return (
    mediaType === MediaType.ociManifest ||
    mediaType === MediaType.dockerManifest ||
    mediaType === MediaType.ociArtifact
  );
}

/** Whether documents of this media type follow Docker's formats, not OCI's. */
export function isDockerType(mediaType: string): boolean {
  return mediaType === MediaType.dockerList || mediaType === MediaType.dockerManifest;
}

/** Whether blobs of this media type stay where their `urls` point and are not copied. */
export function isForeignLayerType(mediaType: string): boolean {
  return FOREIGN_LAYER.test(mediaType);
}

/** Whether content of this media type is a blob for sure; of other types that are no manifests nobody knows. */
export function isBlobType(mediaType: string): boolean {
  return BLOB.test(mediaType);
}
