import { escapeData } from './commands.ts';

const MASK = '***';

/** Hides registered secrets in text, as the agent does before it shows a line. */
export class Masks {
  readonly #values = new Set<string>();

  /** Registers a secret; from now on it is hidden, also in the form escaped for logging commands. */
  add(secret: string): void {
    if (secret === '') return;
    this.#values.add(secret);
    this.#values.add(escapeData(secret));
  }

  has(secret: string): boolean {
    return this.#values.has(secret);
  }

  /** The text with every stretch covered by secrets replaced by `***`; stretches that touch become one. */
  apply(text: string): string {
    const covered = new Uint8Array(text.length);
    for (const value of this.#values) {
      for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
        covered.fill(1, at, at + value.length);
      }
    }
    let masked = '';
    for (let at = 0; at < text.length; at++) {
      if (covered[at] === 0) masked += text.charAt(at);
      else if (at === 0 || covered[at - 1] === 0) masked += MASK;
    }
    return masked;
  }
}
