import { TaskError } from '../core/errors.ts';

/** Lets callers that want the same thing at the same time share one call; nothing is kept when it has ended. */
export class SharedCalls<T> {
  readonly #running = new Map<string, Promise<T>>();

  /** Makes the call, or waits for one that somebody else makes; once more when only they were aborted. */
  async run(key: string, make: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key);
    if (running === undefined) return this.#lead(key, make);
    try {
      return await running;
    } catch (error) {
      if (error instanceof TaskError) throw error;
      // An abort is not ours, and where we are aborted too our own call ends at once.
      return this.run(key, make);
    }
  }

  async #lead(key: string, make: () => Promise<T>): Promise<T> {
    const running = make();
    this.#running.set(key, running);
    try {
      return await running;
    } finally {
      this.#running.delete(key);
    }
  }
}
