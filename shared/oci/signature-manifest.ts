import { invariant } from '../core/errors.ts';
import { parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import type { Descriptor } from './descriptor.ts';
import { digestOf } from './digest.ts';
import type { Digest } from './digest.ts';
import { documentOf, readManifest } from './manifest-document.ts';
import type { ManifestDocument, ManifestLinks } from './manifest-document.ts';
import { MediaType } from './media-types.ts';

/** The bytes `{}`, which stand for "no config". */
export const EMPTY_CONFIG_BYTES: Uint8Array = Buffer.from('{}');

/**
 * The descriptor of `{}`, with its content inline.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md#guidance-for-an-empty-descriptor
 */
export const EMPTY_CONFIG: Descriptor = {
  mediaType: MediaType.empty,
  digest: digestOf(EMPTY_CONFIG_BYTES),
  size: EMPTY_CONFIG_BYTES.byteLength,
  data: 'e30=',
};

const THUMBPRINTS = 'io.cncf.notary.x509chain.thumbprint#S256';
const CREATED = 'org.opencontainers.image.created';
const THUMBPRINT = /^[0-9a-f]{64}$/;

/** The envelope blob of a signature. */
export interface EnvelopeDescriptor {
  /** `application/cose` or `application/jose+json`. */
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

/** What the manifest of a signature is made of. */
export interface SignatureManifestRequest {
  /** What is signed; only type, digest and size are taken. */
  readonly subject: Descriptor;
  readonly envelope: EnvelopeDescriptor;
  /** SHA-256 of each certificate in lower-case hex, leaf first. */
  readonly thumbprints: readonly string[];
  /** Written in whole seconds, UTC. */
  readonly signingTime: Date;
  /** Further annotations; those that every signature has win. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A Notary Project signature as a registry stores it. */
export interface SignatureManifest {
  readonly subject: Descriptor;
  readonly envelope: Descriptor;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * The manifest that attaches an envelope to its subject, byte for byte as the reference implementation writes it.
 *
 * @see https://github.com/notaryproject/specifications/blob/v1.1.0/specs/signature-specification.md#oci-signatures
 */
export function buildSignatureManifest(request: SignatureManifestRequest): ManifestDocument {
  const { subject, envelope, thumbprints, signingTime, annotations = {} } = request;
  invariant(thumbprints.length > 0, 'a signature has a certificate chain');
  invariant(
    thumbprints.every((thumbprint) => THUMBPRINT.test(thumbprint)),
    'thumbprints are SHA-256 in lower-case hex',
  );
  const document = {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    artifactType: MediaType.notarySignature,
    config: EMPTY_CONFIG,
    layers: [essential(envelope)],
    subject: essential(subject),
    annotations: sorted({
      ...annotations,
      [THUMBPRINTS]: JSON.stringify(thumbprints),
      [CREATED]: `${signingTime.toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`,
    }),
  };
  return documentOf(Buffer.from(JSON.stringify(document)), MediaType.ociManifest);
}

/**
 * The signature in a manifest, also in its two older forms; `undefined` when the manifest is something else.
 *
 * @see https://github.com/notaryproject/notation-go/blob/v1.3.2/registry/repository.go
 */
export function readSignatureManifest(
  document: ManifestDocument,
): Parsed<SignatureManifest | undefined> {
  const links = readManifest(document);
  if (!links.ok) return links;
  if (!isSignature(document.descriptor.mediaType, links.value)) return parsed(undefined);
  const { layers, subject, annotations } = links.value;
  const [envelope] = layers;
  if (subject === undefined) return problem('subject', 'is missing');
  if (envelope === undefined || layers.length > 1) {
    return problem('layers', `has ${layers.length} entries, a signature has exactly one`);
  }
  return parsed({ subject, envelope, annotations });
}

function isSignature(mediaType: string, { artifactType, config }: ManifestLinks): boolean {
  if (artifactType !== MediaType.notarySignature) return false;
  if (mediaType === MediaType.ociArtifact) return true;
  const configType = config?.mediaType;
  return (
    mediaType === MediaType.ociManifest &&
    (configType === MediaType.empty || configType === MediaType.notarySignature)
  );
}

/** As the reference implementation writes a map: by the bytes of the names. */
function sorted(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(annotations).sort(([one], [other]) =>
      Buffer.compare(Buffer.from(one), Buffer.from(other)),
    ),
  );
}

function essential({ mediaType, digest, size }: EnvelopeDescriptor): object {
  return { mediaType, digest, size };
}
