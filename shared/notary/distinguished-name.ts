import { neutralise } from '../core/text.ts';
import { DerError, DerTag, readChildren, readDer, readOid } from './der.ts';
import type { DerNode } from './der.ts';

/** One attribute of a name, e.g. `{ type: 'O', value: 'Contoso' }`; unknown types stay dotted, e.g. `1.2.3`. */
export interface NameAttribute {
  readonly type: string;
  readonly value: string;
}

/** Short names that RFC 4514 and the reference implementation give to attribute types. */
const SHORT_NAMES: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.5', 'SERIALNUMBER'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'STREET'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.17', 'POSTALCODE'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
]);

/** Characters of the types; `*` and `&` are not of the first, but authorities use them. */
const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?*&]*$/;
const NUMERIC = /^[0-9 ]*$/;
const ASCII = /^[\0-\x7f]*$/;

/**
 * The attributes of a name in DER, in their order. A value that is not text becomes `#` and its DER in hex.
 *
 * @throws DerError
 */
export function readName(bytes: Uint8Array): readonly NameAttribute[] {
  return readChildren(readDer(bytes), DerTag.sequence).flatMap((set) =>
    readChildren(set, DerTag.set).map((attribute) => {
      const [type, value] = readChildren(attribute, DerTag.sequence);
      const oid = readOid(type);
      return { type: SHORT_NAMES.get(oid) ?? oid, value: readValue(value) };
    }),
  );
}

/** A name as people read it: `C=US, ST=WA, O=Contoso, CN=Build`, safe to print. */
export function formatName(name: readonly NameAttribute[]): string {
  return neutralise(name.map(({ type, value }) => `${type}=${value}`).join(', '));
}

function readValue(node: DerNode | undefined): string {
  if (node === undefined) return '';
  const content = Buffer.from(node.content);
  switch (node.tag) {
    case DerTag.utf8String:
      return content.toString('utf8');
    case DerTag.printableString:
      return restrictedText(content, PRINTABLE);
    case DerTag.numericString:
      return restrictedText(content, NUMERIC);
    case DerTag.ia5String:
      return restrictedText(content, ASCII);
    case DerTag.teletexString:
      return content.toString('latin1');
    case DerTag.bmpString:
      // An odd byte at the end is no character; swap16 refuses it.
      return content
        .subarray(0, content.byteLength & ~1)
        .swap16()
        .toString('utf16le');
    default:
      return `#${Buffer.from(node.raw).toString('hex')}`;
  }
}

/** The reference implementation reads no certificate with a name whose text has characters that its type does not. */
function restrictedText(content: Buffer, alphabet: RegExp): string {
  const text = content.toString('latin1');
  if (!alphabet.test(text)) throw new DerError('has a name with characters that its type forbids');
  return text;
}
