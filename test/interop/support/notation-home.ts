import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { definite, invariant } from '../../../shared/core/errors.ts';
import { parseTrustPolicy } from '../../../shared/notary/trust-policy.ts';
import { parseTrustStore } from '../../../shared/notary/trust-store.ts';
import type { Trust } from '../../../shared/notary/verify.ts';
import type { TestChain } from '../../support/certificates.ts';

/** Whom both sides trust. */
export interface LabTrust {
  readonly rootPem: string;
  /** Root of time stamping authorities; without one no timestamp is asked for. */
  readonly stampRootPem?: string;
  /** Changes of the one statement. */
  readonly statement?: object;
}

function policyOf({ stampRootPem, statement }: LabTrust): string {
  return JSON.stringify({
    version: '1.0',
    trustPolicies: [
      {
        name: 'lab',
        registryScopes: ['*'],
        signatureVerification: { level: 'strict' },
        trustStores: ['ca:lab', ...(stampRootPem === undefined ? [] : ['tsa:lab'])],
        trustedIdentities: ['*'],
        ...statement,
      },
    ],
  });
}

function storeFilesOf({ rootPem, stampRootPem }: LabTrust): Readonly<Record<string, string>> {
  return {
    'ca/lab/root.pem': rootPem,
    ...(stampRootPem === undefined ? {} : { 'tsa/lab/root.pem': stampRootPem }),
  };
}

/** The trust of a lab as we read it. */
export function trusted(trust: LabTrust): Trust {
  const policy = parseTrustPolicy(Buffer.from(policyOf(trust)), 'trustpolicy.json');
  const files = Object.entries(storeFilesOf(trust));
  const store = parseTrustStore(files.map(([path, pem]) => ({ path, bytes: Buffer.from(pem) })));
  invariant(policy.ok && store.ok, 'the trust of a lab is well-formed');
  return { statement: definite(policy.value.statements[0], 'the statement'), store: store.value };
}

/** An environment in which notation has a configuration of its own. */
export async function notationHome(
  folder: string,
  trust: LabTrust | undefined,
  chain: TestChain | undefined,
): Promise<NodeJS.ProcessEnv> {
  const home = await mkdtemp(join(folder, 'home-'));
  const notation = join(home, 'notation');
  await mkdir(notation, { recursive: true });
  if (trust !== undefined) {
    await writeFile(join(notation, 'trustpolicy.json'), policyOf(trust), { mode: 0o600 });
    for (const [path, pem] of Object.entries(storeFilesOf(trust))) {
      const file = join(notation, 'truststore', 'x509', path);
      await mkdir(join(file, '..'), { recursive: true });
      await writeFile(file, pem);
    }
  }
  if (chain !== undefined) {
    const keyPath = join(notation, 'lab.key');
    const certPath = join(notation, 'lab.crt');
    await writeFile(keyPath, chain.leafKeyPem, { mode: 0o600 });
    await writeFile(certPath, chain.chainPem);
    const keys = { default: 'lab', keys: [{ name: 'lab', keyPath, certPath }] };
    await writeFile(join(notation, 'signingkeys.json'), JSON.stringify(keys));
  }
  return { PATH: process.env['PATH'], HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home };
}
