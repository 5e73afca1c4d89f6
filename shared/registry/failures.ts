import { TaskError } from '../core/errors.ts';
import { parseChallenges } from '../oci/challenge.ts';
import { networkError } from './errors.ts';
import type { FailedRequest, FailedResponse } from './errors.ts';
import { parseRetryAfter } from './retry.ts';
import type { HttpResponse } from './transport.ts';

/** What a registry has to say fits; what a proxy has to say is not needed. */
const MAX_ERROR_BYTES = 64 * 1024;

/** What a refusing response says: its status, the start of its body, how long to wait. */
export async function readFailure(response: HttpResponse, nowMs: number): Promise<FailedResponse> {
  const body = await response.body.start(MAX_ERROR_BYTES);
  const retryAfterMs = parseRetryAfter(response.header('retry-after'), nowMs);
  return {
    status: response.status,
    body,
    lacksScope: response.status === 401 && asksForMore(response),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** Whether the registry knows who asks, and wants a token that is good for more. */
function asksForMore(response: HttpResponse): boolean {
  return parseChallenges(response.headerValues('www-authenticate')).some(
    ({ parameters }) => parameters.get('error') === 'insufficient_scope',
  );
}

/** What to throw for an error on the way: an abort stays an abort, our own errors stay, the rest is the network. */
export function translated(failed: FailedRequest, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  return isTransportFailure(error) ? networkError(failed, error) : error;
}

/** A body whose failures are told as those of its request. */
export async function* translatedBody(
  failed: FailedRequest,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body;
  } catch (error) {
    throw translated(failed, error, signal);
  }
}

/** Errors of sockets, name resolution, TLS and HTTP parsing carry a code in text; bugs do not. */
function isTransportFailure(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof TaskError) return false;
  const own: unknown = Reflect.get(error, 'code');
  const inner: unknown =
    error.cause instanceof Error ? Reflect.get(error.cause, 'code') : undefined;
  return typeof own === 'string' || typeof inner === 'string';
}
