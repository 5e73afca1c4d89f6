import type { KeyVaultId } from '../core/key-vault-id.ts';
import type { Secret } from '../core/secret.ts';
import type { AzureConnection } from './azure.ts';

/** A private key and its certificate chain, as PEM files; paths are absolute. */
export interface CertificateSettings {
  readonly kind: 'certificate';
  readonly privateKey: string;
  readonly certificateChain: string;
  readonly password: Secret | undefined;
}

/** A key that stays in Azure Key Vault. */
export interface KeyVaultSettings {
  readonly kind: 'azureKeyVault';
  readonly connection: AzureConnection;
  readonly key: KeyVaultId;
  /** Path of a PEM file; absent: the certificate itself leads to its issuers. */
  readonly certificateChain: string | undefined;
}

/** What holds the signing key, and how to get at it: one entry for each kind. */
export type SignerSettings = CertificateSettings | KeyVaultSettings;
