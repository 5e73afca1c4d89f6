import { parseContentRange } from '../oci/content-range.ts';
import { mismatch } from '../oci/verify-stream.ts';
import type { Expected } from '../oci/verify-stream.ts';
import type { HttpClient } from './client.ts';
import type { OpenResponse, RegistryRequest } from './registry-request.ts';
import { notFoundError } from './errors.ts';
import { requestRetries } from './retry.ts';
import type { Failure } from './retry.ts';

/** What is received, and how it is asked for. */
export interface DownloadRequest {
  readonly descriptor: Expected;
  /** A GET of the whole blob. */
  readonly request: RegistryRequest;
}

interface Connection {
  readonly chunks: AsyncIterator<Uint8Array>;
  readonly release: () => Promise<void>;
  /** Bytes at its start that were received before. */
  skip: number;
}

/** Breaks in a row, without much coming in between, after which a source is given up. */
const MAX_FRUITLESS_BREAKS = 7;

/** A connection that brought this much was a good one. */
const FRUITFUL_BYTES = 1024 * 1024;

const NOTHING = new Uint8Array();

/**
 * One blob on its way, over as many connections as it takes.
 *
 * When a connection breaks or stalls, the rest is asked for by `Range`. A registry that sends everything again is
 * listened to from the start, and what is there already is skipped: whoever checks the content sees every byte once.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#name-range-requests
 */
export class Download {
  readonly #http: HttpClient;
  readonly #wanted: DownloadRequest;
  readonly #signal: AbortSignal;
  #connection: Connection | undefined;
  #hasBegun = false;
  #received = 0;
  /** Where the last break was, in bytes. */
  #brokenAt = 0;
  #fruitlessBreaks = 0;
  #hasBroken = false;
  #takesRanges = true;
  #isReleased = false;

  constructor(http: HttpClient, wanted: DownloadRequest, signal: AbortSignal) {
    this.#http = http;
    this.#wanted = wanted;
    this.#signal = signal;
  }

  /**
   * Asks for the blob.
   *
   * @throws TaskError `CONTENT_NOT_FOUND`, or `DIGEST_MISMATCH` when the registry announces another length
   */
  async begin(): Promise<void> {
    this.#connection = await this.#connect();
    this.#hasBegun = true;
  }

  /** The bytes as they come, unchecked; one pass only. */
  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    const retriesOf = (failure: Failure): number => (this.#mayGoOn() ? requestRetries(failure) : 0);
    for (;;) {
      const chunk = await this.#http.retrier.run(
        async () => this.#next(),
        { retriesOf },
        this.#signal,
      );
      if (chunk === undefined) return;
      yield chunk;
    }
  }

  /** Gives the connection back when not everything was read. */
  async release(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#isReleased = true;
    await connection?.release();
  }

  /** Failures to connect have been retried where they happened; only a body that broke is gone on with. */
  #mayGoOn(): boolean {
    const isHopeless = this.#isReleased || this.#fruitlessBreaks > MAX_FRUITLESS_BREAKS;
    return this.#hasBroken && !isHopeless;
  }

  async #next(): Promise<Uint8Array | undefined> {
    this.#hasBroken = false;
    if (this.#isReleased) return undefined;
    const connection = this.#connection ?? (await this.#reconnect());
    if (connection === undefined) return undefined;
    const result = await this.#read(connection);
    if (result.done === true) {
      if (this.#received >= this.#wanted.descriptor.size) return undefined;
      // Without a length, a body that was cut off looks like one that has ended.
      this.#noteBreak();
      return this.#mayGoOn() ? NOTHING : undefined;
    }
    const skipped = Math.min(connection.skip, result.value.byteLength);
    connection.skip -= skipped;
    this.#received += result.value.byteLength - skipped;
    return result.value.subarray(skipped);
  }

  /** Gives back what came too late: whoever released this could not know of it. */
  async #reconnect(): Promise<Connection | undefined> {
    const connection = await this.#connect();
    if (this.#isReleased) {
      await connection.release();
      return undefined;
    }
    this.#connection = connection;
    return connection;
  }

  async #read({ chunks }: Connection): Promise<IteratorResult<Uint8Array>> {
    try {
      return await chunks.next();
    } catch (error) {
      this.#noteBreak();
      throw error;
    }
  }

  #noteBreak(): void {
    const wasFruitful = this.#received - this.#brokenAt >= FRUITFUL_BYTES;
    this.#fruitlessBreaks = wasFruitful ? 1 : this.#fruitlessBreaks + 1;
    this.#brokenAt = this.#received;
    this.#hasBroken = true;
    this.#connection = undefined;
  }

  async #connect(): Promise<Connection> {
    const first = this.#received;
    if (first === 0 || !this.#takesRanges) return this.#fromStart(await this.#ask());
    const response = await this.#ask({ range: `bytes=${first}-` }, [206, 416]);
    if (response.status === 206 && isRest(response, first, this.#wanted.descriptor)) {
      return connectionOf(response, 0);
    }
    this.#takesRanges = false;
    if (response.status === 200) return this.#fromStart(response);
    await discard(response);
    return this.#fromStart(await this.#ask());
  }

  async #ask(
    headers: Readonly<Record<string, string>> = {},
    more: readonly number[] = [],
  ): Promise<OpenResponse> {
    const { request } = this.#wanted;
    const expect = [...request.expect, ...more];
    // An upload may be waiting for these bytes in a slot of the same host.
    const asked = { ...request, headers, expect, isContinuation: this.#hasBegun };
    const response = await this.#http.open(asked, this.#signal);
    if (response.status !== 404) return response;
    await discard(response);
    throw notFoundError(request.what);
  }

  async #fromStart(response: OpenResponse): Promise<Connection> {
    const { descriptor } = this.#wanted;
    const length = response.header('content-length');
    if (length === undefined || Number(length) === descriptor.size) {
      return connectionOf(response, this.#received);
    }
    await discard(response);
    throw mismatch(descriptor, `has ${Number(length)} bytes, not ${descriptor.size}`);
  }
}

function connectionOf(response: OpenResponse, skip: number): Connection {
  return {
    chunks: response.body[Symbol.asyncIterator](),
    release: async () => discard(response),
    skip,
  };
}

/** Whether a partial answer is what was asked for: everything from a byte on. */
function isRest(response: OpenResponse, first: number, { size }: Expected): boolean {
  const range = parseContentRange(response.header('content-range') ?? '');
  return range?.first === first && range.last === size - 1 && (range.size ?? size) === size;
}

async function discard(response: OpenResponse): Promise<void> {
  await response.discard().catch(() => undefined);
}
