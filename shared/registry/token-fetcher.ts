import { readBody } from './bodies.ts';
import { responseError } from './errors.ts';
import { readFailure, translated } from './failures.ts';
import { sendFollowing } from './hops.ts';
import type { Retrier } from './retrier.ts';
import { requestRetries } from './retry.ts';
import type { Timing } from './timing.ts';
import type { TokenCall } from './token.ts';
import type { Transport } from './transport.ts';

/** What asking token servers needs. */
export interface TokenFetcherParts {
  readonly transport: Transport;
  readonly timing: Timing;
  readonly retrier: Retrier;
}

/** On whose behalf a token is asked for. */
export interface TokenPurpose {
  readonly registryUrl: URL;
  /** Throws when the token server may not send us on to another one. */
  readonly checkRedirect: (to: URL) => void;
}

/** Sends a token request; `undefined` when the server does not know this form of request. */
export type TokenFetcher = (
  call: TokenCall,
  purpose: TokenPurpose,
  signal: AbortSignal,
) => Promise<Uint8Array | undefined>;

/** Tokens are a few kilobytes. */
const MAX_TOKEN_BYTES = 64 * 1024;

/** Statuses of servers that know the other form of request only. */
const OTHER_FORM: ReadonlySet<number> = new Set([404, 405]);

/**
 * The way to token servers, with retries also for POST: asking twice is harmless.
 *
 * These requests hold no slot of a registry: requests that hold one may be waiting for the token.
 */
export function createTokenFetcher(parts: TokenFetcherParts): TokenFetcher {
  const { transport, timing, retrier } = parts;
  return async ({ method, url, headers, body }, purpose, signal) => {
    const { authorization, ...others } = headers;
    const what = `log in at ${url.host}`;
    const request = {
      ...{ what, method, url, headers: others, home: url.origin, ...purpose },
      ...(body === undefined ? {} : { body }),
      ...(authorization === undefined ? {} : { homeHeaders: { authorization } }),
    };
    const once = async (): Promise<Uint8Array | undefined> => {
      try {
        const { response } = await sendFollowing(transport, request, signal);
        if (response.status === 200) return await readBody(response.body, MAX_TOKEN_BYTES, what);
        const failure = await readFailure(response, timing.now());
        if (OTHER_FORM.has(response.status)) return undefined;
        throw responseError(request, failure);
      } catch (error) {
        throw translated(request, error, signal);
      }
    };
    return retrier.run(once, { retriesOf: requestRetries }, signal);
  };
}
