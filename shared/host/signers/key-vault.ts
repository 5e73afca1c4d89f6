import { createKeyVault } from '../../azure/key-vault.ts';
import { sdkHttpClient } from '../../azure/sdk-http.ts';
import type { KeyVaultSettings } from '../../ports/signer-settings.ts';
import type { Signer } from '../../ports/signer.ts';
import { systemTiming } from '../../registry/timing.ts';
import { createKeyVaultSigner } from '../../signing/key-vault-signer.ts';
import type { Network } from '../network.ts';
import { nodeFileReader } from '../node-files.ts';
import { systemClock } from '../system.ts';
import { USER_AGENT } from '../version.ts';

/** Opens the signer for a key in Azure Key Vault; the vault is asked when the key is first needed. */
export async function openKeyVaultSigner(
  { connection, key, certificateChain }: KeyVaultSettings,
  { transport, http, tokens }: Network,
  signal: AbortSignal,
): Promise<Signer> {
  const chainPem =
    certificateChain === undefined
      ? undefined
      : await nodeFileReader.read(certificateChain, signal);
  return createKeyVaultSigner({
    id: key,
    vault: createKeyVault({
      tokens: tokens(connection),
      sdkHttp: sdkHttpClient(transport),
      timing: systemTiming,
    }),
    http,
    ...(chainPem === undefined ? {} : { chainPem }),
    signingAgent: USER_AGENT,
    clock: systemClock,
  });
}
