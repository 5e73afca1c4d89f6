import type { StreamBody } from './transport.ts';

/** Content to upload; it is opened anew for every attempt. */
export interface UploadSource {
  readonly body: Uint8Array | StreamBody;
  /** Frees what the source holds when the body was not read to its end. */
  readonly release: () => Promise<void>;
}

/** Opens the content from its start. */
export type OpenSource = (signal: AbortSignal) => Promise<UploadSource>;

/** Bytes as a source. */
export function sourceOf(bytes: Uint8Array): UploadSource {
  return { body: bytes, release: async () => Promise.resolve() };
}

/**
 * A source that tells when it fails, be it at its opening or half way. What happens to it once it is released is the
 * consequence of another failure.
 */
export function watched(open: OpenSource, onFailure: () => void): OpenSource {
  return async (signal) => {
    try {
      const { body, release } = await open(signal);
      if (body instanceof Uint8Array) return { body, release };
      let isReleased = false;
      const chunks = watchedChunks(body.chunks, () => {
        if (!isReleased) onFailure();
      });
      return {
        body: { ...body, chunks },
        release: async () => {
          isReleased = true;
          await release();
        },
      };
    } catch (error) {
      onFailure();
      throw error;
    }
  };
}

/** Only reading is watched: a consumer that fails throws into the generator, too. */
async function* watchedChunks(
  chunks: AsyncIterable<Uint8Array>,
  onFailure: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = chunks[Symbol.asyncIterator]();
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    try {
      return await iterator.next();
    } catch (error) {
      onFailure();
      throw error;
    }
  };
  try {
    for (let result = await next(); result.done !== true; result = await next()) {
      yield result.value;
    }
  } finally {
    await iterator.return?.();
  }
}

/** A source that tells of its bytes as they pass; when it is opened again, those that had passed are taken back. */
export function metered(open: OpenSource, onBytes: (count: number) => void): OpenSource {
  let told = 0;
  return async (signal) => {
    if (told > 0) onBytes(-told);
    told = 0;
    const tell = (count: number): void => {
      told += count;
      onBytes(count);
    };
    const { body, release } = await open(signal);
    if (body instanceof Uint8Array) {
      tell(body.byteLength);
      return { body, release };
    }
    return { body: { ...body, chunks: tellingChunks(body.chunks, tell) }, release };
  };
}

async function* tellingChunks(
  chunks: AsyncIterable<Uint8Array>,
  onBytes: (count: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) {
    onBytes(chunk.byteLength);
    yield chunk;
  }
}

/** A body as a stream, whatever it is. */
export function streamOf(body: Uint8Array | StreamBody): StreamBody {
  return body instanceof Uint8Array ? { size: body.byteLength, chunks: onlyChunk(body) } : body;
}

async function* onlyChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(bytes);
}
