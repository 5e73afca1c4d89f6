import { isJsonObject } from '../core/json.ts';
import type { JsonValue } from '../core/json.ts';
import { parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import type { Descriptor } from './descriptor.ts';
import type { Digest } from './digest.ts';
import { documentOf, parseDocument, readManifest } from './manifest-document.ts';
import type { ManifestDocument } from './manifest-document.ts';
import { MediaType } from './media-types.ts';

const MAX_ALGORITHM_LENGTH = 32;
const MAX_ENCODED_LENGTH = 64;

/**
 * The tag that lists the referrers of a subject where a registry has no referrers API: `sha256-<hex>`.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema
 */
export function referrersTag(subject: Digest): string {
  const colon = subject.indexOf(':');
  const algorithm = subject.slice(0, colon).slice(0, MAX_ALGORITHM_LENGTH);
  const encoded = subject.slice(colon + 1).slice(0, MAX_ENCODED_LENGTH);
  return `${algorithm}-${encoded}`.replace(/[^a-zA-Z0-9._-]/g, '-');
}

/** The entry that lists a manifest among the referrers of its subject; problems when it has no subject. */
export function referrerEntry(document: ManifestDocument): Parsed<Descriptor> {
  const links = readManifest(document);
  if (!links.ok) return links;
  const { artifactType, annotations, subject } = links.value;
  if (subject === undefined) return problem('subject', 'is missing');
  const { mediaType, digest, size } = document.descriptor;
  return parsed({
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  });
}

/** The entries of a referrers list, as the API or the tag gives it. Some registries have no `manifests` in an empty one. */
export function readReferrers(bytes: Uint8Array): Parsed<readonly Descriptor[]> {
  const json = parseDocument(bytes);
  if (json.ok && (json.value['manifests'] ?? undefined) === undefined) return parsed([]);
  const links = readManifest(documentOf(bytes, MediaType.ociIndex));
  return links.ok ? parsed(links.value.manifests) : links;
}

/** A referrers list with entries added; what it says otherwise, also in members unknown to us, stays. */
export function addReferrers(
  list: Uint8Array | undefined,
  additions: readonly Descriptor[],
): Parsed<ManifestDocument> {
  const empty = { schemaVersion: 2, mediaType: MediaType.ociIndex };
  const json = list === undefined ? parsed(empty) : parseDocument(list);
  if (!json.ok) return json;
  const { manifests = [] } = json.value as { readonly manifests?: readonly JsonValue[] | null };
  const existing = manifests ?? [];
  const known = new Set(
    existing.map((entry) => (isJsonObject(entry) ? entry['digest'] : undefined)),
  );
  const missing = additions.filter(({ digest }) => !known.has(digest));
  const merged = { ...json.value, manifests: [...existing, ...missing] };
  return parsed(documentOf(Buffer.from(JSON.stringify(merged)), MediaType.ociIndex));
}
