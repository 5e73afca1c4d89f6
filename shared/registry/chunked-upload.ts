import { uploadedBytes } from '../oci/content-range.ts';
import type { HttpClient } from './client.ts';
import type { RegistryRequest } from './registry-request.ts';
import { protocolError } from './errors.ts';
import { MAX_ANSWER_BYTES, commitRequest, pushText, sessionOf } from './upload-session.ts';
import type { BlobPlace, UploadSession } from './upload-session.ts';
import type { StreamBody } from './transport.ts';

/** Sizes of chunks that common proxies let pass, the largest first; requests of more are refused by them. */
const CHUNK_SIZES = [32 * 1024 * 1024, 8 * 1024 * 1024, 1024 * 1024] as const;

/** A registry that wants longer chunks cannot be served in chunks. */
const MAX_CHUNK_BYTES = 64 * 1024 * 1024;

/** The size of chunks to try after a body of `refused` bytes was too large; absent when smaller ones are no use. */
export function smallerChunk(refused: number, minChunkBytes: number): number | undefined {
  if (minChunkBytes > MAX_CHUNK_BYTES) return undefined;
  const size = CHUNK_SIZES.find((candidate) => candidate < refused);
  if (size === undefined) return undefined;
  const chunk = Math.max(size, minChunkBytes);
  return chunk < refused ? chunk : undefined;
}

/** What is sent, in pieces of at most so many bytes. */
export interface ChunkedContent {
  readonly content: StreamBody;
  readonly chunkBytes: number;
}

/**
 * Uploads content chunk by chunk, then ends the upload.
 *
 * @throws RegistryError `REGISTRY_RESPONSE_INVALID` when the registry does not keep what it was sent
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks
 */
export async function uploadInChunks(
  http: HttpClient,
  target: { readonly place: BlobPlace; readonly session: UploadSession },
  { content, chunkBytes, signal }: ChunkedContent & { readonly signal: AbortSignal },
): Promise<void> {
  const { place, session } = target;
  let at = session.url;
  let sent = 0;
  for (const chunk of piecesOf(content, chunkBytes)) {
    const request = chunkRequest(place, at, { chunk, first: sent });
    const response = await http.exchange(request, MAX_ANSWER_BYTES, signal);
    sent += chunk.size;
    const kept = uploadedBytes(response.header('range')) ?? sent;
    if (kept !== sent) {
      const finding = `the registry kept ${kept} of ${sent} bytes that were sent in chunks`;
      throw protocolError({ ...request, url: response.url }, finding);
    }
    at = response.header('location') === undefined ? at : sessionOf(request, response).url;
  }
  await http.exchange(commitRequest(place, at, new Uint8Array()), MAX_ANSWER_BYTES, signal);
}

function chunkRequest(
  place: BlobPlace,
  at: URL,
  { chunk, first }: { readonly chunk: StreamBody; readonly first: number },
): RegistryRequest {
  return {
    what: pushText(place),
    method: 'PATCH',
    repository: place.repository,
    at,
    access: 'push',
    headers: {
      'content-type': 'application/octet-stream',
      'content-range': `${first}-${first + chunk.size - 1}`,
    },
    body: chunk,
    isSingleShot: true,
    expect: [201, 202, 204],
  };
}

/** One stream as several; each is read to its end before the next begins. */
export function* piecesOf(content: StreamBody, pieceBytes: number): Generator<StreamBody> {
  const reader = new PieceReader(content.chunks[Symbol.asyncIterator]());
  for (let offset = 0; offset < content.size; offset += pieceBytes) {
    const size = Math.min(pieceBytes, content.size - offset);
    yield { size, chunks: reader.take(size) };
  }
}

class PieceReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #left: Uint8Array = new Uint8Array();

  constructor(chunks: AsyncIterator<Uint8Array>) {
    this.#chunks = chunks;
  }

  async *take(size: number): AsyncGenerator<Uint8Array, void, undefined> {
    for (let missing = size; missing > 0;) {
      if (this.#left.byteLength === 0) {
        const result = await this.#chunks.next();
        if (result.done === true) return;
        this.#left = result.value;
      }
      const part = this.#left.subarray(0, missing);
      this.#left = this.#left.subarray(part.byteLength);
      missing -= part.byteLength;
      yield part;
    }
  }
}
