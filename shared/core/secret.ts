import { inspect } from 'node:util';

const MASK = '***';

/** A string that does not print: `toString`, `JSON.stringify` and `inspect` give `***`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself; call it only where a header, a body or a key is built. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
