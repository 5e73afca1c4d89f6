import { createHash } from 'node:crypto';

/** A UUID that follows from content (laid out as version 5): always the same for the same text. */
export function contentUuid(content: string): string {
  const hex = createHash('sha256').update(content).digest('hex');
  const groups = [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`];
  return [...groups, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}
