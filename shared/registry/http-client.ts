import { TaskError } from '../core/errors.ts';
import { redactUrl } from '../core/text.ts';
import type { Log } from '../ports/host.ts';
import type { HttpAnswer, HttpCall, HttpClient } from '../ports/http.ts';
import { RegistryError } from './errors.ts';
import { translated } from './failures.ts';
import { sendFollowing } from './hops.ts';
import { parseRetryAfter, requestRetries } from './retry.ts';
import type { Failure } from './retry.ts';
import { Retrier } from './retrier.ts';
import type { Timing } from './timing.ts';
import type { HttpResponse, Transport } from './transport.ts';

/** What calling services needs. */
export interface HttpClientParts {
  readonly transport: Transport;
  readonly timing: Timing;
  readonly log: Pick<Log, 'debug' | 'info'>;
}

/** With waits that grow these are about ten seconds of trouble: whoever calls may have another server to ask. */
const MAX_RETRIES = 4;

/** Other errors of a service are about the request: asked again it gives them again. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** A client for services that are no registries, on the connections of a transport. */
export function createHttpClient(parts: HttpClientParts): HttpClient {
  const retrier = new Retrier(parts);
  return {
    async call(request, { mayRepeat, signal }) {
      const retriesOf = mayRepeat || request.method === 'GET' ? retriesAfter : (): number => 0;
      try {
        return await retrier.run(
          async () => attempt(parts, request, signal),
          { retriesOf },
          signal,
        );
      } catch (error) {
        if (error instanceof PassingRefusal) return error.answer;
        throw error instanceof RegistryError ? unavailable(error) : error;
      }
    },
  };
}

/** An answer that may be a better one soon. It travels as a failure, so that the call is made again. */
class PassingRefusal extends RegistryError {
  override readonly name = 'PassingRefusal';
  readonly answer: HttpAnswer;

  constructor({ method, url }: HttpCall, answer: HttpAnswer, nowMs: number) {
    const { status } = answer;
    const retryAfterMs = parseRetryAfter(answer.header('retry-after'), nowMs);
    super('SERVICE_UNAVAILABLE', `${url.host} answered ${status}.`, {
      hint: HINT,
      details: {
        ...{ method, url: redactUrl(url.href), status, registryCodes: [], namedDigests: [] },
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      },
    });
    this.answer = answer;
  }
}

const HINT = 'Check the address, the network of the agent and the state of the service.';

function unavailable(error: RegistryError): TaskError {
  return new TaskError('SERVICE_UNAVAILABLE', error.message, { hint: HINT, cause: error });
}

function retriesAfter(failure: Failure): number {
  return Math.min(MAX_RETRIES, requestRetries(failure));
}

async function attempt(
  { transport, timing, log }: HttpClientParts,
  request: HttpCall,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const { method, url, headers = {}, authorization, body } = request;
  const asked = { what: `call ${url.host}`, method, url };
  try {
    const { response } = await sendFollowing(
      transport,
      {
        ...{ ...asked, headers, home: url.origin, registryUrl: url },
        ...(authorization === undefined
          ? {}
          : { homeHeaders: { authorization: authorization.reveal() } }),
        ...(body === undefined ? {} : { body }),
      },
      signal,
    );
    log.debug(() => `${method} ${redactUrl(response.url.href)} ${response.status}`);
    const answer = await readAnswer(response, request);
    if (PASSING_STATUSES.has(answer.status)) {
      throw new PassingRefusal(request, answer, timing.now());
    }
    return answer;
  } catch (error) {
    throw translated(asked, error, signal);
  }
}

async function readAnswer(
  { status, header, body }: HttpResponse,
  { url, maxBytes }: HttpCall,
): Promise<HttpAnswer> {
  const bytes = await body.start(maxBytes + 1);
  if (bytes.byteLength <= maxBytes) return { status, header, bytes };
  throw new TaskError(
    'CONTENT_TOO_LARGE',
    `Cannot call ${url.host}: its answer has more than ${maxBytes} bytes.`,
    { hint: 'Check that this is the right address.' },
  );
}
