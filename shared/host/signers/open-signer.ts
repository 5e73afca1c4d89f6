import type { SignerSettings } from '../../ports/signer-settings.ts';
import type { Signer } from '../../ports/signer.ts';
import { openCertificateSigner } from './certificate.ts';

/** How each kind of signer is opened; each has a file of its own. */
const OPENERS: {
  readonly [K in SignerSettings['kind']]: (
    settings: Extract<SignerSettings, { readonly kind: K }>,
    signal: AbortSignal,
  ) => Promise<Signer>;
} = {
  certificate: openCertificateSigner,
};

/** Opens a signer of any kind. */
export async function openSigner(settings: SignerSettings, signal: AbortSignal): Promise<Signer> {
  return OPENERS[settings.kind](settings, signal);
}
