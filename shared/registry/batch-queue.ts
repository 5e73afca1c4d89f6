interface Batch<T> {
  readonly items: T[];
  readonly done: Promise<void>;
}

/** Runs one task per key at a time; items that come while it runs go together into the next. */
export class BatchQueue<T> {
  readonly #waiting = new Map<string, Batch<T>>();
  readonly #running = new Map<string, Promise<void>>();

  /** Adds an item; resolves when the task that took it is done, and fails with it. */
  async add(key: string, item: T, task: (items: readonly T[]) => Promise<void>): Promise<void> {
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) {
      waiting.items.push(item);
      return waiting.done;
    }
    const items = [item];
    const before = this.#running.get(key) ?? Promise.resolve();
    const done = before
      .catch(() => undefined)
      .then(async () => {
        this.#waiting.delete(key);
        this.#running.set(key, done);
        await task(items);
      });
    this.#waiting.set(key, { items, done });
    return done;
  }
}
