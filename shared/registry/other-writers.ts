/** Longer than any writer takes from reading a list to writing it. */
const LONGEST_TURN_MS = 2000;

/** How much slower than we another writer of the same registry may be, as long as nothing is seen of one. */
const SLOWNESS = 4;

/** A writer on another continent needs no longer, even where our own turns take no time. */
const SHORTEST_QUIET_MS = 500;

/**
 * Tells how long another writer, who has read a list before we wrote it, may still come and overwrite it.
 *
 * A turn, from reading a list to having written it, takes others about as long as it takes us. Once somebody else was
 * seen at a list, they are given as long as anybody could need.
 */
export class OtherWriters {
  /** By registry, in milliseconds. */
  readonly #slowestTurns = new Map<string, number>();
  readonly #sharedLists = new Set<string>();

  /** Notes how long one of our own turns at a registry took, from the answer with the list to that of the write. */
  noteTurn(registry: string, ms: number): void {
    this.#slowestTurns.set(registry, Math.max(ms, this.#slowestTurns.get(registry) ?? 0));
  }

  /** Notes that somebody else writes a list in these moments. */
  noteSeenAt(list: string): void {
    this.#sharedLists.add(list);
  }

  /** How long after our last write of a list nobody can come any more who has read it before, in milliseconds. */
  quietMs(registry: string, list: string): number {
    if (this.#sharedLists.has(list)) return LONGEST_TURN_MS;
    const expectedMs = SLOWNESS * (this.#slowestTurns.get(registry) ?? 0);
    return Math.min(LONGEST_TURN_MS, Math.max(SHORTEST_QUIET_MS, expectedMs));
  }
}
