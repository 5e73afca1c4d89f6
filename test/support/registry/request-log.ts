import type { IncomingMessage } from 'node:http';

/** What is kept of a request; never what its credentials are. */
export interface RecordedRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly path: string;
  /** Scheme of the `Authorization` header in lower case, e.g. `bearer`; undefined without one. */
  readonly authorization: string | undefined;
  readonly range: string | undefined;
  readonly accept: string | undefined;
  readonly contentType: string | undefined;
  /** How many requests were in flight when it came, itself included. */
  readonly inFlight: number;
  /** Bytes of the request's body so far. */
  readonly bytesReceived: number;
  /** Status of the reply; undefined before it, 0 when the connection closes without one. */
  readonly status: number | undefined;
}

/** A request as the registry writes it down. */
export type RequestEntry = { -readonly [K in keyof RecordedRequest]: RecordedRequest[K] };

/** The requests of a registry in the order of their arrival. */
export class RequestLog {
  #entries: RequestEntry[] = [];
  #inFlight = 0;

  /** All requests since the last reset. */
  get entries(): readonly RecordedRequest[] {
    return this.#entries;
  }

  /** Writes down a request that came. */
  begin({ method = '', url = '', headers }: IncomingMessage): RequestEntry {
    this.#inFlight += 1;
    const entry: RequestEntry = {
      method,
      path: url,
      authorization: headers.authorization?.split(' ')[0]?.toLowerCase(),
      range: headers.range,
      accept: headers.accept,
      contentType: headers['content-type'],
      inFlight: this.#inFlight,
      bytesReceived: 0,
      status: undefined,
    };
    this.#entries.push(entry);
    return entry;
  }

  /** Marks a request as answered. */
  end(): void {
    this.#inFlight -= 1;
  }

  /** Forgets all requests. */
  reset(): void {
    this.#entries = [];
  }
}
