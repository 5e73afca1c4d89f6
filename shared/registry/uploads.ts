import type { Descriptor } from '../oci/descriptor.ts';
import { algorithmOf } from '../oci/digest.ts';
import { formatReference } from '../oci/reference.ts';
import type { Repository } from '../oci/reference.ts';
import type { BlobReader } from './blobs.ts';
import type { HttpClient, RegistryRequest, RegistryResponse } from './client.ts';
import { RegistryError, protocolError } from './errors.ts';
import { resolveHop } from './hops.ts';
import { uploadRetries } from './retry.ts';
import type { StreamBody } from './transport.ts';

/** Content to upload; it is opened anew for every attempt. */
export interface UploadSource {
  readonly body: Uint8Array | StreamBody;
  /** Frees what the source holds when the body was not read to its end. */
  readonly release: () => Promise<void>;
}

/** A blob to upload. */
export interface Upload {
  readonly repository: Repository;
  readonly descriptor: Descriptor;
  readonly open: (signal: AbortSignal) => Promise<UploadSource>;
  /** A session that is there already; later attempts begin new ones. */
  readonly session?: URL;
}

/** What came of asking for a mount: the blob is there, or a session to upload it was given. */
export type MountResult =
  | { readonly kind: 'there' }
  | { readonly kind: 'session'; readonly session: URL }
  | { readonly kind: 'refused' };

const MAX_ANSWER_BYTES = 64 * 1024;

/** What a registry answers that does not mount, or that does not let us read the other repository. */
const MOUNT_REFUSALS: ReadonlySet<number> = new Set([400, 401, 403, 404, 405]);

/** Uploads blobs in one piece: a session, then its content. */
export class BlobUploader {
  readonly #http: HttpClient;
  readonly #reader: BlobReader;

  constructor(http: HttpClient, reader: BlobReader) {
    this.#http = http;
    this.#reader = reader;
  }

  /**
   * Asks the registry to take a blob from one of its own repositories. From the target itself this asks whether the
   * blob is there and begins the upload if it is not, in one request.
   *
   * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#mounting-a-blob-from-another-repository
   */
  async mount(
    { repository, descriptor }: Pick<Upload, 'repository' | 'descriptor'>,
    from: string,
    signal: AbortSignal,
  ): Promise<MountResult> {
    const query = new URLSearchParams({ mount: descriptor.digest, from });
    const request = { ...postRequest(repository, descriptor, query), mountFrom: from };
    try {
      const response = await this.#http.exchange(request, MAX_ANSWER_BYTES, signal);
      if (response.status === 201) return { kind: 'there' };
      return { kind: 'session', session: sessionOf(request, response) };
    } catch (error) {
      const status = error instanceof RegistryError ? error.details.status : undefined;
      if (status !== undefined && MOUNT_REFUSALS.has(status)) return { kind: 'refused' };
      throw error;
    }
  }

  /** Uploads a blob; begins again, in a new session and with the content opened anew, when that may help. */
  async upload(upload: Upload, signal: AbortSignal): Promise<void> {
    const { repository, descriptor } = upload;
    let prepared = upload.session;
    await this.#http.retrier.run(
      async () => {
        const session = prepared ?? (await this.#begin(upload, signal));
        prepared = undefined;
        try {
          await this.#commit(upload, session, signal);
        } catch (error) {
          const mayBeStored = error instanceof RegistryError && isAmbiguous(error);
          if (!mayBeStored || signal.aborted) throw error;
          if (!(await this.#reader.exists(repository, descriptor.digest, signal))) throw error;
        }
      },
      { retriesOf: uploadRetries },
      signal,
    );
  }

  async #begin({ repository, descriptor }: Upload, signal: AbortSignal): Promise<URL> {
    const isSha256 = algorithmOf(descriptor.digest) === 'sha256';
    const query = new URLSearchParams(
      isSha256 ? {} : { 'digest-algorithm': algorithmOf(descriptor.digest) },
    );
    const request = postRequest(repository, descriptor, query);
    return sessionOf(request, await this.#http.exchange(request, MAX_ANSWER_BYTES, signal));
  }

  async #commit(
    { repository, descriptor, open }: Upload,
    session: URL,
    signal: AbortSignal,
  ): Promise<void> {
    const { body, release } = await open(signal);
    try {
      await this.#http.exchange(
        {
          what: pushText(repository, descriptor),
          method: 'PUT',
          repository,
          at: withDigest(session, descriptor.digest),
          access: 'push',
          headers: { 'content-type': 'application/octet-stream' },
          body,
          isSingleShot: true,
          expect: [201, 204],
        },
        MAX_ANSWER_BYTES,
        signal,
      );
    } finally {
      await release();
    }
  }
}

function postRequest(
  repository: Repository,
  descriptor: Descriptor,
  query: URLSearchParams,
): RegistryRequest {
  const suffix = query.size === 0 ? '' : `?${query.toString()}`;
  return {
    what: pushText(repository, descriptor),
    method: 'POST',
    repository,
    at: `blobs/uploads/${suffix}`,
    access: 'push',
    body: new Uint8Array(),
    expect: query.has('mount') ? [201, 202] : [202],
  };
}

function sessionOf(request: RegistryRequest, { url, header }: RegistryResponse): URL {
  const location = header('location');
  if (location === undefined) {
    throw protocolError({ ...request, url }, 'the registry did not say where to upload to');
  }
  return resolveHop(request, url, location);
}

/** What the registry put into the query stays as it is. */
function withDigest(session: URL, digest: string): URL {
  const separator = session.search === '' ? '?' : '&';
  return new URL(`${session.href}${separator}digest=${encodeURIComponent(digest)}`);
}

/** No clear answer, or one that a registry also gives when it has stored the blob after all. */
function isAmbiguous({ details }: RegistryError): boolean {
  const { status, method } = details;
  return method === 'PUT' && status !== 401 && status !== 429 && uploadRetries(details) > 0;
}

function pushText(repository: Repository, { digest }: Descriptor): string {
  return `push the blob ${formatReference(repository, digest)}`;
}
