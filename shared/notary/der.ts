/** Bytes that are not DER. Stays within this folder: whoever parses a document turns it into a problem. */
export class DerError extends Error {
  override readonly name: string = 'DerError';
}

/** Tags of the types that certificates use. */
export const DerTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One element: its tag, what is in it, and all of its bytes. */
export interface DerNode {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly raw: Uint8Array;
}

/** More elements than any certificate has side by side. */
const MAX_ELEMENTS = 1000;

/** Real object identifiers have up to thirty bytes; reading one takes time with the square of its length. */
const MAX_OID_BYTES = 64;

/** Bits of a tag that say that its number follows in further bytes. */
const LONG_TAG = 0x1f;

/**
 * The one element that the bytes are.
 *
 * @throws DerError also when bytes follow
 */
export function readDer(bytes: Uint8Array): DerNode {
  const node = readElement(bytes);
  if (node.raw.byteLength !== bytes.byteLength) throw new DerError('bytes follow the end');
  return node;
}

/**
 * The elements that lie side by side in the bytes.
 *
 * @throws DerError
 */
export function readDerList(bytes: Uint8Array): readonly DerNode[] {
  const nodes: DerNode[] = [];
  let rest = bytes;
  while (rest.byteLength > 0) {
    if (nodes.length === MAX_ELEMENTS) throw new DerError('has too many elements');
    const node = readElement(rest);
    nodes.push(node);
    rest = rest.subarray(node.raw.byteLength);
  }
  return nodes;
}

/**
 * The elements that lie side by side in the bytes, one after the other, however many there are.
 *
 * @throws DerError when it comes to one that is broken
 */
export function* walkDer(bytes: Uint8Array): Generator<DerNode> {
  let rest = bytes;
  while (rest.byteLength > 0) {
    const node = readElement(rest);
    yield node;
    rest = rest.subarray(node.raw.byteLength);
  }
}

/**
 * The elements within an element of the given tag.
 *
 * @throws DerError also when there is no such element
 */
export function readChildren(node: DerNode | undefined, tag: number): readonly DerNode[] {
  return readDerList(expectTag(node, tag).content);
}

/**
 * The element, which must be there and have the tag.
 *
 * @throws DerError
 */
export function expectTag(node: DerNode | undefined, tag: number): DerNode {
  if (node?.tag === tag) return node;
  const got = node === undefined ? 'the end' : `tag 0x${node.tag.toString(16)}`;
  throw new DerError(`has ${got} where tag 0x${tag.toString(16)} belongs`);
}

/**
 * An object identifier in dotted form, e.g. `2.5.29.15`.
 *
 * @throws DerError
 */
export function readOid(node: DerNode | undefined): string {
  const { content } = expectTag(node, DerTag.oid);
  if (content.byteLength > MAX_OID_BYTES) throw new DerError('has an object identifier too long');
  const arcs: bigint[] = [];
  let arc = 0n;
  let open = true;
  for (const byte of content) {
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    open = byte >= 0x80;
    if (!open) {
      arcs.push(arc);
      arc = 0n;
    }
  }
  const [first, ...others] = arcs;
  if (open || first === undefined) throw new DerError('has a broken object identifier');
  const top = first < 80n ? first / 40n : 2n;
  return [top, first - top * 40n, ...others].join('.');
}

/**
 * A small non-negative integer.
 *
 * @throws DerError
 */
export function readCount(node: DerNode): number {
  const { content } = expectTag(node, DerTag.integer);
  const [first] = content;
  if (first === undefined || first >= 0x80 || content.byteLength > 4) {
    throw new DerError('has an integer out of range');
  }
  return content.reduce((value, byte) => value * 256 + byte, 0);
}

/**
 * A non-negative integer of up to twenty bytes, as serial numbers and the numbers of lists are.
 *
 * @throws DerError
 */
export function readNumber(node: DerNode | undefined): bigint {
  const { content } = expectTag(node, DerTag.integer);
  const [first] = content;
  if (first === undefined || first >= 0x80 || content.byteLength > 21) {
    throw new DerError('has an integer out of range');
  }
  return BigInt(`0x${Buffer.from(content).toString('hex')}`);
}

/**
 * A boolean.
 *
 * @throws DerError for any other form than DER allows
 */
export function readBoolean(node: DerNode): boolean {
  const { content } = expectTag(node, DerTag.boolean);
  const [value] = content;
  if (content.byteLength !== 1 || (value !== 0 && value !== 0xff)) {
    throw new DerError('has a broken boolean');
  }
  return value === 0xff;
}

/**
 * A point in time, from UTCTime or GeneralizedTime, in whole seconds of UTC.
 *
 * @throws DerError
 */
export function readTime(node: DerNode | undefined): Date {
  const text = Buffer.from(node?.content ?? []).toString('latin1');
  const full = node?.tag === DerTag.utcTime ? `${centuryOf(text)}${text}` : text;
  const isTime = node?.tag === DerTag.utcTime || node?.tag === DerTag.generalizedTime;
  const form = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
  const iso = full.replace(form, '$1-$2-$3T$4:$5:$6.000Z');
  const date = new Date(iso);
  // A day or an hour that does not exist would be taken for one that follows.
  const exists = !Number.isNaN(date.getTime()) && date.toISOString() === iso;
  if (!isTime || iso === full || !exists) throw new DerError('has a broken time');
  return date;
}

/** RFC 5280, 4.1.2.5.1: years of two digits below 50 are of this century. */
function centuryOf(utcTime: string): string {
  return utcTime < '50' ? '20' : '19';
}

function readElement(bytes: Uint8Array): DerNode {
  const [tag, short] = bytes;
  if (tag === undefined || short === undefined) throw new DerError('ends too early');
  if ((tag & LONG_TAG) === LONG_TAG) throw new DerError('has a tag above 30');
  const lengthBytes = short < 0x80 ? 0 : short & 0x7f;
  const start = 2 + lengthBytes;
  const length = lengthBytes === 0 ? short : readLength(bytes.subarray(2, start), lengthBytes);
  if (short === 0x80) throw new DerError('has an indefinite length');
  if (bytes.byteLength < start + length) throw new DerError('ends too early');
  const raw = bytes.subarray(0, start + length);
  return { tag, content: raw.subarray(start), raw };
}

function readLength(bytes: Uint8Array, expected: number): number {
  if (bytes.byteLength !== expected || expected > 4) throw new DerError('has a broken length');
  const length = bytes.reduce((value, byte) => value * 256 + byte, 0);
  const isShortest = length >= 0x80 && bytes[0] !== 0;
  if (!isShortest) throw new DerError('has a length that is not the shortest');
  return length;
}
