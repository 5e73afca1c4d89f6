import { withDeadline } from '../core/deadline.ts';
import { BugError, TaskError } from '../core/errors.ts';
import type { HttpCall, HttpClient } from '../ports/http.ts';

/** A call to a service that others name: how long to wait for it, and the media type that the answer must have. */
export interface ServiceCall {
  readonly call: HttpCall;
  readonly timeoutMs: number;
  readonly mediaType?: string;
}

/** The body of a good answer, or why there is none, as the end of a sentence that is safe to print. */
export type ServiceAnswer =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly reason: string };

const OK = 200;

/**
 * Calls a service whose failure is not yet ours: there may be another one to ask. Throws only when the run is aborted, or
 * for our own mistakes.
 */
export async function callService(
  http: HttpClient,
  { call, timeoutMs, mediaType }: ServiceCall,
  signal: AbortSignal,
): Promise<ServiceAnswer> {
  return withDeadline(timeoutMs, signal, async (bounded) => {
    try {
      const { status, header, bytes } = await http.call(call, { mayRepeat: true, signal: bounded });
      if (status !== OK) return { ok: false, reason: `answered with status ${status}` };
      const type = header('content-type')?.split(';')[0]?.trim().toLowerCase();
      if (mediaType !== undefined && type !== mediaType) {
        return { ok: false, reason: `did not answer with ${mediaType}` };
      }
      return { ok: true, bytes };
    } catch (error) {
      signal.throwIfAborted();
      if (bounded.aborted) return { ok: false, reason: `did not answer in ${timeoutMs / 1000} s` };
      if (error instanceof TaskError)
        return { ok: false, reason: `cannot be used: ${error.message}` };
      throw error instanceof BugError
        ? error
        : new BugError('a call failed in no known way', { cause: error });
    }
  });
}
