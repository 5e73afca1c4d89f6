import { onAbort } from './aborts.ts';

/**
 * Does work with a signal that aborts when `signal` does, or after `timeoutMs` with a `TimeoutError`. When only the signal
 * of the work has aborted, the time was over.
 *
 * `AbortSignal.timeout` within `AbortSignal.any` would not do: Node 20 collects it as garbage, and it never comes.
 *
 * @see https://github.com/nodejs/node/issues/57736
 */
export async function withDeadline<T>(
  timeoutMs: number,
  signal: AbortSignal,
  work: (bounded: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    const text = `The operation did not end within ${timeoutMs / 1000} s`;
    controller.abort(new DOMException(text, 'TimeoutError'));
  }, timeoutMs);
  const follow = (): void => {
    controller.abort(signal.reason);
  };
  const unwatch = onAbort(signal, follow);
  if (signal.aborted) follow();
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    unwatch();
  }
}
