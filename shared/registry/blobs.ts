import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { inlineContent } from '../oci/inline-content.ts';
import { formatReference } from '../oci/reference.ts';
import type { Repository } from '../oci/reference.ts';
import { verified, verifyBytes } from '../oci/verify-stream.ts';
import type { Expected } from '../oci/verify-stream.ts';
import { tooLarge } from './bodies.ts';
import type { HttpClient } from './client.ts';
import { Download } from './download.ts';
import { notFoundError } from './errors.ts';
import type { RegistryRequest } from './registry-request.ts';

/** Configs and signature envelopes are far smaller; layers are streamed. */
const MAX_WHOLE_BLOB_BYTES = 32 * 1024 * 1024;

/** As many as flow at once have room in some megabytes. */
const MAX_SMALL_BLOB_BYTES = 128 * 1024;

/** Whether a blob is read as a whole, again when that fails: a stream of one chunk takes longer. */
export function isSmall({ size }: Descriptor): boolean {
  return size <= MAX_SMALL_BLOB_BYTES;
}

/** A blob that is being received. */
export interface OpenBlob {
  /** Checked while they pass: the last one comes only when size and digest are right. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Gives the connection back when not everything was read. */
  readonly release: () => Promise<void>;
}

/** Reads blobs. */
export class BlobReader {
  readonly #http: HttpClient;

  constructor(http: HttpClient) {
    this.#http = http;
  }

  /**
   * A small blob as a whole.
   *
   * @throws TaskError `CONTENT_NOT_FOUND`, `CONTENT_TOO_LARGE`, `DIGEST_MISMATCH`
   */
  async get(
    repository: Repository,
    descriptor: Descriptor,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const inline = inlineContent(descriptor);
    if (inline !== undefined) return inline;
    return isSmall(descriptor)
      ? this.#getAtOnce(repository, descriptor, signal)
      : this.#getInPieces(repository, descriptor, signal);
  }

  /**
   * A blob as a stream.
   *
   * @throws TaskError `CONTENT_NOT_FOUND`, `DIGEST_MISMATCH`, the latter also from the stream
   */
  async open(
    repository: Repository,
    descriptor: Descriptor,
    signal: AbortSignal,
  ): Promise<OpenBlob> {
    const request = readRequest(repository, descriptor.digest, 'GET');
    const expected = expectedOf(repository, descriptor);
    const download = new Download(this.#http, { descriptor: expected, request }, signal);
    await download.begin();
    const release = async (): Promise<void> => download.release();
    return { chunks: verified(download.chunks(), expected), release };
  }

  /** Whether a repository has a blob that is about to be written: the token for that serves here too. */
  async exists(repository: Repository, digest: Digest, signal: AbortSignal): Promise<boolean> {
    return this.#ask({ ...readRequest(repository, digest, 'HEAD'), access: 'push' }, signal);
  }

  /** Whether a repository that is only read has a blob. */
  async isReadable(repository: Repository, digest: Digest, signal: AbortSignal): Promise<boolean> {
    return this.#ask(readRequest(repository, digest, 'HEAD'), signal);
  }

  async #getAtOnce(
    repository: Repository,
    descriptor: Descriptor,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const request = readRequest(repository, descriptor.digest, 'GET');
    const response = await this.#http.exchange(request, MAX_SMALL_BLOB_BYTES, signal);
    if (response.status === 404) throw notFoundError(request.what);
    // Without a length, a body that was cut off looks like one that has ended.
    const isCut = response.bytes.byteLength < descriptor.size;
    if (isCut) return this.#getInPieces(repository, descriptor, signal);
    verifyBytes(response.bytes, expectedOf(repository, descriptor));
    return response.bytes;
  }

  async #getInPieces(
    repository: Repository,
    descriptor: Descriptor,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const { what } = readRequest(repository, descriptor.digest, 'GET');
    if (descriptor.size > MAX_WHOLE_BLOB_BYTES) throw tooLarge(what, MAX_WHOLE_BLOB_BYTES);
    const { chunks, release } = await this.open(repository, descriptor, signal);
    try {
      const parts: Uint8Array[] = [];
      for await (const chunk of chunks) parts.push(chunk);
      return Buffer.concat(parts);
    } finally {
      await release();
    }
  }

  async #ask(request: RegistryRequest, signal: AbortSignal): Promise<boolean> {
    return (await this.#http.exchange(request, 0, signal)).status === 200;
  }
}

/** Failures name the repository, too. */
function expectedOf(repository: Repository, { digest, size }: Descriptor): Expected {
  return { digest, size, name: formatReference(repository, digest) };
}

function readRequest(
  repository: Repository,
  digest: Digest,
  method: 'GET' | 'HEAD',
): RegistryRequest {
  return {
    what: `read the blob ${formatReference(repository, digest)}`,
    method,
    repository,
    at: `blobs/${digest}`,
    access: 'pull',
    expect: [200, 404],
  };
}
