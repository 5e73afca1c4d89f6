import type { KeyVaultId } from '../core/key-vault-id.ts';
import type { Secret } from '../core/secret.ts';
import type { AzureConnection } from './azure.ts';

/** A private key and its certificate chain, as PEM files; paths are absolute. */
export interface CertificateSettings {
  readonly kind: 'certificate';
  /** PEM, or PKCS#12 with certificates in it. */
  readonly privateKey: string;
  /** May be left out when the key file holds the certificates. */
  readonly certificateChain: string | undefined;
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

/** A plugin to download; never without knowing what it must be. */
export interface DownloadedPlugin {
  readonly kind: 'url';
  readonly url: URL;
  /** In lower-case hex. */
  readonly sha256: string;
}

/** A notation plugin, the key it is to sign with, and what it wants to be told. */
export interface PluginSettings {
  readonly kind: 'plugin';
  readonly source: DownloadedPlugin | { readonly kind: 'path'; readonly path: string };
  readonly keyId: string;
  readonly config: ReadonlyMap<string, string>;
}

/** The signing service ESRP, reached through the DDSignFiles of the MicroBuild signing plugin. */
export interface EsrpSettings {
  readonly kind: 'esrp';
  /** Folder of `DDSignFiles.dll`, absolute. */
  readonly toolFolder: string;
  readonly keyCode: string;
  readonly signType: 'real' | 'test';
}

/** What holds the signing key, and how to get at it: one entry for each kind. */
export type SignerSettings = CertificateSettings | KeyVaultSettings | PluginSettings | EsrpSettings;
