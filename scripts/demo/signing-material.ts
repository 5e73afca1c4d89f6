import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { orThrow } from '../../shared/core/result.ts';
import { parseTrustPolicy } from '../../shared/notary/trust-policy.ts';
import { parseTrustStore } from '../../shared/notary/trust-store.ts';
import type { TrustConfiguration } from '../../shared/ports/trust.ts';
import { makeChain } from '../../test/support/certificates.ts';
import type { Product } from '../../test/support/product/product.ts';

/** A key that exists for one demonstration, and who trusts it. */
export interface SigningMaterial {
  readonly keyPem: string;
  readonly chainPem: string;
  /** The one signer whom the policy trusts. */
  readonly subject: string;
  /** What the files of the policy and the store say, to check what was published. */
  readonly trust: TrustConfiguration;
  /** Text of each file that a repository would keep, by path. */
  readonly trustFiles: ReadonlyMap<string, string>;
}

/** Where trust is kept in the sources, as inputs name it. */
export const TRUST_POLICY = 'trust/trustpolicy.json';
/** Folder of the trust store, below the workspace. */
export const TRUST_STORE = 'trust/truststore';

const ROOT_PATH = 'x509/ca/shop/root.pem';

/** Makes a signing chain and a strict trust policy for the public names of a product. */
export function makeSigningMaterial({ registry, images }: Product): SigningMaterial {
  const names = { C: 'US', ST: 'WA', L: 'Redmond', O: 'Example Shop', CN: 'Shop Release' };
  const chain = makeChain({ subject: names, intermediates: 1 });
  const subject = Object.entries(names)
    .map(([type, value]) => `${type}=${value}`)
    .join(', ');
  const policy = trustPolicy(
    images.map(({ repo }) => `${registry}/${repo}`),
    subject,
  );
  return {
    keyPem: chain.leafKeyPem,
    chainPem: chain.chainPem,
    subject,
    trust: parseTrust(policy, chain.rootPem),
    trustFiles: new Map([
      [TRUST_POLICY, policy],
      [`${TRUST_STORE}/${ROOT_PATH}`, chain.rootPem],
    ]),
  };
}

/** Writes the trust policy and the trust store into the sources of a job. */
export async function writeTrust(
  sources: string,
  { trustFiles }: Pick<SigningMaterial, 'trustFiles'>,
): Promise<void> {
  for (const [path, text] of trustFiles) {
    await mkdir(dirname(join(sources, path)), { recursive: true });
    await writeFile(join(sources, path), text);
  }
}

function trustPolicy(registryScopes: readonly string[], subject: string): string {
  const statement = {
    name: 'shop',
    registryScopes,
    signatureVerification: { level: 'strict' },
    trustStores: ['ca:shop'],
    trustedIdentities: [`x509.subject: ${subject}`],
  };
  return `${JSON.stringify({ version: '1.0', trustPolicies: [statement] }, null, 2)}\n`;
}

function parseTrust(policy: string, rootPem: string): TrustConfiguration {
  const file = { path: ROOT_PATH, bytes: Buffer.from(rootPem) };
  return {
    policy: orThrow(parseTrustPolicy(Buffer.from(policy), TRUST_POLICY), {
      code: 'TRUST_POLICY_INVALID',
      subject: TRUST_POLICY,
    }),
    store: orThrow(parseTrustStore([file]), { code: 'TRUST_STORE_INVALID', subject: TRUST_STORE }),
  };
}
