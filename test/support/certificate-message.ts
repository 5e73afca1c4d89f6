import { der, integer, oid, sequence, set } from './der.ts';

const SIGNED_DATA = '1.2.840.113549.1.7.2';
const DATA = '1.2.840.113549.1.7.1';

/** A PKCS#7 message that carries certificates and nothing else, as authorities publish it in `.p7c` files. */
export function messageOf(certificates: readonly Uint8Array[]): Uint8Array {
  const body = [integer(1), set(), sequence(oid(DATA)), der(0xa0, ...certificates), set()];
  return sequence(oid(SIGNED_DATA), der(0xa0, sequence(...body)));
}

/** The same in BER, with lengths that only the ends of the elements tell. */
export function openMessageOf(certificates: readonly Uint8Array[]): Uint8Array {
  const open = (tag: number, ...content: readonly Uint8Array[]): Uint8Array =>
    Buffer.concat([Uint8Array.of(tag, 0x80), ...content, Uint8Array.of(0, 0)]);
  const body = [integer(1), set(), open(0x30, oid(DATA)), open(0xa0, ...certificates), set()];
  return open(0x30, oid(SIGNED_DATA), open(0xa0, open(0x30, ...body)));
}
