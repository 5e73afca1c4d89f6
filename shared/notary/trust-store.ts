import { allOf, parsed, problem, problems } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { neutralise } from '../core/text.ts';
import { isSelfSigned } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import { parseCertificates } from './pem.ts';

/** What the certificates of a trust store vouch for: signers, authorities that sign, or time stamps. */
export type StoreType = 'ca' | 'signingAuthority' | 'tsa';

/** Names a trust store, e.g. `ca:contoso`. */
export interface StoreName {
  readonly type: StoreType;
  readonly name: string;
}

/** A file below the trust store folder; `/` between the segments of its path. */
export interface StoreFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Trusted certificates by the text of the store's name, e.g. `ca:contoso`. */
export type TrustStore = ReadonlyMap<string, readonly Certificate[]>;

const STORE_TYPES: readonly StoreType[] = ['ca', 'signingAuthority', 'tsa'];

/** The name of a store is the name of a folder. */
const STORE_NAME = /^[A-Za-z0-9_.-]+$/;

/** Folders that may stand above those of the types: Notation's own layout below its configuration. */
const LAYOUT_PREFIX = /^(?:truststore\/)?(?:x509\/)?/;

/** A store's name from text such as `ca:contoso`. */
export function parseStoreName(text: string, path: string): Parsed<StoreName> {
  const [type, name, ...rest] = text.split(':');
  const known = STORE_TYPES.find((it) => it === type);
  if (known === undefined || name === undefined || rest.length > 0 || !STORE_NAME.test(name)) {
    return problem(path, `is not ca:, signingAuthority: or tsa: and a name: ${neutralise(text)}`);
  }
  return parsed({ type: known, name });
}

/** A store's name as text. */
export function formatStoreName({ type, name }: StoreName): string {
  return `${type}:${name}`;
}

/**
 * Trust stores from the files `{ca|signingAuthority|tsa}/{name}/*` of a folder (also below `x509/` or
 * `truststore/x509/`); files elsewhere are passed over.
 *
 * @see https://github.com/notaryproject/specifications/blob/v1.1.0/specs/trust-store-trust-policy.md#trust-store
 */
export function parseTrustStore(files: readonly StoreFile[]): Parsed<TrustStore> {
  const read = allOf(files.map(parseStoreFile));
  if (!read.ok) return read;
  const store = new Map<string, readonly Certificate[]>();
  for (const { name, certificates } of read.value.flat()) {
    store.set(name, [...(store.get(name) ?? []), ...certificates]);
  }
  return parsed(store);
}

interface StoreContent {
  readonly name: string;
  readonly certificates: readonly Certificate[];
}

function parseStoreFile({ path, bytes }: StoreFile): Parsed<readonly StoreContent[]> {
  const [folder, folderName = '', ...rest] = path.replace(LAYOUT_PREFIX, '').split('/');
  const type = STORE_TYPES.find((it) => it === folder);
  if (type === undefined) return parsed([]);
  const shown = neutralise(path);
  if (rest.length !== 1) return problem(shown, 'is not directly in the folder of a trust store');
  const name = parseStoreName(`${type}:${folderName}`, shown);
  const certificates = parseCertificates(bytes, shown);
  if (!name.ok || !certificates.ok) {
    return problems([name, certificates].flatMap((it) => (it.ok ? [] : it.problems)));
  }
  const found = certificates.value
    .filter((certificate) => !mayAnchor(certificate, type))
    .map(({ subjectText }) => ({
      path: shown,
      message:
        type === 'tsa'
          ? `${subjectText} is not a self-signed root`
          : `${subjectText} is neither a certificate authority nor self-signed`,
    }));
  if (found.length > 0) return problems(found);
  return parsed([{ name: formatStoreName(name.value), certificates: certificates.value }]);
}

function mayAnchor(certificate: Certificate, type: StoreType): boolean {
  const isAuthority = certificate.extensions.basicConstraints?.ca === true;
  const selfSigned = isSelfSigned(certificate);
  return type === 'tsa' ? isAuthority && selfSigned : isAuthority || selfSigned;
}
