import { definite } from '../../../shared/core/errors.ts';
import { mutate, randomFrom } from './mutate.ts';
import type { FuzzTarget } from './targets.ts';

/** Reading takes milliseconds; what takes this long would hold up a release. */
const SLOW_MS = 2000;

/** Something that must not be, and the bytes that show it. */
export interface FuzzFinding {
  readonly target: string;
  readonly what: string;
  /** The bytes in base64. */
  readonly bytes: string;
}

/** How much to try. */
export interface FuzzBudget {
  readonly seed: number;
  /** Whether to go on after so many inputs. */
  readonly goesOn: (inputs: number) => boolean;
}

/** Gives changed seeds to a target until the budget is used up or something is found. */
export function fuzz(target: FuzzTarget, { seed, goesOn }: FuzzBudget): FuzzFinding | undefined {
  const random = randomFrom(seed);
  for (let inputs = 0; goesOn(inputs); inputs += 1) {
    const origin = definite(target.seeds[inputs % target.seeds.length], 'a seed');
    const bytes = mutate(origin, random);
    const what = tryOut(target, bytes, origin);
    if (what !== undefined) {
      return { target: target.name, what, bytes: Buffer.from(bytes).toString('base64') };
    }
  }
  return undefined;
}

function tryOut(target: FuzzTarget, bytes: Uint8Array, origin: Uint8Array): string | undefined {
  const start = performance.now();
  try {
    const what = target.read(bytes, origin);
    const tookMs = performance.now() - start;
    return what ?? (tookMs > SLOW_MS ? `takes ${Math.round(tookMs)} ms` : undefined);
  } catch (error) {
    return `throws ${String(error)}`;
  }
}
