import { parsed, problem } from './result.ts';
import type { Parsed } from './result.ts';

/** A key or certificate in a key vault, e.g. of `https://example.vault.azure.net/certificates/release/0123…`. */
export interface KeyVaultId {
  /** E.g. `https://example.vault.azure.net`. */
  readonly vault: string;
  readonly kind: 'keys' | 'certificates';
  readonly name: string;
  /** Absent: the newest. */
  readonly version?: string;
}

const ID =
  /^(?<vault>https:\/\/[0-9a-z][0-9a-z.-]*(?::\d+)?)\/(?<kind>keys|certificates)\/(?<name>[0-9a-z-]{1,127})(?:\/(?<version>[0-9a-z]+))?\/?$/i;

/**
 * Reads the identifier that the portal shows for a key or certificate, with or without its version.
 *
 * @see https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#object-identifiers
 */
export function parseKeyVaultId(text: string, path: string): Parsed<KeyVaultId> {
  const parts = ID.exec(text)?.groups;
  if (parts === undefined) {
    return problem(
      path,
      'is not the identifier of a key or certificate, such as ' +
        'https://example.vault.azure.net/certificates/release',
    );
  }
  const { vault = '', kind = '', name = '', version } = parts;
  return parsed({
    vault: vault.toLowerCase(),
    kind: kind.toLowerCase() === 'keys' ? 'keys' : 'certificates',
    name,
    ...(version === undefined ? {} : { version }),
  });
}

/** The identifier as text. */
export function formatKeyVaultId({ vault, kind, name, version }: KeyVaultId): string {
  return [vault, kind, name, ...(version === undefined ? [] : [version])].join('/');
}
