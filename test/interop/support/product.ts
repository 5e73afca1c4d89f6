import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { definite } from '../../../shared/core/errors.ts';
import { orThrow } from '../../../shared/core/result.ts';
import { parseImageInfo } from '../../../shared/image-info/parse.ts';
import { digestsOf } from '../../../shared/image-info/select.ts';
import type { ReleasedDigest } from '../../../shared/image-info/select.ts';
import { createAgent } from '../../support/agent/agent.ts';
import type { Agent } from '../../support/agent/agent.ts';
import type { StepResult } from '../../support/agent/step-finish.ts';
import type { Site } from './site.ts';
import { makeWorkload } from './workload.ts';
import type { Workload } from './workload.ts';

/** A product whose build jobs are done, and the stages that follow; each stage is a job of its own. */
export interface Product {
  readonly workload: Workload;
  /** Where its images are, below the build registry. */
  readonly buildPrefix: string;
  /** Where they are published, below the target. */
  readonly targetPrefix: string;
  /** Runs CreateManifestLists on the fragments of all build jobs. */
  createLists(inputs?: Inputs): Promise<StepResult>;
  /** Runs SignImageInfo on the image-info of the build. */
  sign(inputs?: Inputs): Promise<StepResult>;
  /** Runs PublishArtifacts with the gate `verified`. */
  publish(inputs?: Inputs): Promise<StepResult>;
  /** Where a stage finds an artifact of an earlier one. */
  artifact(name: string): string;
  dispose(): Promise<void>;
}

/** Inputs that a test changes or adds. */
export type Inputs = Readonly<Record<string, string>>;

/** What a product is made of. */
export interface ProductOptions {
  readonly name: string;
  /** File name of the real image-info. */
  readonly imageInfo: string;
  readonly manifest?: string;
}

/** Makes a product and pushes its platform images to the build registry. */
export async function createProduct(
  site: Site,
  { name, imageInfo, manifest }: ProductOptions,
): Promise<Product> {
  const buildPrefix = `build-staging/${name}/`;
  const targetPrefix = `public/${name}/`;
  const workload = await makeWorkload({
    ...{ imageInfo: `image-info/${imageInfo}`, manifest },
    out: join(site.folder, name),
  });
  await workload.push({ url: site.build.url, prefix: buildPrefix });
  const agent = await createAgent({ root: site.folder });
  const artifact = (artifactName: string): string =>
    definite(agent.artifacts.get(artifactName), `the artifact ${artifactName}`);
  const handedOver = (...names: readonly string[]): string => {
    const latest = names.findLast((artifactName) => agent.artifacts.has(artifactName));
    return join(artifact(latest ?? ''), 'image-info.json');
  };
  const at = { registry: site.proxy.host, repositoryPrefix: buildPrefix };
  return {
    ...{ workload, buildPrefix, targetPrefix, artifact },
    createLists: async (inputs) => {
      const job = await jobWithFragments(agent, workload);
      const given = { ...at, imageInfo: 'fragments/*-image-info-*/*.json', ...inputs };
      return site.runTask(job, 'CreateManifestLists', given);
    },
    sign: async (inputs) =>
      site.runTask(await agent.newJob(), 'SignImageInfo', {
        ...{ ...at, imageInfo: handedOver('image-info') },
        ...{ signer: 'certificate', ...site.signing, ...inputs },
      }),
    publish: async (inputs) =>
      site.runTask(await agent.newJob(), 'PublishArtifacts', {
        imageInfo: handedOver('image-info', 'image-info-signed'),
        ...{ sourceRegistry: site.proxy.host, sourceRepositoryPrefix: buildPrefix },
        ...{ targetRegistry: site.target.host, targetRepositoryPrefix: targetPrefix },
        requireSignatures: 'verified',
        trustPolicy: site.notation.trustPolicy,
        trustStore: site.notation.trustStore,
        ...inputs,
      }),
    dispose: () => agent.dispose(),
  };
}

async function jobWithFragments(agent: Agent, { fragments }: Workload): Promise<Agent> {
  const job = await agent.newJob();
  await cp(fragments, join(job.workspace, 'fragments'), { recursive: true });
  return job;
}

/** Every digest of an image-info file. */
export async function releasedDigests(file: string): Promise<readonly ReleasedDigest[]> {
  const failure = { code: 'IMAGE_INFO_INVALID', subject: file } as const;
  return digestsOf(orThrow(parseImageInfo(await readFile(file), file), failure));
}
