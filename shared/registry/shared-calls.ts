/** Lets callers that want the same thing at the same time share one call; nothing is kept when it has ended. */
export class SharedCalls<T> {
  readonly #running = new Map<string, Promise<T>>();

  async run(key: string, make: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key) ?? make();
    this.#running.set(key, running);
    try {
      return await running;
    } finally {
      if (this.#running.get(key) === running) this.#running.delete(key);
    }
  }
}
