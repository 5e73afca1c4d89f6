/** Numbers from 0 to 1 that a seed determines (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Bytes that parsers stumble over: lengths, ends, tags, quotes. */
const NASTY = Buffer.from('00017f80818384feff3031a0bf5b7b22', 'hex');

type Mutation = (bytes: Buffer, random: () => number) => Buffer;

const at = (bytes: Buffer, random: () => number): number =>
  Math.floor(random() * (bytes.byteLength + 1));

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => {
    const changed = Buffer.from(bytes);
    const index = Math.min(at(bytes, random), bytes.byteLength - 1);
    changed[index] = (changed[index] ?? 0) ^ (1 << Math.floor(random() * 8));
    return changed;
  },
  (bytes, random) => {
    const changed = Buffer.from(bytes);
    const index = Math.min(at(bytes, random), bytes.byteLength - 1);
    changed[index] = NASTY[Math.floor(random() * NASTY.byteLength)] ?? 0;
    return changed;
  },
  (bytes, random) => bytes.subarray(0, at(bytes, random)),
  (bytes, random) => {
    const start = at(bytes, random);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + 1 + random() * 16)]);
  },
  (bytes, random) => {
    const start = at(bytes, random);
    const piece = bytes.subarray(start, start + 1 + random() * 64);
    const target = at(bytes, random);
    return Buffer.concat([bytes.subarray(0, target), piece, bytes.subarray(target)]);
  },
  (bytes, random) => {
    const target = at(bytes, random);
    const byte = NASTY[Math.floor(random() * NASTY.byteLength)] ?? 0;
    const run = Buffer.alloc(1 + Math.floor(random() ** 4 * 4000), byte);
    return Buffer.concat([bytes.subarray(0, target), run, bytes.subarray(target)]);
  },
];

/** Bytes with one to four random changes. */
export function mutate(bytes: Uint8Array, random: () => number): Uint8Array {
  let changed: Buffer = Buffer.from(bytes);
  for (let left = 1 + Math.floor(random() * 4); left > 0; left -= 1) {
    const mutation = MUTATIONS[Math.floor(random() * MUTATIONS.length)];
    if (mutation !== undefined && changed.byteLength > 0) changed = mutation(changed, random);
  }
  return changed;
}
