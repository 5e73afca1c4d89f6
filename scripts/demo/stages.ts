import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Agent } from '../../test/support/agent/agent.ts';
import type { StepOptions } from '../../test/support/agent/step.ts';
import type { TASKS } from '../layout.ts';
import { TRUST_POLICY, TRUST_STORE, writeTrust } from './signing-material.ts';
import { BUILD_PREFIX, STAGING_PREFIX, USER } from './world.ts';
import type { World } from './world.ts';

/** One task as a pipeline uses it. */
export interface Stage extends Pick<StepOptions, 'endpoints'> {
  readonly name: 'Post_Build' | 'Sign' | 'Publish';
  readonly task: (typeof TASKS)[number];
  /** The artifact that the stage before handed over; absent: what the build jobs left. */
  readonly artifact?: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** Puts files into the job that a checkout or a secure file would bring. */
  readonly prepare: (job: Agent) => Promise<void>;
}

const TRUST = { trustPolicy: TRUST_POLICY, trustStore: TRUST_STORE };

/** Merges the fragments of the build and creates the manifest lists. */
export function createStage({ build }: World): Stage {
  return {
    name: 'Post_Build',
    task: 'CreateManifestLists',
    inputs: {
      imageInfo: 'image-info/*-image-info-*/image-info.json',
      registry: build.host,
      repositoryPrefix: BUILD_PREFIX,
    },
    prepare: () => Promise.resolve(),
  };
}

/** Signs every digest and verifies it against the trust policy. */
export function signStage({ build, signing }: World): Stage {
  return {
    name: 'Sign',
    task: 'SignImageInfo',
    artifact: 'image-info',
    inputs: {
      imageInfo: 'image-info/image-info.json',
      registry: build.host,
      repositoryPrefix: BUILD_PREFIX,
      signer: 'certificate',
      privateKey: '$(Agent.TempDirectory)/release.key',
      certificateChain: '$(Agent.TempDirectory)/release.pem',
      ...TRUST,
    },
    prepare: async (job) => {
      await writeTrust(job.sources, signing);
      await writeFile(join(job.temp, 'release.key'), signing.keyPem);
      await writeFile(join(job.temp, 'release.pem'), signing.chainPem);
    },
  };
}

/** Publishes to another registry with a service connection: content is streamed. */
export function publishStage(world: World): Stage {
  const { url } = world.target;
  return {
    ...publishing(world, { artifactName: 'image-info-final' }),
    endpoints: {
      targetConnection: {
        url: 'https://index.docker.io/v1/',
        scheme: 'UsernamePassword',
        auth: { ...USER, registry: url },
        data: { registrytype: 'Others' },
      },
    },
  };
}

/** Publishes below another prefix of the registry that the product was built in: content is mounted. */
export function publishBesideStage(world: World): Stage {
  return publishing(world, {
    targetRegistry: world.build.host,
    targetRepositoryPrefix: STAGING_PREFIX,
    artifactName: 'image-info-staging',
  });
}

function publishing(
  { build, signing }: World,
  target: Readonly<Record<string, string>>,
): Omit<Stage, 'endpoints'> {
  return {
    name: 'Publish',
    task: 'PublishArtifacts',
    artifact: 'image-info-signed',
    inputs: {
      imageInfo: 'image-info-signed/image-info.json',
      sourceRegistry: build.host,
      sourceRepositoryPrefix: BUILD_PREFIX,
      ...target,
      ...TRUST,
    },
    prepare: async (job) => writeTrust(job.sources, signing),
  };
}
