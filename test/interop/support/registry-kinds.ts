import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from '../../../shared/core/secret.ts';
import type { RegistryClientOptions } from '../../../shared/registry/registry-client.ts';
import type { ClientOptions } from '../../integration/registry-client/support.ts';
import { makeTlsChain } from '../../support/certificates.ts';
import { startDockerRegistry } from './docker-registry.ts';
import { startOlareg } from './olareg.ts';
import { freePort, startServerProcess } from './server-process.ts';
import { startTokenIssuer } from './token-issuer.ts';

/** A registry that runs. */
export interface RealRegistry {
  readonly host: string;
  /** What a client needs to use it. */
  readonly access: ClientOptions;
  /** Who vouches for it, where it talks TLS. */
  readonly authorityPem?: string;
  readonly stop: () => Promise<void>;
}

/** A registry that the suite can start, and what it is able to do. */
export interface RegistryKind {
  readonly name: string;
  /** Whether it lists referrers itself. */
  readonly referrersApi: boolean;
  /** Whether it deletes a tag and leaves the manifest. */
  readonly deletesTags: boolean;
  /** Whether it takes blobs from its other repositories; else it wants them again. */
  readonly mounts: boolean;
  /** Whether the tags of a deleted manifest are gone with it. */
  readonly forgetsTags: boolean;
  /** Whether it names manifests by sha512 too. */
  readonly hasSha512: boolean;
  /** Whether its tokens come from another port of this machine, where not every client asks for them. */
  readonly tokensElsewhere?: boolean;
  /** Whether it refuses those without the one user. */
  readonly needsUser: boolean;
  /** Starts one, with its files in a folder of its own. */
  readonly start: (folder: string) => Promise<RealRegistry>;
}

/** The only one whom registries know that know anybody. */
export const USER = { username: 'user', password: 's3cret' };

/** bcrypt with the least cost: it is computed for each request. */
const HTPASSWD = 'user:$2y$04$7vGe8iXP8VlcXXWgtuKWWOzRCHl7FEL5HP5LP2TT8fiTv6uyJ3kE2\n';

/** Less than a copy sends in a second. */
const REQUESTS_PER_SECOND = 15;

/** Of all that talk TLS: two authorities of one name are one to a client that looks for names. */
const LOOPBACK_CHAIN = makeTlsChain(['127.0.0.1']);

const USUAL = { mounts: true, forgetsTags: true, needsUser: false };
const DISTRIBUTION = { ...USUAL, referrersApi: false, deletesTags: false, hasSha512: false };
const OLAREG = { ...USUAL, referrersApi: true, deletesTags: true, hasSha512: true };

/** The registry of go-containerregistry takes a blob with the first request, and a manifest before its blobs. */
const CRANE = {
  ...USUAL,
  referrersApi: false,
  deletesTags: true,
  mounts: false,
  forgetsTags: false,
  hasSha512: false,
};

/** Credentials of the one user with some password, for every registry. */
export function asUser(password = USER.password): Pick<RegistryClientOptions, 'credentials'> {
  const { username } = USER;
  const credential = { kind: 'basic', username, password: new Secret(password) } as const;
  return { credentials: async () => Promise.resolve(credential) };
}

/** All registries of the suite; one more is one more entry. */
export const REGISTRY_KINDS: readonly RegistryKind[] = [
  { name: 'docker-registry', ...DISTRIBUTION, start: startOpen('docker-registry') },
  {
    ...{ name: 'docker-registry with htpasswd', ...DISTRIBUTION, needsUser: true },
    start: startWithPasswords('docker-registry'),
  },
  {
    ...{ name: 'docker-registry with tokens', ...DISTRIBUTION, needsUser: true },
    tokensElsewhere: true,
    start: startWithTokens('docker-registry'),
  },
  { name: 'distribution v3', ...DISTRIBUTION, deletesTags: true, start: startOpen('registry') },
  {
    ...{ name: 'distribution v3 with tokens', ...DISTRIBUTION, deletesTags: true, needsUser: true },
    tokensElsewhere: true,
    start: startWithTokens('registry'),
  },
  { name: 'olareg', ...OLAREG, start: startOlaregWith() },
  {
    ...{ name: 'olareg without referrers', ...OLAREG, referrersApi: false },
    start: startOlaregWith('--api-referrer=false'),
  },
  {
    ...{ name: `olareg with ${REQUESTS_PER_SECOND} requests a second`, ...OLAREG },
    start: startOlaregWith('--rate-limit', String(REQUESTS_PER_SECOND)),
  },
  { name: 'olareg with TLS', ...OLAREG, start: startWithTls },
  { name: "crane's registry", ...CRANE, start: startCraneRegistry() },
  {
    ...{ name: "crane's registry with referrers", ...CRANE, referrersApi: true },
    start: startCraneRegistry('-referrers'),
  },
];

type Start = RegistryKind['start'];

function startOpen(program: string): Start {
  return async (folder) => {
    await mkdir(folder);
    const server = await startDockerRegistry(join(folder, 'config.yml'), { program });
    return { ...server, access: {} };
  };
}

function startWithPasswords(program: string): Start {
  return async (folder) => {
    await mkdir(folder);
    const path = join(folder, 'htpasswd');
    await writeFile(path, HTPASSWD);
    const auth = { htpasswd: { realm: 'interop', path } };
    const server = await startDockerRegistry(join(folder, 'config.yml'), { program, auth });
    return { ...server, access: asUser() };
  };
}

function startWithTokens(program: string): Start {
  return async (folder) => {
    await mkdir(folder);
    const rootcertbundle = join(folder, 'issuer.pem');
    const { certificatePem, realm, service, issuer, close } = await startTokenIssuer(USER);
    try {
      await writeFile(rootcertbundle, certificatePem);
      const auth = { token: { realm, service, issuer, rootcertbundle } };
      const server = await startDockerRegistry(join(folder, 'config.yml'), { program, auth });
      const stop = async (): Promise<void> => {
        await server.stop();
        await close();
      };
      return { ...server, access: asUser(), stop };
    } catch (error) {
      await close();
      throw error;
    }
  };
}

function startOlaregWith(...args: readonly string[]): Start {
  return async () => ({ ...(await startOlareg(args)), access: {} });
}

function startCraneRegistry(...args: readonly string[]): Start {
  return async () => {
    const port = await freePort();
    const server = await startServerProcess({
      file: 'crane-registry',
      args: ['-address', `127.0.0.1:${port}`, ...args],
      port,
    });
    return { ...server, access: {} };
  };
}

async function startWithTls(folder: string): Promise<RealRegistry> {
  await mkdir(folder);
  const [certificate, key] = [join(folder, 'chain.pem'), join(folder, 'key.pem')];
  const { chainPem, leafKeyPem, rootPem } = LOOPBACK_CHAIN;
  await writeFile(certificate, chainPem);
  await writeFile(key, leafKeyPem);
  const server = await startOlareg(['--tls-cert', certificate, '--tls-key', key]);
  const network = { tls: { authorities: [rootPem] } };
  const access = { tlsHosts: [server.host], network };
  return { ...server, access, authorityPem: rootPem };
}

/** Options of a client that may use some registries of one kind. */
export function accessTo(registries: readonly RealRegistry[]): ClientOptions {
  const tlsHosts = registries.flatMap(({ access }) => access.tlsHosts ?? []);
  return { ...registries[0]?.access, tlsHosts };
}
