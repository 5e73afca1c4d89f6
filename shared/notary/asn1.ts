import { parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { neutralise } from '../core/text.ts';
import type * as Libraries from './asn1.chunk.ts';
import { DerError } from './der.ts';

/** The ASN.1 libraries. They are large, so they are loaded when there is something to read with them. */
export type Asn1 = typeof Libraries;

/** Real tokens and responses are nested about twelve deep, in a few hundred elements. */
const LIMITS = {
  maxDepth: 32,
  maxNodes: 4000,
  maxContentLength: 1024 * 1024,
  parseEmbedded: false,
};

/** Loads the ASN.1 libraries, the first time from disk. */
export async function loadAsn1(): Promise<Asn1> {
  return import('./asn1.chunk.ts');
}

/**
 * The one element that bytes in BER are, within bounds.
 *
 * @throws DerError
 */
export function readBer(asn1: Asn1, bytes: Uint8Array): Libraries.AsnType {
  const { offset, result } = asn1.fromBER(bytes, LIMITS);
  if (offset === bytes.byteLength) return result;
  throw new DerError(offset < 0 ? `is not BER: ${result.error}` : 'has bytes after its end');
}

/** Whether an element, or one within it, ends with a mark instead of having a length. */
export function hasIndefiniteLength(asn1: Asn1, element: Libraries.BaseBlock): boolean {
  return (
    element.lenBlock.isIndefiniteForm ||
    (element instanceof asn1.Constructed &&
      element.valueBlock.value.some((part) => hasIndefiniteLength(asn1, part)))
  );
}

/**
 * Reads a structure with libraries and readers that throw whatever they like; what they throw becomes a problem.
 * Bounds keep recursion shallow, so that no input exhausts the stack.
 */
export function parseStructure<T>(path: string, what: string, read: () => T): Parsed<T> {
  try {
    return parsed(read());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return problem(path, `is not ${what}: ${neutralise(reason)}`);
  }
}
