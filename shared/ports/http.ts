import type { Secret } from '../core/secret.ts';

/** One call to a service that is no registry: a time stamping authority, Azure DevOps, a revocation list. */
export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** The value of the Authorization header, e.g. `Bearer …`; sent to the origin of `url` and to no other. */
  readonly authorization?: Secret;
  readonly body?: Uint8Array;
  /** What the whole answer may have at most. */
  readonly maxBytes: number;
}

/** A whole answer, whatever its status. */
export interface HttpAnswer {
  readonly status: number;
  /** The first value of a header; the name is in lower case. */
  readonly header: (name: string) => string | undefined;
  readonly bytes: Uint8Array;
}

/**
 * Calls services through the agent's proxy and with its certificates. Redirects of reads are followed, a few; what may
 * pass is tried again within bounds (connection failures, 429, 502, 503 and 504, `Retry-After`), for reads and for
 * calls that say that they may be repeated.
 */
export interface HttpClient {
  /**
   * The answer, whatever its status; of an answer that stayed 429, 502, 503 or 504, the last.
   *
   * @throws TaskError `SERVICE_UNAVAILABLE` when no answer came or a redirect must not be followed,
   * `CONTENT_TOO_LARGE` for an answer above `maxBytes`
   */
  call(
    request: HttpCall,
    options: { readonly mayRepeat: boolean; readonly signal: AbortSignal },
  ): Promise<HttpAnswer>;
}
