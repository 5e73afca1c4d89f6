import { SharedCalls } from '../shared-calls.ts';

/** Values that are expensive to make: each is made once, however many wait for it, and held while it is usable. */
export class HeldValues<T> {
  readonly #values = new Map<string, { readonly value: T }>();
  readonly #calls = new SharedCalls<T>();

  /** The held value of a key, or a new one; what failed is not held. */
  async get(key: string, make: () => Promise<T>, isUsable: (value: T) => boolean): Promise<T> {
    const held = this.#values.get(key);
    if (held !== undefined && isUsable(held.value)) return held.value;
    return this.#calls.run(key, async () => {
      this.#values.delete(key);
      const value = await make();
      this.#values.set(key, { value });
      return value;
    });
  }
}
