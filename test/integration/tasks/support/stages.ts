import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Agent } from '../../../support/agent/agent.ts';
import type { StepOptions } from '../../../support/agent/step.ts';
import type { StepResult } from '../../../support/agent/step-finish.ts';
import { bundleOf } from '../../../support/bundles.ts';
import type { TaskName } from '../../../support/bundles.ts';
import type { TestChain } from '../../../support/certificates.ts';

/** Where the build jobs pushed the product. */
export const BUILD_PREFIX = 'build/42';

/** Where the product is published. */
export const PUBLIC_PREFIX = 'public';

type Inputs = Readonly<Record<string, string>>;

/** What of a step is not its task and its inputs. */
type StepExtras = Omit<StepOptions, 'taskFolder' | 'inputs'>;

/** Runs a built task as a step of a job. */
async function runTaskStep(
  agent: Agent,
  task: TaskName,
  step: Omit<StepOptions, 'taskFolder'>,
): Promise<StepResult> {
  return agent.runStep({ taskFolder: await bundleOf(task), name: task, ...step });
}

/** What every step has: the job it runs in, changes to the usual inputs, and what else is special about it. */
interface Given {
  readonly agent: Agent;
  readonly inputs?: Inputs;
  readonly step?: StepExtras;
}

/** A step that works at the build location on the registry of this host. */
export interface BuildStep extends Given {
  readonly registry: string;
}

/** Creates the manifest lists of the fragments in the workspace; uploads nothing unless told otherwise. */
export async function runCreate({ agent, registry, inputs, step }: BuildStep): Promise<StepResult> {
  return runTaskStep(agent, 'CreateManifestLists', {
    inputs: {
      imageInfo: '*-image-info-*/image-info.json',
      registry,
      repositoryPrefix: BUILD_PREFIX,
      artifactName: '',
      ...inputs,
    },
    ...step,
  });
}

/** Signs `image-info/image-info.json` of the workspace with the key and chain that `writeSigner` wrote. */
export async function runSign({ agent, registry, inputs, step }: BuildStep): Promise<StepResult> {
  return runTaskStep(agent, 'SignImageInfo', {
    inputs: {
      imageInfo: 'image-info/image-info.json',
      registry,
      repositoryPrefix: BUILD_PREFIX,
      signer: 'certificate',
      privateKey: 'key.pem',
      certificateChain: 'chain.pem',
      artifactName: '',
      ...inputs,
    },
    ...step,
  });
}

/** A step that publishes from the registry of one host to that of another. */
export interface PublishStep extends Given {
  readonly source: string;
  readonly target: string;
}

/** Publishes `image-info-signed/image-info.json` of the workspace; uploads nothing unless told otherwise. */
export async function runPublish(publish: PublishStep): Promise<StepResult> {
  const { agent, source, target, inputs, step } = publish;
  return runTaskStep(agent, 'PublishArtifacts', {
    inputs: {
      imageInfo: 'image-info-signed/image-info.json',
      sourceRegistry: source,
      sourceRepositoryPrefix: BUILD_PREFIX,
      targetRegistry: target,
      targetRepositoryPrefix: PUBLIC_PREFIX,
      artifactName: '',
      ...inputs,
    },
    ...step,
  });
}

/** Writes files below a folder, by path. */
export async function writeFiles(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, content);
  }
}

/** Lays out `key.pem` and `chain.pem` as the inputs of `runSign` name them. */
export async function writeSigner(
  agent: Agent,
  { leafKeyPem, chainPem }: Pick<TestChain, 'leafKeyPem' | 'chainPem'>,
): Promise<void> {
  await writeFiles(agent.sources, { 'key.pem': leafKeyPem, 'chain.pem': chainPem });
}

/** The trust inputs for signatures whose chain ends in this root; the files are written. */
export async function writeTrust(agent: Agent, { rootPem }: TestChain): Promise<Inputs> {
  const policy = {
    version: '1.0',
    trustPolicies: [
      {
        name: 'release',
        registryScopes: ['*'],
        signatureVerification: { level: 'strict' },
        trustStores: ['ca:release'],
        trustedIdentities: ['*'],
      },
    ],
  };
  await writeFiles(agent.sources, {
    'trustpolicy.json': JSON.stringify(policy),
    'truststore/ca/release/root.pem': rootPem,
  });
  return { trustPolicy: 'trustpolicy.json', trustStore: 'truststore' };
}
