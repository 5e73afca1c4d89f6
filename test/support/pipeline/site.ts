import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { invariant } from '../../../shared/core/errors.ts';
import type { Endpoint } from '../agent/endpoints.ts';
import { makeChain, makeStampingChain } from '../certificates.ts';
import type { TestChain } from '../certificates.ts';
import { uploadedArtifacts } from '../devops/artifacts.ts';
import type { StoredArtifact } from '../devops/artifacts.ts';
import { startDevOps } from '../devops/devops.ts';
import type { ArtifactsOf, DevOps } from '../devops/devops.ts';
import { startRegistry } from '../registry/registry.ts';
import type { EmbeddedRegistry } from '../registry/registry.ts';

/** The artifacts of one run: folders that `publish:` has published, and those that tasks have uploaded. */
export interface RunArtifacts {
  readonly published: Map<string, string>;
  /** Set when the run has an agent. */
  uploaded: ReadonlyMap<string, string>;
}

/** What a project has around its pipelines: Azure DevOps, two registries with connections to them, a repository. */
export interface Site {
  readonly devops: DevOps;
  readonly build: EmbeddedRegistry;
  readonly target: EmbeddedRegistry;
  readonly signer: TestChain;
  /** Who stamps signatures. */
  readonly authority: TestChain;
  readonly connections: Readonly<Record<string, Endpoint>>;
  /** A folder of this site for what steps keep. */
  readonly folder: string;
  /** Begins a run that has no artifacts yet. */
  beginRun(id: number): RunArtifacts;
  /** Puts the files of the repository into a folder, as `checkout: self` does. */
  checkout(folder: string): Promise<void>;
  close(): Promise<void>;
}

const ACCOUNTS = {
  build: { kind: 'basic', username: 'builder', password: 'build-secret-5f3a' },
  target: { kind: 'basic', username: 'publisher', password: 'publish-secret-8c1d' },
} as const;

const POLICY = {
  version: '1.0',
  trustPolicies: [
    {
      name: 'releases',
      registryScopes: ['*'],
      signatureVerification: { level: 'strict' },
      trustStores: ['ca:contoso'],
      trustedIdentities: ['x509.subject: C=US, ST=WA, O=Contoso'],
    },
  ],
};

/** Opens a site; the samples of the repository are part of what its pipelines check out. */
export async function openSite(samples: string): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'site-'));
  const runs: Record<number, ArtifactsOf> = {};
  const build = await startRegistry({ auth: ACCOUNTS.build });
  const target = await startRegistry({ auth: ACCOUNTS.target });
  const signer = makeChain();
  const authority = makeStampingChain();
  const devops = await startDevOps({ runs });
  const connect = (
    host: string,
    { username, password }: typeof ACCOUNTS.build | typeof ACCOUNTS.target,
  ): Endpoint => ({
    url: 'https://hub.docker.com/',
    scheme: 'UsernamePassword',
    auth: { registry: `http://${host}`, username, password },
    data: { registrytype: 'Others' },
  });
  return {
    ...{ devops, build, target, signer, authority, folder },
    connections: {
      'build-registry': connect(build.host, ACCOUNTS.build),
      'public-registry': connect(target.host, ACCOUNTS.target),
    },
    beginRun: (id) => {
      const artifacts: RunArtifacts = { published: new Map(), uploaded: new Map() };
      runs[id] = () => servedArtifacts(artifacts);
      return artifacts;
    },
    checkout: async (to) => {
      await cp(samples, join(to, 'docs/samples'), { recursive: true });
      await writeTree(to, {
        'certs/chain.pem': signer.chainPem,
        'certs/tsa-root.pem': authority.rootPem,
        'trust/trustpolicy.json': JSON.stringify(POLICY),
        'trust/truststore/x509/ca/contoso/root.pem': signer.rootPem,
        'src/app/server/Dockerfile': 'FROM scratch\n',
      });
    },
    close: async () => {
      await Promise.all([devops.close(), build.close(), target.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What Azure DevOps serves of a run: read anew each time, since the run goes on. */
function servedArtifacts({ published, uploaded }: RunArtifacts): readonly StoredArtifact[] {
  return [
    ...uploadedArtifacts(published).map((one) => ({ ...one, type: 'PipelineArtifact' as const })),
    ...uploadedArtifacts(uploaded),
  ];
}

/** Writes files below a folder, by path. */
async function writeTree(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

/** The connection of a name that a sample uses. */
export function connectionOf(site: Site, name: string): Endpoint {
  const endpoint = site.connections[name];
  invariant(endpoint !== undefined, `there is no service connection ${name}`);
  return endpoint;
}
