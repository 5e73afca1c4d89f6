import type { KeyVaultId } from '../core/key-vault-id.ts';

/** A key that stays in its vault. */
export interface VaultKey {
  /** The identifier of the key with its version: what is signed now and later is signed with the same key. */
  readonly keyId: string;
  /** The public half: the certificate in DER when a certificate was named, else the key itself as SPKI in DER. */
  readonly shows:
    | { readonly kind: 'certificate'; readonly der: Uint8Array }
    | { readonly kind: 'public-key'; readonly der: Uint8Array };
}

/** A digest to sign. */
export interface VaultSignature {
  /** With its version. */
  readonly keyId: string;
  /** A JWS name such as `PS256` or `ES384`. */
  readonly algorithm: string;
  readonly digest: Uint8Array;
}

/** Reads and uses keys of Azure Key Vault and Managed HSM. */
export interface KeyVault {
  /**
   * The key, or the certificate and its key; the newest version when none is named.
   *
   * @throws TaskError `KEY_VAULT_NOT_FOUND`, `KEY_VAULT_DENIED` or `KEY_VAULT_FAILED`
   */
  read(id: KeyVaultId, signal: AbortSignal): Promise<VaultKey>;
  /** A signature; of an EC key `r` and `s` side by side. Throws as `read` does. */
  sign(request: VaultSignature, signal: AbortSignal): Promise<Uint8Array>;
}
