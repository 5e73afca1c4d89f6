import type { SignerSettings } from '../../ports/signer-settings.ts';
import type { Signer } from '../../ports/signer.ts';
import type { Network } from '../network.ts';
import { openCertificateSigner } from './certificate.ts';
import { openEsrpSigner } from './esrp.ts';
import { openKeyVaultSigner } from './key-vault.ts';
import { openPluginSigner } from './plugin.ts';

/** Opens a signer of any kind; each kind has a file of its own. */
export async function openSigner(
  settings: SignerSettings,
  network: Network,
  signal: AbortSignal,
): Promise<Signer> {
  switch (settings.kind) {
    case 'certificate':
      return openCertificateSigner(settings, signal);
    case 'azureKeyVault':
      return openKeyVaultSigner(settings, network, signal);
    case 'plugin':
      return openPluginSigner(settings);
    case 'esrp':
      return openEsrpSigner(settings);
  }
}
