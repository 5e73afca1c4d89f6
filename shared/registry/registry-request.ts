import type { Repository } from '../oci/reference.ts';
import type { HttpMethod, HttpResponse, StreamBody } from './transport.ts';

/** A request to a registry. */
export interface RegistryRequest {
  /** Completes the sentence "Cannot …". */
  readonly what: string;
  readonly method: HttpMethod;
  readonly repository: Repository;
  /** Below `/v2/<name>/`, e.g. `manifests/latest`; or where the registry sent us, e.g. an upload session. */
  readonly at: string | URL;
  readonly access: 'pull' | 'push' | 'delete';
  /** Another repository of the registry that is read, for mounts. */
  readonly mountFrom?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream can be sent only once. */
  readonly body?: Uint8Array | StreamBody;
  /**
   * Set when the caller begins again on its own, e.g. in a new upload session. It goes before others that wait: what
   * it rests on, a session or a list that was just read, must not grow old.
   */
  readonly isSingleShot?: boolean;
  /** What the repository has when this succeeds, e.g. `blobs/sha256:…`; not yet when a POST is answered 202. */
  readonly writes?: readonly string[];
  /** Requests that some registries count apart from all others. */
  readonly family?: 'referrers';
  /** Set when a request that is being sent waits for this one, e.g. an upload for the rest of its content. */
  readonly isContinuation?: boolean;
  /** Statuses that are an answer; all others are thrown. */
  readonly expect: readonly number[];
}

/** A response whose body has been read. */
export interface RegistryResponse {
  readonly status: number;
  readonly url: URL;
  readonly header: (name: string) => string | undefined;
  /** All values of a list, which may come in several headers, with commas between them. */
  readonly headerList: (name: string) => string | undefined;
  readonly bytes: Uint8Array;
}

/** A response whose body is still to come; its failures are told as those of the request. */
export interface OpenResponse extends Omit<HttpResponse, 'body'> {
  readonly body: AsyncIterable<Uint8Array>;
}
