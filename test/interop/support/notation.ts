import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { outputOf, runCommand } from './commands.ts';
import type { CommandResult } from './commands.ts';

/** The notation CLI with a configuration of its own. */
export interface Notation {
  /** The trust policy that it was given; PublishArtifacts reads the same file. */
  readonly trustPolicy: string;
  /** The trust store that it keeps; PublishArtifacts reads the same folder. */
  readonly trustStore: string;
  /** Verifies one reference by digest. */
  verify(reference: string): Promise<CommandResult>;
  /** Media types of the signature envelopes of a reference. */
  envelopesOf(reference: string): Promise<readonly string[]>;
}

/** Whom to trust. */
export interface Trust {
  readonly rootPem: string;
  /** Subject of the only identity that may sign, e.g. `C=US, ST=WA, O=Contoso`. */
  readonly identity: string;
}

/**
 * Configures the notation CLI in a folder with a strict trust policy for everything.
 *
 * @throws Error when notation is not on the path or refuses the configuration
 */
export async function configureNotation(
  folder: string,
  { rootPem, identity }: Trust,
): Promise<Notation> {
  await mkdir(folder, { recursive: true });
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    XDG_CONFIG_HOME: folder,
    XDG_CACHE_HOME: join(folder, 'cache'),
  };
  const root = join(folder, 'root.pem');
  const trustPolicy = join(folder, 'policy.json');
  await writeFile(root, rootPem);
  await writeFile(trustPolicy, JSON.stringify(strictPolicy(identity)));
  await outputOf('notation', ['cert', 'add', '--type', 'ca', '--store', 'release', root], env);
  await outputOf('notation', ['policy', 'import', '--force', trustPolicy], env);
  return {
    trustPolicy,
    trustStore: join(folder, 'notation', 'truststore'),
    verify: (reference) => runCommand('notation', ['verify', ...LOOPBACK, reference], env),
    envelopesOf: async (reference) => {
      const args = ['inspect', ...LOOPBACK, '--output', 'json', reference];
      const { Signatures: signatures } = JSON.parse(
        await outputOf('notation', args, env),
      ) as Inspection;
      return signatures.map(({ mediaType }) => mediaType);
    },
  };
}

/** What `notation inspect` prints, in its own spelling. */
interface Inspection {
  readonly Signatures: readonly { readonly mediaType: string }[];
}

const LOOPBACK = ['--insecure-registry'];

function strictPolicy(identity: string): object {
  return {
    version: '1.0',
    trustPolicies: [
      {
        name: 'release',
        registryScopes: ['*'],
        signatureVerification: { level: 'strict' },
        trustStores: ['ca:release'],
        trustedIdentities: [`x509.subject: ${identity}`],
      },
    ],
  };
}
