/** How many slots a host has. */
export interface SlotLimits {
  /** At least 1. */
  readonly max: number;
  /** Before anything is known of the host; 8 when absent. */
  readonly start?: number;
}

/** Where a small copy is not slowed down and no registry is annoyed. */
const START = 8;

/** What each answer adds at first: two answers, and a host is believed to bear what a small copy can use. */
const GROWTH = 8;

/**
 * How many requests a host bears at once, found out as TCP does: widen fast until it says that it is too much, then
 * halve, then add one a round.
 */
export class AdaptiveLimit {
  readonly #max: number;
  #size: number;
  #wasOverloaded = false;
  #round = 0;

  constructor({ max, start = START }: SlotLimits) {
    this.#max = max;
    this.#size = Math.min(start, max);
  }

  /** How many requests may be in flight. */
  get size(): number {
    return Math.floor(this.#size);
  }

  /** Counts the cuts; a request remembers in which round it began. */
  get round(): number {
    return this.#round;
  }

  /** Grows after a request that went well; once it was cut, only if all slots were taken. */
  succeeded(wasFull: boolean): void {
    if (this.#wasOverloaded && !wasFull) return;
    const step = this.#wasOverloaded ? 1 / this.#size : GROWTH;
    this.#size = Math.min(this.#max, this.#size + step);
  }

  /** Halves, once for all the requests that were in flight together. */
  overloaded(round: number): void {
    if (round !== this.#round) return;
    this.#round += 1;
    this.#wasOverloaded = true;
    this.#size = Math.max(1, this.size / 2);
  }
}
