/** One DER element of a tag with content. */
export function der(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(content);
  return Buffer.concat([Uint8Array.of(tag), lengthOf(body.byteLength), body]);
}

/** A SEQUENCE of elements. */
export function sequence(...elements: readonly Uint8Array[]): Uint8Array {
  return der(0x30, ...elements);
}

/** A SET of elements. */
export function set(...elements: readonly Uint8Array[]): Uint8Array {
  return der(0x31, ...elements);
}

/** A small non-negative INTEGER. */
export function integer(value: number): Uint8Array {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return unsigned(bytes);
}

/** An INTEGER of big-endian bytes, taken as non-negative. */
export function unsigned(bytes: Uint8Array): Uint8Array {
  return (bytes[0] ?? 0) >= 0x80 ? der(0x02, Uint8Array.of(0), bytes) : der(0x02, bytes);
}

/** BOOLEAN TRUE. */
export const TRUE = der(0x01, Uint8Array.of(0xff));

/** NULL. */
export const NULL = der(0x05);

/** A BIT STRING of whole bytes, or with unused bits at its end. */
export function bitString(bytes: Uint8Array, unusedBits = 0): Uint8Array {
  return der(0x03, Uint8Array.of(unusedBits), bytes);
}

/** An OCTET STRING. */
export function octetString(bytes: Uint8Array): Uint8Array {
  return der(0x04, bytes);
}

/** An OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...arcs] = dotted.split('.').map(Number);
  return der(0x06, ...[first * 40 + second, ...arcs].map(base128));
}

/** A UTF8String. */
export function utf8(text: string): Uint8Array {
  return der(0x0c, Buffer.from(text));
}

/** A PrintableString. */
export function printable(text: string): Uint8Array {
  return der(0x13, Buffer.from(text, 'latin1'));
}

/** A time: UTCTime until 2049, GeneralizedTime after. */
export function time(at: Date): Uint8Array {
  const digits = at
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:T]/g, '');
  const isShort = at.getUTCFullYear() >= 1950 && at.getUTCFullYear() < 2050;
  return isShort ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits));
}

function lengthOf(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  const hex = length.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return Uint8Array.of(0x80 | bytes.byteLength, ...bytes);
}

function base128(arc: number): Uint8Array {
  const groups = [arc & 0x7f];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) {
    groups.unshift((rest & 0x7f) | 0x80);
  }
  return Uint8Array.from(groups);
}
