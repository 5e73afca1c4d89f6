import { TaskError } from '../../shared/core/errors.ts';
import type { HttpCall, HttpClient } from '../../shared/ports/http.ts';

/** What a service of a test answers: bytes with status 200, or a status, or nothing at all. */
export type ScriptedAnswer = Uint8Array | number | 'unreachable';

/** A client whose answers are up to a test. */
export interface ScriptedHttp extends HttpClient {
  /** Calls in their order. */
  readonly calls: readonly HttpCall[];
}

/** A client without a network; hosts that have no answer are unreachable. */
export function scriptedHttp(
  answers: Readonly<Record<string, (call: HttpCall) => ScriptedAnswer>> = {},
  mediaType = 'application/timestamp-reply',
): ScriptedHttp {
  const calls: HttpCall[] = [];
  return {
    calls,
    async call(request, { signal }) {
      await Promise.resolve();
      signal.throwIfAborted();
      calls.push(request);
      const answer = answers[request.url.host]?.(request) ?? 'unreachable';
      if (answer === 'unreachable') {
        throw new TaskError('SERVICE_UNAVAILABLE', `Cannot call ${request.url.host}.`);
      }
      const header = (name: string): string | undefined =>
        name === 'content-type' ? mediaType : undefined;
      return typeof answer === 'number'
        ? { status: answer, header, bytes: new Uint8Array() }
        : { status: 200, header, bytes: answer };
    },
  };
}
