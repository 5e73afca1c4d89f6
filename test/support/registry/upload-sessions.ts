import { createHash, randomUUID } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { algorithmOf } from '../../../shared/oci/digest.ts';
import type { Digest, DigestAlgorithm } from '../../../shared/oci/digest.ts';

/** An upload that is under way: its bytes so far, hashed as they came. */
export class UploadSession {
  readonly id = randomUUID();
  /** A query parameter that locations carry and requests must bring back. */
  readonly state = randomUUID();
  readonly repository: string;
  readonly #algorithm: DigestAlgorithm;
  #hash: Hash;
  #chunks: readonly Uint8Array[] = [];
  #size = 0;
  #lastLength: number | undefined;

  constructor(repository: string, algorithm: DigestAlgorithm) {
    this.repository = repository;
    this.#algorithm = algorithm;
    this.#hash = createHash(algorithm);
  }

  /** Bytes received so far. */
  get size(): number {
    return this.#size;
  }

  /** Length in bytes of the last chunk; undefined before the first. */
  get lastLength(): number | undefined {
    return this.#lastLength;
  }

  /** Adds a chunk; when its stream breaks or `accept` refuses its length, the session is as it was before. */
  async append(
    body: AsyncIterable<Uint8Array>,
    accept: (length: number) => void = () => undefined,
  ): Promise<void> {
    const hash = this.#hash.copy();
    const received: Uint8Array[] = [];
    let length = 0;
    for await (const part of body) {
      hash.update(part);
      received.push(part);
      length += part.byteLength;
    }
    accept(length);
    this.#hash = hash;
    this.#chunks = [...this.#chunks, ...received];
    this.#size += length;
    this.#lastLength = length;
  }

  /** The whole content if it has this digest. */
  content(digest: Digest): Uint8Array | undefined {
    const algorithm = algorithmOf(digest);
    const actual = algorithm === this.#algorithm ? this.#hash.copy() : this.#rehash(algorithm);
    if (`${algorithm}:${actual.digest('hex')}` !== digest) return undefined;
    return Buffer.concat(this.#chunks);
  }

  #rehash(algorithm: DigestAlgorithm): Hash {
    const hash = createHash(algorithm);
    for (const chunk of this.#chunks) hash.update(chunk);
    return hash;
  }
}

/** All uploads that are under way. */
export class UploadSessions {
  readonly #open = new Map<string, UploadSession>();

  /** How many uploads are under way. */
  get size(): number {
    return this.#open.size;
  }

  /** Begins an upload to a repository. */
  begin(repository: string, algorithm: DigestAlgorithm): UploadSession {
    const session = new UploadSession(repository, algorithm);
    this.#open.set(session.id, session);
    return session;
  }

  /** The upload of a location, if it is under way in that repository. */
  find(repository: string, id: string): UploadSession | undefined {
    const session = this.#open.get(id);
    return session?.repository === repository ? session : undefined;
  }

  /** Ends an upload. */
  end(session: UploadSession): void {
    this.#open.delete(session.id);
  }

  /** Ends every upload, as a registry does that restarts. */
  clear(): void {
    this.#open.clear();
  }
}
