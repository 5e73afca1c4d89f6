import { Secret } from '../../core/secret.ts';
import type { CertificateSettings } from '../../ports/signer-settings.ts';
import type { Signer } from '../../ports/signer.ts';
import { createCertificateSigner } from '../../signing/certificate-signer.ts';
import { isPkcs12, readPkcs12 } from '../../signing/pkcs12.ts';
import { secretLinesOf } from '../../signing/private-key.ts';
import { maskSecret } from '../agent-inputs.ts';
import { nodeFileReader } from '../node-files.ts';
import { systemClock } from '../system.ts';
import { USER_AGENT } from '../version.ts';

/** Opens the signer for a private key and certificates in files; what is secret in them is masked first. */
export async function openCertificateSigner(
  { privateKey, certificateChain, password }: CertificateSettings,
  signal: AbortSignal,
): Promise<Signer> {
  const bytes = await nodeFileReader.read(privateKey, signal);
  const content = isPkcs12(bytes) ? await readPkcs12(bytes, password) : undefined;
  const pem = content?.privateKey ?? new Secret(new TextDecoder().decode(bytes));
  const key = password === undefined ? { pem } : { pem, password };
  maskSecret(secretLinesOf(key).join('\n'));
  return createCertificateSigner({
    privateKey: pem,
    ...(password === undefined ? {} : { password }),
    chainPem:
      certificateChain === undefined
        ? Buffer.from(content?.certificatesPem ?? '')
        : await nodeFileReader.read(certificateChain, signal),
    signingAgent: USER_AGENT,
    clock: systemClock,
  });
}
