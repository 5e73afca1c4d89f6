interface Batch<T, R> {
  readonly items: T[];
  readonly done: Promise<R>;
}

/** Runs one task per key at a time; items that come while it runs go together into the next. */
export class BatchQueue<T, R = void> {
  readonly #waiting = new Map<string, Batch<T, R>>();
  readonly #running = new Map<string, Promise<R>>();

  /** Adds an item; resolves with what the task that took it gives, and fails with it. */
  async add(key: string, item: T, task: (items: readonly T[]) => Promise<R>): Promise<R> {
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) {
      waiting.items.push(item);
      return waiting.done;
    }
    const items = [item];
    const before: Promise<unknown> = this.#running.get(key) ?? Promise.resolve();
    const done = before
      .catch(() => undefined)
      .then(async () => {
        this.#waiting.delete(key);
        this.#running.set(key, done);
        return task(items);
      });
    this.#waiting.set(key, { items, done });
    return done;
  }
}
