import { algorithmOf, digestOf, isDigest } from '../../../shared/oci/digest.ts';
import type { Digest } from '../../../shared/oci/digest.ts';
import { isTag, locationOf, pathOf, repositoryOf, requireDelete } from './call.ts';
import type { Call } from './call.ts';
import { readManifest, requireContent } from './manifest-check.ts';
import { Refusal, reply } from './reply.ts';
import type { Reply } from './reply.ts';

/** GET and HEAD: a manifest by tag or digest, with the type it was pushed with. */
export function getManifest(call: Call): Reply {
  repositoryOf(call);
  const manifest = call.store.manifest(call.name, call.reference);
  if (manifest === undefined) throw unknown(call);
  const etag = `"${manifest.digest}"`;
  const headers = { 'docker-content-digest': manifest.digest, etag };
  if (call.headers['if-none-match'] === etag) return reply(304, { headers });
  return reply(200, {
    headers: { ...headers, 'content-type': manifest.mediaType },
    body: manifest.bytes,
  });
}

/** PUT: keeps a manifest byte by byte under its digest and under the tags that the request names. */
export async function putManifest(call: Call): Promise<Reply> {
  const { reference, settings, store } = call;
  const bytes = await readBounded(call);
  const digest = digestAsked(reference, bytes);
  const facts = readManifest(bytes, call.headers['content-type']);
  const tags = tagsAsked(call);
  requireConditions(call);
  if (settings.validateReferences) requireContent(facts, store.find(call.name));
  const repository = store.open(call.name);
  const { mediaType, subject, artifactType, annotations } = facts;
  repository.manifests.set(digest, {
    digest,
    mediaType,
    bytes,
    subject,
    artifactType,
    annotations,
  });
  for (const tag of tags) repository.tags.set(tag, digest);
  return reply(201, {
    headers: {
      location: locationOf(call, pathOf(call, 'manifests', reference)),
      'docker-content-digest': digest,
      ...(subject !== undefined && settings.referrersApi ? { 'oci-subject': subject } : {}),
      ...(isDigest(reference) && tags.length > 0 ? { 'oci-tag': tags } : {}),
    },
  });
}

/** DELETE: a digest takes its tags with it, a tag leaves its manifest. */
export function deleteManifest(call: Call): Reply {
  requireDelete(call);
  const repository = repositoryOf(call);
  const { reference } = call;
  if (!isDigest(reference)) {
    if (!repository.tags.delete(reference)) throw unknown(call);
    return reply(202);
  }
  if (!repository.manifests.delete(reference)) throw unknown(call);
  for (const [tag, digest] of repository.tags) {
    if (digest === reference) repository.tags.delete(tag);
  }
  return reply(202);
}

async function readBounded({ body, headers, settings }: Call): Promise<Uint8Array> {
  const max = settings.manifestMaxLength;
  const tooLarge = new Refusal(413, 'SIZE_INVALID', {
    message: `a manifest has at most ${max} bytes`,
  });
  if (Number(headers['content-length'] ?? 0) > max) throw tooLarge;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > max) throw tooLarge;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function digestAsked(reference: string, bytes: Uint8Array): Digest {
  if (!isDigest(reference)) return digestOf(bytes);
  const digest = digestOf(bytes, algorithmOf(reference));
  if (digest !== reference) throw new Refusal(400, 'DIGEST_INVALID', { detail: { digest } });
  return digest;
}

function tagsAsked({ reference, query, settings }: Call): readonly string[] {
  const tags = isDigest(reference) ? query.getAll('tag') : [reference];
  if (isDigest(reference) && !settings.tagParameters) return [];
  const bad = tags.find((tag) => !isTag(tag));
  if (bad === undefined) return tags;
  const code = bad.includes(':') ? 'DIGEST_INVALID' : 'MANIFEST_INVALID';
  throw new Refusal(400, code, { message: 'not a tag or digest', detail: { reference: bad } });
}

/** Compares `If-Match` and `If-None-Match` with what the reference names now. */
function requireConditions({ store, name, reference, headers, settings }: Call): void {
  if (!settings.conditionalPut) return;
  const now = store.manifest(name, reference)?.digest;
  const same = (tag: string): boolean =>
    now !== undefined && (tag.trim() === '*' || tag.trim() === `"${now}"`);
  const match = headers['if-match'];
  const noneMatch = headers['if-none-match'];
  const failed =
    (match !== undefined && !match.split(',').some(same)) ||
    (noneMatch?.split(',').some(same) ?? false);
  if (failed) throw new Refusal(412, 'DENIED', { message: 'the manifest has changed' });
}

function unknown({ reference }: Call): Refusal {
  return new Refusal(404, 'MANIFEST_UNKNOWN', { detail: { reference } });
}
