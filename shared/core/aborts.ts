import { setMaxListeners } from 'node:events';

const watchers = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back when a signal aborts; what it gives ends that. One listener on the signal serves all who wait: a run has
 * one signal and thousands of waits, each of which a signal would look for in a list.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const callbacks = watchers.get(signal) ?? watch(signal);
  callbacks.add(callback);
  return () => callbacks.delete(callback);
}

function watch(signal: AbortSignal): Set<() => void> {
  const callbacks = new Set<() => void>();
  watchers.set(signal, callbacks);
  // Waits of Node itself, such as timers, each listen on their own; that many are no leak.
  setMaxListeners(0, signal);
  signal.addEventListener(
    'abort',
    () => {
      for (const callback of callbacks) callback();
      callbacks.clear();
    },
    { once: true },
  );
  return callbacks;
}
