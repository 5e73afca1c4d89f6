/** The part of a whole that a response brings; `size` is that of the whole, absent when the server does not know it. */
export interface ContentRange {
  readonly first: number;
  readonly last: number;
  readonly size?: number;
}

const BYTES = /^bytes\s+(\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i;
const UPLOADED = /^(?:bytes=)?0-(\d{1,15})$/;

/**
 * The `Content-Range` of a partial response, e.g. `bytes 10-19/20`; absent when it is none.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#name-content-range
 */
export function parseContentRange(header: string): ContentRange | undefined {
  const [, first, last, size] = BYTES.exec(header.trim()) ?? [];
  if (first === undefined || last === undefined) return undefined;
  const range = { first: Number(first), last: Number(last) };
  if (range.first > range.last) return undefined;
  return size === '*' ? range : { ...range, size: Number(size) };
}

/**
 * How many bytes an upload session holds, by its `Range: 0-<last>`; absent when the header does not say it.
 *
 * Registries say `0-0` for none as well as for one byte.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks
 */
export function uploadedBytes(range: string | undefined): number | undefined {
  const [, last] = UPLOADED.exec((range ?? '').trim()) ?? [];
  return last === undefined ? undefined : Number(last) + 1;
}
