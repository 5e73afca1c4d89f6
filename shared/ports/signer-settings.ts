import type { Secret } from '../core/secret.ts';

/** A private key and its certificate chain, as PEM files; paths are absolute. */
export interface CertificateSettings {
  readonly kind: 'certificate';
  readonly privateKey: string;
  readonly certificateChain: string;
  readonly password: Secret | undefined;
}

/** What holds the signing key, and how to get at it: one entry for each kind. */
export type SignerSettings = CertificateSettings;
