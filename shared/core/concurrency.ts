import { invariant } from './errors.ts';

/** How many calls at once, and what ends them. */
export interface MapLimitOptions {
  /** How many calls may be in flight, at least 1. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/**
 * Maps items with at most `limit` calls in flight; results keep the order of the items.
 *
 * The first failure stops the start of further calls, waits for those in flight and is thrown.
 */
export async function mapLimit<T, R>(
  items: readonly T[],
  fn: (item: T, index: number) => Promise<R>,
  { limit, signal }: MapLimitOptions,
): Promise<R[]> {
  invariant(limit >= 1, 'mapLimit needs a limit of at least 1');
  const results = new Array<R>(items.length);
  const entries = items.entries();
  let failure: { readonly error: unknown } | undefined;
  const worker = async (): Promise<void> => {
    for (const [index, item] of entries) {
      if (failure !== undefined) return;
      try {
        signal.throwIfAborted();
        results[index] = await fn(item, index);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  if (failure !== undefined) throw failure.error;
  return results;
}

/** Waits for two pieces of work; when one fails, the other comes to its end first. */
export async function both<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other]);
  return Promise.all([one, other]);
}

/**
 * Calls `fn` for each item as it comes, with at most `limit` calls in flight; the source is not read ahead of that.
 *
 * The first failure stops the reading, waits for calls in flight and is thrown.
 */
export async function forEachLimit<T>(
  items: AsyncIterable<T>,
  fn: (item: T) => Promise<void>,
  { limit, signal }: MapLimitOptions,
): Promise<void> {
  invariant(limit >= 1, 'forEachLimit needs a limit of at least 1');
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const start = (item: T): void => {
    const call = fn(item)
      .catch((error: unknown) => {
        failures.push(error);
      })
      .finally(() => running.delete(call));
    running.add(call);
  };
  try {
    for await (const item of items) {
      signal.throwIfAborted();
      start(item);
      if (running.size >= limit) await Promise.race(running);
      if (failures.length > 0) break;
    }
  } finally {
    await Promise.all(running);
  }
  if (failures.length > 0) throw failures[0];
}

/**
 * Maps items with at most `limit` calls in flight; each result is given as soon as it is there.
 *
 * The first failure is thrown when its turn comes; calls in flight are waited for, also when the reader stops early.
 */
export async function* mapAsReady<T, R>(
  items: readonly T[],
  fn: (item: T) => Promise<R>,
  { limit, signal }: MapLimitOptions,
): AsyncGenerator<R> {
  invariant(limit >= 1, 'mapAsReady needs a limit of at least 1');
  const running = new Map<number, Promise<{ readonly index: number; readonly result: R }>>();
  const waiting = items.entries();
  const fill = (): void => {
    while (running.size < limit) {
      const { done, value } = waiting.next();
      if (done === true) return;
      const [index, item] = value;
      signal.throwIfAborted();
      running.set(
        index,
        fn(item).then((result) => ({ index, result })),
      );
    }
  };
  try {
    fill();
    while (running.size > 0) {
      const { index, result } = await Promise.race(running.values());
      running.delete(index);
      yield result;
      fill();
    }
  } finally {
    await Promise.allSettled(running.values());
  }
}

/** Runs `make` once per key; callers that come while it runs or later share its result. A failure is forgotten. */
export class SingleFlight<T> {
  readonly #running = new Map<string, Promise<T>>();

  async run(key: string, make: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const started = make();
    this.#running.set(key, started);
    try {
      return await started;
    } catch (error) {
      // Once it is forgotten, another call may have taken its place.
      if (this.#running.get(key) === started) this.#running.delete(key);
      throw error;
    }
  }

  /** Lets the next caller make the result of a key again. */
  forget(key: string): void {
    this.#running.delete(key);
  }
}
