/** What holds back or ends the bytes of a response. */
export interface Flow {
  pause(): void;
  resume(): void;
  abort(reason: Error): void;
}

/** The server waits with more while so much waits for us, which bounds the memory of a stream. */
const MAX_WAITING_BYTES = 128 * 1024;

/** How a body that nobody wants any more ends. */
class GivenUp extends Error {
  override readonly name = 'GivenUp';
}

/**
 * The body of a response as it comes in. It is read once: its start, its chunks, or nothing of it.
 *
 * A body that is not read to its end costs the connection, as what is still to come would have to be read all the same.
 */
export class IncomingBody implements AsyncIterable<Uint8Array> {
  readonly #flow: Flow;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #maxWaitingBytes = MAX_WAITING_BYTES;
  #isPaused = false;
  #end: { readonly error?: unknown } | undefined;
  #wake = (): void => undefined;

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  /** Takes the next bytes from the connection. */
  push(chunk: Uint8Array): void {
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.byteLength;
    if (this.#waitingBytes >= this.#maxWaitingBytes) {
      this.#isPaused = true;
      this.#flow.pause();
    }
    this.#wake();
  }

  /** Takes note that there is no more, because of a failure or because that was all. */
  finish(end: { readonly error?: unknown } = {}): void {
    this.#end = end;
    this.#wake();
  }

  /** The first bytes, all of them when they are fewer; the rest is given up. */
  async start(maxBytes: number): Promise<Uint8Array> {
    this.#maxWaitingBytes = maxBytes;
    while (this.#end === undefined && this.#waitingBytes < maxBytes) await this.#change();
    if (this.#waitingBytes < maxBytes) this.#throwFailure();
    const [first = new Uint8Array(), ...others] = this.#waiting;
    const bytes = others.length === 0 ? first : Buffer.concat([first, ...others]);
    this.#giveUp();
    return bytes.subarray(0, maxBytes);
  }

  /** Lets the bytes pass unseen so that the connection can be used again, unless they are more than that is worth. */
  async discard(maxBytes: number): Promise<void> {
    for (let seen = this.#drop(); this.#end === undefined; seen += this.#drop()) {
      if (seen > maxBytes) {
        this.#giveUp();
        return;
      }
      await this.#change();
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return {
      next: async () => {
        while (this.#waiting.length === 0 && this.#end === undefined) await this.#change();
        const value = this.#waiting.shift();
        if (value === undefined) {
          this.#throwFailure();
          return { done: true, value };
        }
        this.#waitingBytes -= value.byteLength;
        return { done: false, value };
      },
      return: async () => {
        this.#giveUp();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  /** Waits for more, or for the end. What was held back may come at once, so the waiting begins first. */
  async #change(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (!this.#isPaused) return;
      this.#isPaused = false;
      this.#flow.resume();
    });
  }

  #drop(): number {
    const bytes = this.#waitingBytes;
    this.#waiting = [];
    this.#waitingBytes = 0;
    return bytes;
  }

  #giveUp(): void {
    this.#drop();
    if (this.#end === undefined)
      this.#flow.abort(new GivenUp('the rest of the body is not wanted'));
  }

  #throwFailure(): void {
    if (this.#end !== undefined && 'error' in this.#end) throw this.#end.error;
  }
}
