/**
 * Lets a request wait for a connection that has just become free.
 *
 * After an answer undici leaves a connection alone for one turn of the event loop. What is sent in that turn would open
 * another one, and wait for its handshake; with many requests in flight, nearly half of all connections came of that.
 */
export class FreedConnections {
  /** By origin: connections that are free after this turn and not promised to anybody yet. */
  readonly #freed = new Map<string, number>();

  /** Notes that an answer has come to its end. */
  note(origin: string): void {
    const freed = this.#freed.get(origin);
    this.#freed.set(origin, (freed ?? 0) + 1);
    if (freed === undefined) setImmediate(() => this.#freed.delete(origin));
  }

  /** Waits for the end of the turn when a connection is free then. */
  async wait(origin: string): Promise<void> {
    const freed = this.#freed.get(origin) ?? 0;
    if (freed === 0) return;
    this.#freed.set(origin, freed - 1);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
