import { Readable } from 'node:stream';
import { Agent, request as send } from 'undici';

export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A body that is streamed; it can be sent once. */
export interface StreamBody {
  readonly size: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** One request on the wire, to one URL, without redirects. */
export interface HttpRequest {
  readonly method: HttpMethod;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | StreamBody;
}

/** One response; its body must be read to the end or discarded. */
export interface HttpResponse {
  readonly status: number;
  readonly url: URL;
  /** The first value of a header; the name is in lower case. */
  readonly header: (name: string) => string | undefined;
  /** Every value of a header that was sent more than once. */
  readonly headerValues: (name: string) => readonly string[];
  readonly body: AsyncIterable<Uint8Array>;
  /** Reads what is left of the body, so that the connection can be used again. */
  readonly discard: () => Promise<void>;
}

/** Sends single requests; failures below HTTP are thrown as they come. */
export interface Transport {
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
  /** How many requests were sent, redirects, retries and tokens included. */
  readonly requestCount: number;
  close(): Promise<void>;
}

/** A registry in another part of the world behind a VPN answers within a few seconds. */
const CONNECT_TIMEOUT_MS = 15_000;

/** Committing a large blob takes some registries ten seconds and more. */
const HEADERS_TIMEOUT_MS = 100_000;

/** Time without a single byte; there is no limit for a whole body. */
const BODY_TIMEOUT_MS = 60_000;

/** Shorter than the idle limit of common proxies, so that a connection is rarely closed under a request. */
const KEEP_ALIVE_MS = 20_000;

/** What is left of a body up to here is read to keep the connection; beyond, the connection is given up. */
const MAX_DISCARDED_BYTES = 128 * 1024;

/** The transport of the machine: HTTP/1.1 with keep-alive; who may send how much at once is decided elsewhere. */
export function createTransport(userAgent: string): Transport {
  const dispatcher = new Agent({
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: HEADERS_TIMEOUT_MS,
    bodyTimeout: BODY_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
  });
  let requestCount = 0;
  return {
    get requestCount() {
      return requestCount;
    },
    async send({ method, url, headers, body }, signal) {
      signal.throwIfAborted();
      requestCount += 1;
      const response = await send(url, {
        dispatcher,
        method,
        signal,
        // A registry that compresses on the fly breaks sizes and digests.
        headers: {
          'user-agent': userAgent,
          'accept-encoding': 'identity',
          ...bodyHeaders(body),
          ...headers,
        },
        body: body === undefined || body instanceof Uint8Array ? (body ?? null) : readable(body),
      });
      const values = (name: string): readonly string[] => [response.headers[name] ?? []].flat();
      return {
        status: response.statusCode,
        url,
        header: (name) => values(name)[0],
        headerValues: values,
        body: response.body,
        discard: async () => response.body.dump({ limit: MAX_DISCARDED_BYTES, signal }),
      };
    },
    // Nothing may be in flight any more; a body that nobody read must not keep the process alive.
    close: async () => dispatcher.destroy(),
  };
}

function bodyHeaders(body: Uint8Array | StreamBody | undefined): Record<string, string> {
  if (body === undefined) return {};
  const size = body instanceof Uint8Array ? body.byteLength : body.size;
  return { 'content-length': String(size) };
}

function readable({ chunks }: StreamBody): Readable {
  return Readable.from(chunks, { objectMode: false });
}
