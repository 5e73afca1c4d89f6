import { TaskError } from '../core/errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { inlineContent } from '../oci/inline-content.ts';
import { formatReference } from '../oci/reference.ts';
import type { Repository } from '../oci/reference.ts';
import { verified } from '../oci/verify-stream.ts';
import { readBody } from './bodies.ts';
import type { HttpClient, RegistryRequest } from './client.ts';
import { notFoundError } from './errors.ts';
import { requestRetries } from './retry.ts';
import type { HttpResponse } from './transport.ts';

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
    return this.#http.retrier.run(
      async () => {
        const { chunks, release } = await this.open(repository, descriptor, signal);
        try {
          return await readBody(chunks, MAX_WHOLE_BLOB_BYTES, what);
        } finally {
          await release();
        }
      },
      {
        retriesOf: ({ status, ...failure }) => (status === undefined ? requestRetries(failure) : 0),
      },
      signal,
    );
  }

  /**
   * A blob as a stream.
   *
   * @throws TaskError `CONTENT_NOT_FOUND`; from the stream also `DIGEST_MISMATCH`
   */
  async open(
    repository: Repository,
    descriptor: Descriptor,
    signal: AbortSignal,
  ): Promise<OpenBlob> {
    const request = readRequest(repository, descriptor.digest, 'GET');
    const response = await this.#http.open(request, signal);
    const release = async (): Promise<void> => response.discard().catch(() => undefined);
    if (response.status === 404) {
      await release();
      throw notFoundError(request.what);
    }
    const finding = wrongLength(response, descriptor);
    if (finding !== undefined) {
      await release();
      throw new TaskError('DIGEST_MISMATCH', `Cannot ${request.what}: ${finding}.`, {
        hint: 'Run again; if it stays, push the image again, as its content is damaged in the registry.',
      });
    }
    const name = formatReference(repository, descriptor.digest);
    return { chunks: verified(response.body, { ...descriptor, name }), release };
  }

  /** Whether a repository has a blob. */
  async exists(repository: Repository, digest: Digest, signal: AbortSignal): Promise<boolean> {
    const request = readRequest(repository, digest, 'HEAD');
    // What is asked about is about to be written: the token for that serves here too.
    const response = await this.#http.exchange({ ...request, access: 'push' }, 0, signal);
    return response.status === 200;
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

function wrongLength(response: HttpResponse, { size }: Descriptor): string | undefined {
  const length = response.header('content-length');
  if (length === undefined || Number(length) === size) return undefined;
  return `it has ${Number(length)} bytes there, not ${size}`;
}
