import type { Certificate } from './certificate.ts';
import { readPointName } from './certificate-extensions.ts';
import { DerTag, readChildren, readDer } from './der.ts';

/** Which certificates a list is about. */
export interface ListScope {
  readonly kind: 'all' | 'leaves' | 'authorities';
  /** Whether it tells certificates of other issuers, or other things than certificates. */
  readonly isForeign: boolean;
  /** Where the list says that it is published; empty when it does not say. */
  readonly urls: readonly string[];
}

const EVERYTHING: ListScope = { kind: 'all', isForeign: false, urls: [] };

/** Context tags of the fields. */
const FIELD = {
  name: 0xa0,
  onlyLeaves: 0x81,
  onlyAuthorities: 0x82,
  indirect: 0x84,
  onlyAttributes: 0x85,
} as const;

/**
 * The scope that the issuing distribution point of a list gives it; without one it is about everything.
 *
 * @throws DerError
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-5.2.5
 */
export function readScope(value: Uint8Array | undefined): ListScope {
  if (value === undefined) return EVERYTHING;
  const fields = readChildren(readDer(value), DerTag.sequence);
  const isSet = (field: number): boolean =>
    fields.some(({ tag, content }) => tag === field && content[0] !== 0);
  const name = fields.find(({ tag }) => tag === FIELD.name);
  return {
    kind: isSet(FIELD.onlyLeaves) ? 'leaves' : isSet(FIELD.onlyAuthorities) ? 'authorities' : 'all',
    isForeign: isSet(FIELD.indirect) || isSet(FIELD.onlyAttributes),
    urls: name === undefined ? [] : readPointName(name.content),
  };
}

/** Whether a list of this scope can say something about a certificate that names the list. */
export function covers({ kind, isForeign, urls }: ListScope, { extensions }: Certificate): boolean {
  const isAuthority = extensions.basicConstraints?.ca === true;
  const named = extensions.crlUrls ?? [];
  return (
    !isForeign &&
    (kind === 'all' || isAuthority === (kind === 'authorities')) &&
    (urls.length === 0 || urls.some((url) => named.includes(url)))
  );
}
