import { algorithmOf } from '../oci/digest.ts';
import { uploadedBytes } from '../oci/content-range.ts';
import type { BlobPut } from '../ports/registry.ts';
import type { Repository } from '../oci/reference.ts';
import type { BlobReader } from './blobs.ts';
import { smallerChunk, uploadInChunks } from './chunked-upload.ts';
import type { HttpClient } from './client.ts';
import type { RegistryRequest } from './registry-request.ts';
import { RegistryError } from './errors.ts';
import type { ProfileFinder } from './profiles.ts';
import { uploadRetries } from './retry.ts';
import {
  MAX_ANSWER_BYTES,
  cancelSession,
  commitRequest,
  pushText,
  sessionOf,
} from './upload-session.ts';
import type { BlobPlace, UploadSession } from './upload-session.ts';
import { sourceOf, streamOf, watched } from './upload-source.ts';
import type { OpenSource } from './upload-source.ts';

/** A blob to upload. */
export interface Upload extends BlobPlace {
  readonly open: OpenSource;
  /** A session that is there already; later attempts begin new ones. */
  readonly session?: UploadSession;
}

/** What came of asking for a mount: the blob is there, or a session to upload it was given. */
export type MountResult =
  | { readonly kind: 'there' }
  | { readonly kind: 'session'; readonly session: UploadSession }
  | { readonly kind: 'refused' };

/** What a registry answers that does not mount, or that does not let us read the other repository. */
const MOUNT_REFUSALS: ReadonlySet<number> = new Set([400, 401, 403, 404, 405]);

/** What a registry answers that does not take a blob together with the request for an upload. */
const SINGLE_POST_REFUSALS: ReadonlySet<number> = new Set([400, 404, 405, 411, 413, 415]);

/** So little is no loss where a registry ignores it and wants it again. */
const MAX_SINGLE_POST_BYTES = 16 * 1024;

/** How a blob is sent: into which session, and at most so many bytes a request. */
interface Filling {
  readonly session: UploadSession;
  readonly chunkBytes: number;
}

/** What uploading blobs needs. */
export interface UploaderParts {
  readonly http: HttpClient;
  readonly reader: BlobReader;
  readonly profileOf: ProfileFinder;
}

/** Uploads blobs in one piece: a session, then its content. In chunks only where one piece is too much. */
export class BlobUploader {
  readonly #http: HttpClient;
  readonly #reader: BlobReader;
  readonly #profileOf: ProfileFinder;
  readonly #withoutSinglePost = new Set<string>();
  /** By registry: the largest chunk that it may take; absent while whole blobs pass. */
  readonly #chunkBytes = new Map<string, number>();

  constructor({ http, reader, profileOf }: UploaderParts) {
    this.#http = http;
    this.#reader = reader;
    this.#profileOf = profileOf;
  }

  /**
   * Asks the registry to take a blob from one of its own repositories. From the target itself this asks whether the
   * blob is there and begins the upload if it is not, in one request.
   *
   * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#mounting-a-blob-from-another-repository
   */
  async mount(place: BlobPlace, from: string, signal: AbortSignal): Promise<MountResult> {
    const query = { mount: place.descriptor.digest, from, ...algorithmQuery(place) };
    const request = { ...storingRequest(place, query), mountFrom: from };
    try {
      const response = await this.#http.exchange(request, MAX_ANSWER_BYTES, signal);
      if (response.status === 201) return { kind: 'there' };
      return { kind: 'session', session: sessionOf(request, response) };
    } catch (error) {
      if (MOUNT_REFUSALS.has(statusOf(error) ?? 0)) return { kind: 'refused' };
      throw error;
    }
  }

  /** Uploads bytes: in one request where they are few and the registry takes them so, else as `upload` does. */
  async put(
    repository: Repository,
    { descriptor, bytes }: BlobPut,
    signal: AbortSignal,
  ): Promise<void> {
    const place = { repository, descriptor };
    const isTiny = bytes.byteLength > 0 && bytes.byteLength <= MAX_SINGLE_POST_BYTES;
    const mayPost = isTiny && !this.#withoutSinglePost.has(repository.registry);
    const result = mayPost ? await this.#post(place, bytes, signal) : 'refused';
    if (result === 'stored') return;
    const open: OpenSource = async () => Promise.resolve(sourceOf(bytes));
    const session = result === 'refused' ? {} : { session: result };
    await this.upload({ ...place, open, ...session }, signal);
  }

  /** Uploads a blob; begins again, in a new session and with the content opened anew, when that may help. */
  async upload(upload: Upload, signal: AbortSignal): Promise<void> {
    let prepared = upload.session;
    let sourceFailed = false;
    const open = watched(upload.open, () => {
      sourceFailed = true;
    });
    await this.#http.retrier.run(
      async () => {
        const session = prepared ?? (await this.#begin(upload, signal));
        prepared = undefined;
        await this.#fill({ ...upload, open }, session, signal);
      },
      // A source that fails has been asked often enough.
      { retriesOf: (failure) => (sourceFailed ? 0 : uploadRetries(failure)) },
      signal,
    );
  }

  /**
   * Sends the blob with the request for an upload.
   *
   * Registries that do not know this answer as to any such request, and most ignore the bytes; a session that kept
   * some of them is of no use.
   *
   * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#single-post
   */
  async #post(
    place: BlobPlace,
    bytes: Uint8Array,
    signal: AbortSignal,
  ): Promise<'stored' | 'refused' | UploadSession> {
    const query = { digest: place.descriptor.digest };
    const request: RegistryRequest = {
      ...storingRequest(place, query),
      headers: { 'content-type': 'application/octet-stream' },
      body: bytes,
    };
    try {
      const response = await this.#http.exchange(request, MAX_ANSWER_BYTES, signal);
      if (response.status === 201) return 'stored';
      this.#withoutSinglePost.add(place.repository.registry);
      const kept = uploadedBytes(response.header('range')) ?? 0;
      return kept <= 1 ? sessionOf(request, response) : 'refused';
    } catch (error) {
      if (!SINGLE_POST_REFUSALS.has(statusOf(error) ?? 0)) throw error;
      this.#withoutSinglePost.add(place.repository.registry);
      return 'refused';
    }
  }

  async #begin(place: BlobPlace, signal: AbortSignal): Promise<UploadSession> {
    const request = postRequest(place, algorithmQuery(place));
    return sessionOf(request, await this.#http.exchange(request, MAX_ANSWER_BYTES, signal));
  }

  /** Fills a session; where the content is too much for one request, in new sessions and smaller chunks. */
  async #fill(upload: Upload, first: UploadSession, signal: AbortSignal): Promise<void> {
    for (let session = first; ; session = await this.#begin(upload, signal)) {
      const chunkBytes = this.#chunkBytesFor(upload);
      try {
        await this.#send(upload, { session, chunkBytes }, signal);
        return;
      } catch (error) {
        if (!signal.aborted && (await this.#isThere(upload, error, signal))) return;
        const goesOn = !signal.aborted && this.#shrink(upload, { session, chunkBytes }, error);
        if (goesOn || !isOfTarget(error)) await cancelSession(this.#http, upload, session.url);
        if (!goesOn) throw error;
      }
    }
  }

  /** The most that one request may send of a blob: the whole of it, or a chunk. */
  #chunkBytesFor({ repository, descriptor }: Upload): number {
    return Math.min(descriptor.size, this.#chunkBytes.get(repository.registry) ?? Infinity);
  }

  async #send(
    upload: Upload,
    { session, chunkBytes }: Filling,
    signal: AbortSignal,
  ): Promise<void> {
    const { body, release } = await upload.open(signal);
    try {
      if (chunkBytes === upload.descriptor.size) {
        const request = commitRequest(upload, session.url, body);
        await this.#http.exchange(request, MAX_ANSWER_BYTES, signal);
      } else {
        const target = { place: upload, session };
        await uploadInChunks(this.#http, target, { content: streamOf(body), chunkBytes, signal });
      }
    } finally {
      await release();
    }
  }

  /** After no clear answer, or one that a registry also gives when it has stored the blob after all. */
  async #isThere(
    { repository, descriptor }: Upload,
    error: unknown,
    signal: AbortSignal,
  ): Promise<boolean> {
    const isAmbiguous = error instanceof RegistryError && mayBeStored(error);
    return isAmbiguous && this.#reader.exists(repository, descriptor.digest, signal);
  }

  /** Notes that a registry takes less than it was sent; false when it makes no sense to send less. */
  #shrink(upload: Upload, { session, chunkBytes }: Filling, error: unknown): boolean {
    const { registry } = upload.repository;
    if (statusOf(error) !== 413 || !this.#profileOf(registry).chunkedUploads) return false;
    // Another upload that was sent at the same time has found out already.
    if (this.#chunkBytesFor(upload) < chunkBytes) return true;
    const smaller = smallerChunk(chunkBytes, session.minChunkBytes);
    if (smaller !== undefined) this.#chunkBytes.set(registry, smaller);
    return smaller !== undefined;
  }
}

function postRequest(place: BlobPlace, query: Readonly<Record<string, string>>): RegistryRequest {
  const parameters = new URLSearchParams(query);
  return {
    what: pushText(place),
    method: 'POST',
    repository: place.repository,
    at: `blobs/uploads/${parameters.size === 0 ? '' : `?${parameters.toString()}`}`,
    access: 'push',
    body: new Uint8Array(),
    expect: [202],
  };
}

/** A POST that may store the blob at once (201); else it begins an upload. */
function storingRequest(
  place: BlobPlace,
  query: Readonly<Record<string, string>>,
): RegistryRequest {
  const writes = [`blobs/${place.descriptor.digest}`];
  return { ...postRequest(place, query), expect: [201, 202], writes };
}

/** A session hashes with sha256 unless it is told otherwise when it begins. */
function algorithmQuery({ descriptor }: BlobPlace): Readonly<Record<string, string>> {
  const algorithm = algorithmOf(descriptor.digest);
  return algorithm === 'sha256' ? {} : { 'digest-algorithm': algorithm };
}

function mayBeStored({ details }: RegistryError): boolean {
  const { status, method } = details;
  return method === 'PUT' && status !== 401 && status !== 429 && uploadRetries(details) > 0;
}

/** Whether the upload failed at the target, whose session is then of no use; else the source or an abort ended it. */
function isOfTarget(error: unknown): boolean {
  return error instanceof RegistryError && error.details.method !== 'GET';
}

function statusOf(error: unknown): number | undefined {
  return error instanceof RegistryError ? error.details.status : undefined;
}
