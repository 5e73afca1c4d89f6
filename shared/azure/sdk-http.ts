import type { TokenCredentialOptions } from '@azure/identity';
import { withDeadline } from '../core/deadline.ts';
import { definite, invariant } from '../core/errors.ts';
import { readBody } from '../registry/bodies.ts';
import type { HttpMethod, HttpResponse, Transport } from '../registry/transport.ts';

/** What the clients of the Azure SDK send their requests with. */
export type SdkHttpClient = NonNullable<TokenCredentialOptions['httpClient']>;

type SdkRequest = Parameters<SdkHttpClient['sendRequest']>[0];
type SdkResponse = Awaited<ReturnType<SdkHttpClient['sendRequest']>>;
type SdkHeaders = SdkResponse['headers'];

/** Tokens, keys, certificates and the registries of a subscription. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

const METHODS: ReadonlyMap<string, HttpMethod> = new Map(
  (['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).map((method) => [method, method]),
);

/** Headers that the SDK enumerates: those of long-running operations, of throttling and for support. */
const LISTED_HEADERS = [
  'azure-asyncoperation',
  'content-type',
  'location',
  'operation-location',
  'retry-after',
  'www-authenticate',
  'x-ms-request-id',
] as const;

/** A failure below HTTP; the SDK tries again what has this name and code. */
class ConnectionFailure extends Error {
  override readonly name = 'RestError';
  readonly code = 'ECONNRESET';
}

/**
 * Lets the Azure SDK use our connections, with the proxy and the certificates of the agent. Retries, redirects and
 * tokens stay with the SDK.
 */
export function sdkHttpClient(transport: Transport): SdkHttpClient {
  return {
    sendRequest: async (request) => {
      const { abortSignal, timeout } = request;
      const signal =
        abortSignal instanceof AbortSignal ? abortSignal : new AbortController().signal;
      const work = async (bounded: AbortSignal): Promise<SdkResponse> =>
        send(transport, request, bounded);
      return timeout > 0 ? withDeadline(timeout, signal, work) : work(signal);
    },
  };
}

async function send(
  transport: Transport,
  request: SdkRequest,
  signal: AbortSignal,
): Promise<SdkResponse> {
  const url = new URL(request.url);
  invariant(
    url.protocol === 'https:' || request.allowInsecureConnection === true,
    `the Azure SDK asks for ${url.origin} without TLS`,
  );
  try {
    const response = await transport.send(
      {
        method: definite(METHODS.get(request.method), request.method),
        url,
        headers: headersOf(request),
        ...bodyOf(request),
      },
      signal,
    );
    const bytes = await readBody(response.body, MAX_ANSWER_BYTES, `read the answer of ${url.host}`);
    const { status } = response;
    const bodyAsText = new TextDecoder().decode(bytes);
    return { request, status, headers: new AnswerHeaders(response), bodyAsText };
  } catch (cause) {
    signal.throwIfAborted();
    throw new ConnectionFailure(
      cause instanceof Error ? cause.message : `cannot reach ${url.host}`,
      {
        cause,
      },
    );
  }
}

/** Bodies come as they are: our connections do not decompress. */
function headersOf({ headers }: SdkRequest): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers.toJSON()).filter(
      ([name]) => !['accept-encoding', 'content-length'].includes(name),
    ),
  );
}

function bodyOf({ body }: SdkRequest): { readonly body?: Uint8Array } {
  if (body === undefined || body === null) return {};
  if (body instanceof Uint8Array) return { body };
  invariant(typeof body === 'string', 'the Azure SDK sends text');
  return { body: Buffer.from(body) };
}

/** The headers of an answer, read only. */
class AnswerHeaders implements SdkHeaders {
  readonly #response: HttpResponse;

  constructor(response: HttpResponse) {
    this.#response = response;
  }

  get(name: string): string | undefined {
    return this.#response.header(name.toLowerCase());
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  set(name: string): void {
    invariant(false, `the header ${name} of an answer is not ours to set`);
  }

  delete(name: string): void {
    invariant(false, `the header ${name} of an answer is not ours to delete`);
  }

  toJSON(): Record<string, string> {
    return Object.fromEntries(this);
  }

  *[Symbol.iterator](): Iterator<[string, string]> {
    for (const name of LISTED_HEADERS) {
      const value = this.get(name);
      if (value !== undefined) yield [name, value];
    }
  }
}
