import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { inlineContent } from '../oci/inline-content.ts';
import { formatReference } from '../oci/reference.ts';
import type { Repository } from '../oci/reference.ts';
import { verified } from '../oci/verify-stream.ts';
import { readBody } from './bodies.ts';
import type { HttpClient, RegistryRequest } from './client.ts';
import { Download } from './download.ts';

/** Configs and signature envelopes are far smaller; layers are streamed. */
const MAX_WHOLE_BLOB_BYTES = 32 * 1024 * 1024;

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
    const { what } = readRequest(repository, descriptor.digest, 'GET');
    const { chunks, release } = await this.open(repository, descriptor, signal);
    try {
      return await readBody(chunks, MAX_WHOLE_BLOB_BYTES, what);
    } finally {
      await release();
    }
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
    const expected = { ...descriptor, name: formatReference(repository, descriptor.digest) };
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

  async #ask(request: RegistryRequest, signal: AbortSignal): Promise<boolean> {
    return (await this.#http.exchange(request, 0, signal)).status === 200;
  }
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
