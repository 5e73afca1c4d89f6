import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Agent } from '../../support/agent/agent.ts';
import type { StepResult } from '../../support/agent/step-finish.ts';
import { bundleOf } from '../../support/bundles.ts';
import type { TaskName } from '../../support/bundles.ts';
import { makeChain } from '../../support/certificates.ts';
import { startCountingProxy } from './counting-proxy.ts';
import type { CountingProxy } from './counting-proxy.ts';
import { startDockerRegistry } from './docker-registry.ts';
import type { DockerRegistry } from './docker-registry.ts';
import { configureNotation } from './notation.ts';
import type { Notation } from './notation.ts';

/** Everything around a release: built bundles, two registries, a signing certificate, a strict consumer. */
export interface Site {
  /** Temporary; goes with the site. */
  readonly folder: string;
  /** Where build jobs push. */
  readonly build: DockerRegistry;
  /** The same registry, counting. */
  readonly proxy: CountingProxy;
  /** Where releases are published. */
  readonly target: DockerRegistry;
  /** PEM files of the signing certificate. */
  readonly signing: { readonly privateKey: string; readonly certificateChain: string };
  /** Trusts the signing certificate. */
  readonly notation: Notation;
  /** Trusts somebody else of the same name. */
  readonly stranger: Notation;
  /** Runs a built bundle as a step of a job. */
  runTask(
    agent: Agent,
    task: TaskName,
    inputs: Readonly<Record<string, string>>,
  ): Promise<StepResult>;
  dispose(): Promise<void>;
}

const IDENTITY = 'C=US, ST=WA, O=Contoso, CN=Image Signer';

/** Starts both registries and makes certificates; what it started it stops when it fails. */
export async function createSite(): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'release-'));
  const cleanups = [() => rm(folder, { recursive: true, force: true })];
  const dispose = async (): Promise<void> => {
    for (const cleanup of cleanups.toReversed()) await cleanup();
  };
  try {
    const trusted = await makeTrust(folder);
    const build = await startDockerRegistry(join(folder, 'build.yml'));
    cleanups.push(build.stop);
    const target = await startDockerRegistry(join(folder, 'target.yml'));
    cleanups.push(target.stop);
    const proxy = await startCountingProxy(build.url);
    cleanups.push(proxy.close);
    const runTask: Site['runTask'] = async (agent, task, inputs) =>
      agent.runStep({ taskFolder: await bundleOf(task), inputs });
    return { folder, build, proxy, target, ...trusted, runTask, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function makeTrust(folder: string): Promise<Pick<Site, 'signing' | 'notation' | 'stranger'>> {
  const chain = makeChain({ keyType: 'RSA-2048', intermediates: 1 });
  const signing = {
    privateKey: join(folder, 'key.pem'),
    certificateChain: join(folder, 'chain.pem'),
  };
  await writeFile(signing.privateKey, chain.leafKeyPem, { mode: 0o600 });
  await writeFile(signing.certificateChain, chain.chainPem);
  const trustIn = (name: string, rootPem: string): Promise<Notation> =>
    configureNotation(join(folder, name), { rootPem, identity: IDENTITY });
  return {
    signing,
    notation: await trustIn('consumer', chain.rootPem),
    stranger: await trustIn('stranger', makeChain().rootPem),
  };
}
