import { isDigest } from '../../../shared/oci/digest.ts';
import type { Digest, DigestAlgorithm } from '../../../shared/oci/digest.ts';
import { digestFrom, locationOf, pathOf } from './call.ts';
import type { Call } from './call.ts';
import { Refusal, reply } from './reply.ts';
import type { Reply } from './reply.ts';
import type { UploadSession } from './upload-sessions.ts';

const CONTENT_RANGE = /^(\d+)-(\d+)$/;

/** POST: begins an upload, mounts a blob of another repository, or takes a whole blob at once. */
export async function beginUpload(call: Call): Promise<Reply> {
  const { query, settings, uploads, name } = call;
  const mounted = mount(call);
  if (mounted !== undefined) return created(call, mounted);
  const session = uploads.begin(name, algorithmFrom(query));
  if (!query.has('digest') || !settings.singlePost) return accepted(call, session, 202);
  return finish(call, session);
}

/** PATCH: adds a chunk, which must begin where the last one ended. */
export async function continueUpload(call: Call): Promise<Reply> {
  const session = sessionOf(call);
  await receive(call, session);
  return accepted(call, session, 202);
}

/** GET: says how much of an upload has arrived. */
export function uploadStatus(call: Call): Reply {
  return accepted(call, sessionOf(call), 204);
}

/** PUT: adds the last chunk, if there is one, and makes the upload a blob if its digest is right. */
export async function finishUpload(call: Call): Promise<Reply> {
  return finish(call, sessionOf(call));
}

/** DELETE: forgets an upload. */
export function cancelUpload(call: Call): Reply {
  call.uploads.end(sessionOf(call));
  return reply(204);
}

async function finish(call: Call, session: UploadSession): Promise<Reply> {
  const digest = digestFrom(call.query.get('digest'));
  await receive(call, session);
  call.uploads.end(session);
  const content = session.content(digest);
  if (content === undefined) throw new Refusal(400, 'DIGEST_INVALID', { detail: { digest } });
  call.store.open(call.name).blobs.set(digest, content);
  return created(call, digest);
}

/** Adds the body of a request to its upload, if its place and length are right. */
async function receive(call: Call, session: UploadSession): Promise<void> {
  const expected = expectedLength(call, session);
  const min = call.settings.chunkMinLength;
  await session.append(call.body, (length) => {
    if (length !== (expected ?? length)) throw new Refusal(400, 'SIZE_INVALID');
    if (length > 0 && (session.lastLength ?? min) < min) {
      throw new Refusal(400, 'SIZE_INVALID', { message: `chunks have at least ${min} bytes` });
    }
  });
}

/** The length in bytes that `Content-Range` promises; it has to begin where the upload is. */
function expectedLength(call: Call, session: UploadSession): number | undefined {
  const header = call.headers['content-range'];
  if (header === undefined) return undefined;
  const [, first, last] = CONTENT_RANGE.exec(header) ?? [];
  if (first === undefined || last === undefined) throw new Refusal(400, 'BLOB_UPLOAD_INVALID');
  if (Number(first) !== session.size) {
    throw new Refusal(416, 'BLOB_UPLOAD_INVALID', { headers: progress(call, session) });
  }
  return Number(last) - Number(first) + 1;
}

function mount(call: Call): Digest | undefined {
  const { query, settings, store } = call;
  const digest = query.get('mount');
  const from = query.get('from');
  if (digest === null || from === null || !isDigest(digest)) return undefined;
  if (!settings.mount || !call.may('pull', from)) return undefined;
  const content = store.find(from)?.blobs.get(digest);
  if (content === undefined) return undefined;
  store.open(call.name).blobs.set(digest, content);
  return digest;
}

function algorithmFrom(query: URLSearchParams): DigestAlgorithm {
  const asked = query.get('digest-algorithm') ?? query.get('digest')?.split(':')[0] ?? 'sha256';
  if (asked !== 'sha256' && asked !== 'sha512') {
    throw new Refusal(400, 'DIGEST_INVALID', { message: 'the digest algorithm is not supported' });
  }
  return asked;
}

function sessionOf({ uploads, name, reference, query }: Call): UploadSession {
  const session = uploads.find(name, reference);
  if (session?.state !== query.get('state')) {
    throw new Refusal(404, 'BLOB_UPLOAD_UNKNOWN');
  }
  return session;
}

function accepted(call: Call, session: UploadSession, status: 202 | 204): Reply {
  const min = call.settings.chunkMinLength;
  const chunks = min > 0 ? { 'oci-chunk-min-length': String(min) } : {};
  return reply(status, { headers: { ...progress(call, session), ...chunks } });
}

/** Where an upload goes on, and what it has; an empty one says `0-0`, as registries do. */
function progress(call: Call, session: UploadSession): Reply['headers'] {
  const path = `/v2/${call.name}/blobs/uploads/${session.id}?state=${session.state}`;
  return {
    location: locationOf(call, path),
    range: `0-${Math.max(session.size - 1, 0)}`,
    'docker-upload-uuid': session.id,
  };
}

function created(call: Call, digest: Digest): Reply {
  return reply(201, {
    headers: {
      location: locationOf(call, pathOf(call, 'blobs', digest)),
      'docker-content-digest': digest,
    },
  });
}
