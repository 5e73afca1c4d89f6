import { digestFrom, repositoryOf, requireDelete } from './call.ts';
import type { Call } from './call.ts';
import { Refusal, reply } from './reply.ts';
import type { Reply } from './reply.ts';

const ONE_RANGE = /^bytes=(\d*)-(\d*)$/;

/** GET and HEAD: a blob, or the part of it that `Range` asks for. */
export function getBlob(call: Call): Reply {
  const digest = digestFrom(call.reference);
  const content = repositoryOf(call).blobs.get(digest);
  if (content === undefined) throw new Refusal(404, 'BLOB_UNKNOWN', { detail: { digest } });
  const headers = {
    'content-type': 'application/octet-stream',
    'docker-content-digest': digest,
    etag: `"${digest}"`,
    ...(call.settings.rangeRequests ? { 'accept-ranges': 'bytes' } : {}),
  };
  const range = call.settings.rangeRequests ? partAsked(call.headers.range, content) : undefined;
  if (range === undefined) return reply(200, { headers, body: content });
  const { first, last } = range;
  return reply(206, {
    headers: { ...headers, 'content-range': `bytes ${first}-${last}/${content.byteLength}` },
    body: content.subarray(first, last + 1),
  });
}

/** DELETE: removes a blob from its repository, other repositories keep theirs. */
export function deleteBlob(call: Call): Reply {
  requireDelete(call);
  const digest = digestFrom(call.reference);
  if (!repositoryOf(call).blobs.delete(digest)) throw new Refusal(404, 'BLOB_UNKNOWN');
  return reply(202);
}

interface Part {
  readonly first: number;
  readonly last: number;
}

/**
 * The part of a blob that a `Range` header asks for; undefined for all of it.
 *
 * @throws Refusal 416 when the blob has no such bytes
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#name-range-requests
 */
function partAsked(header: string | undefined, { byteLength: size }: Uint8Array): Part | undefined {
  const [, from = '', to = ''] = ONE_RANGE.exec(header ?? '') ?? [];
  // Several ranges, other units and garbage are to be ignored.
  if (from === '' && to === '') return undefined;
  if (from !== '' && to !== '' && Number(from) > Number(to)) return undefined;
  const part = from === '' ? lastBytes(Number(to), size) : bytesFrom(Number(from), to, size);
  if (part.first <= part.last) return part;
  throw new Refusal(416, 'SIZE_INVALID', { headers: { 'content-range': `bytes */${size}` } });
}

function lastBytes(count: number, size: number): Part {
  return { first: Math.max(size - count, 0), last: size - 1 };
}

function bytesFrom(first: number, to: string, size: number): Part {
  return { first, last: to === '' ? size - 1 : Math.min(Number(to), size - 1) };
}
