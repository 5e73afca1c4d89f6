import type { Timing } from './timing.ts';

/** One thing in a repository, e.g. `manifests/latest` or `blobs/sha256:…`. */
interface Thing {
  readonly registry: string;
  readonly name: string;
  readonly at: string;
}

interface Answer {
  readonly status: number;
  readonly discard?: () => Promise<void>;
}

/** Half a minute in all: as long as replicas of a registry take to agree. */
const WAITS_MS: readonly number[] = [1000, 2000, 4000, 8000, 15_000];

/**
 * Remembers what this run has written: a registry that does not find that has not looked everywhere yet. Of all else,
 * 404 means that it does not exist.
 */
export class OwnWrites {
  readonly #timing: Timing;
  readonly #written = new Set<string>();

  constructor(timing: Timing) {
    this.#timing = timing;
  }

  /** Notes that a registry took something. */
  note(thing: Thing): void {
    this.#written.add(keyOf(thing));
  }

  /** Sends a request to read something; again for a while when it is said not to exist although we wrote it. */
  async read<T extends Answer>(
    thing: Thing,
    send: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const waits = this.#written.has(keyOf(thing)) ? WAITS_MS : [];
    for (const waitMs of waits) {
      const answer = await send();
      if (answer.status !== 404) return answer;
      await answer.discard?.();
      await this.#timing.sleep(waitMs, signal);
    }
    return send();
  }
}

function keyOf({ registry, name, at }: Thing): string {
  return `${registry}/${name} ${at}`;
}
