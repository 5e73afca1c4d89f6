import { TaskError } from '../core/errors.ts';
import type { Digest } from './digest.ts';

/** Indexes of indexes go two or three deep; so do signatures of attestations. */
const MAX_DEPTH = 8;

/** The largest releases have some hundred images with a dozen blobs each. */
const MAX_NODES = 20_000;

/** All manifests of a graph together: they are kept in memory. */
const MAX_MANIFEST_BYTES = 256 * 1024 * 1024;

/** Stops at graphs that are made to have no end. */
export class GraphLimits {
  readonly #seen = new Set<Digest>();
  #nodes = 0;
  #bytes = 0;

  /**
   * Counts a node once.
   *
   * @throws TaskError `CONTENT_TOO_LARGE` when it is too deep or one too many
   */
  enter(digest: Digest, depth: number): void {
    this.refuseDepth(digest, depth);
    if (this.#seen.has(digest)) return;
    this.#seen.add(digest);
    this.count(digest, 1);
  }

  /** @throws TaskError `CONTENT_TOO_LARGE` when a node is so deep that no tool has made the graph */
  refuseDepth(digest: Digest, depth: number): void {
    if (depth > MAX_DEPTH) throw tooLarge(digest, `it is nested over ${MAX_DEPTH} levels deep`);
  }

  /** Counts nodes that are not looked into. */
  count(digest: Digest, nodes: number): void {
    this.#nodes += nodes;
    if (this.#nodes > MAX_NODES) throw tooLarge(digest, `there are over ${MAX_NODES} parts before`);
  }

  /** Counts the bytes of a manifest. */
  addBytes(digest: Digest, bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= MAX_MANIFEST_BYTES) return;
    throw tooLarge(digest, `manifests of ${MAX_MANIFEST_BYTES} bytes came before`);
  }
}

function tooLarge(digest: Digest, finding: string): TaskError {
  return new TaskError('CONTENT_TOO_LARGE', `Cannot copy ${digest}: ${finding}.`, {
    hint: 'Check what was pushed; no tool makes such an image.',
  });
}
