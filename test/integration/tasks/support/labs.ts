import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SingleFlight } from '../../../../shared/core/concurrency.ts';
import { invariant } from '../../../../shared/core/errors.ts';
import { createAgent } from '../../../support/agent/agent.ts';
import type { Agent, AgentOptions } from '../../../support/agent/agent.ts';
import type { StepResult } from '../../../support/agent/step-finish.ts';
import { makeChain } from '../../../support/certificates.ts';
import { writeFragments } from '../../../support/product/fragments.ts';
import { buildProduct, sampleProduct } from '../../../support/product/product.ts';
import { pushProduct } from '../../../support/product/push.ts';
import { startRegistry } from '../../../support/registry/registry.ts';
import type { EmbeddedRegistry, RegistryOptions } from '../../../support/registry/registry.ts';
import { ContentStore } from '../../../support/registry/store.ts';
import { BUILD_PREFIX, PUBLIC_PREFIX, runCreate, runPublish, runSign } from './stages.ts';
import { writeFiles, writeSigner } from './stages.ts';
import type { BuildStep, PublishStep } from './stages.ts';

/** How far the release has come at the source: images pushed, lists created, everything signed. */
type Progress = 'built' | 'created' | 'signed';

/** What is not as usual about a lab. */
export interface LabOptions {
  readonly agent?: AgentOptions;
  readonly source?: RegistryOptions;
  readonly target?: RegistryOptions;
}

/** A release in the middle of its pipeline: a job on an agent, the build registry and the public one. */
export interface Lab {
  readonly agent: Agent;
  readonly source: EmbeddedRegistry;
  readonly target: EmbeddedRegistry;
  create(step?: Partial<BuildStep>): Promise<StepResult>;
  sign(step?: Partial<BuildStep>): Promise<StepResult>;
  publish(step?: Partial<PublishStep>): Promise<StepResult>;
}

/** Labs of one describe, closed together. */
export interface Labs {
  open(progress: Progress, options?: LabOptions): Promise<Lab>;
  dispose(): Promise<void>;
}

/** What is released in these tests. */
export const PRODUCT = sampleProduct();

/** The certificate that signs what `signed` labs hold. */
export const SIGNER = makeChain();

/** No labs yet: registries and agents start when one is opened. */
export function taskLabs(): Labs {
  const open: (() => Promise<void>)[] = [];
  return {
    async open(progress, options = {}) {
      const { content, imageInfo } = await snapshotOf(progress);
      const source = await startRegistry(options.source);
      const target = await startRegistry(options.target);
      const agent = await createAgent(options.agent);
      open.push(
        () => source.close(),
        () => target.close(),
        () => agent.dispose(),
      );
      copyContent(content, source.store);
      await writeFragments(agent.workspace, PRODUCT);
      await writeSigner(agent, SIGNER);
      await writeFiles(agent.workspace, {
        'image-info/image-info.json': imageInfo,
        'image-info-signed/image-info.json': imageInfo,
      });
      return {
        ...{ agent, source, target },
        create: (step) => runCreate({ agent, registry: source.host, ...step }),
        sign: (step) => runSign({ agent, registry: source.host, ...step }),
        publish: (step) => runPublish({ agent, source: source.host, target: target.host, ...step }),
      };
    },
    dispose: async () => {
      await Promise.all(open.splice(0).map((close) => close()));
    },
  };
}

/** Lets shared tags of the target point to a platform image, which an earlier release is made of. */
export function publishEarlier({ store }: EmbeddedRegistry): void {
  const images = buildProduct(PRODUCT).filter(({ leg }) => leg === 'linux-amd64');
  for (const { image, config, layers, manifest } of images) {
    if (image.repo === 'shop/worker') continue;
    const { blobs, manifests, tags } = store.open(`${PUBLIC_PREFIX}/${image.repo}`);
    for (const { descriptor, bytes } of [config, ...layers]) blobs.set(descriptor.digest, bytes);
    const { digest, mediaType } = manifest.descriptor;
    manifests.set(digest, { digest, mediaType, bytes: manifest.bytes });
    tags.set('latest', digest);
  }
}

/** Paths of the files that tasks left in the temporary folder of a job, sorted; the agent's library keeps a key there. */
export async function filesLeft({ agent }: Pick<Lab, 'agent'>): Promise<readonly string[]> {
  const entries = await readdir(agent.temp, { recursive: true, withFileTypes: true });
  return (
    entries
      .filter((entry) => entry.isFile() && entry.name !== '.taskkey')
      .map((entry) => join(entry.parentPath, entry.name).slice(agent.temp.length + 1))
      // Written for the page of the run; the agent takes it from there.
      .filter((path) => !/^(?:release-report|run-summary)/.test(path))
      .toSorted()
  );
}

/** A JSON file of a job. */
export async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8')) as unknown;
}

/** Copies all content of one registry to another. */
function copyContent(from: ContentStore, to: ContentStore): void {
  for (const name of from.names()) {
    const { blobs, manifests, tags } = from.open(name);
    const copy = to.open(name);
    for (const [digest, bytes] of blobs) copy.blobs.set(digest, bytes);
    for (const [digest, manifest] of manifests) copy.manifests.set(digest, manifest);
    for (const [tag, digest] of tags) copy.tags.set(tag, digest);
  }
}

/** What the source holds at a point of the release, and the image-info of then; empty before there is one. */
interface Snapshot {
  readonly content: ContentStore;
  readonly imageInfo: Uint8Array;
}

const snapshots = new SingleFlight<Snapshot>();

/** Each point of the release is reached once in a process, by the bundles themselves. */
async function snapshotOf(progress: Progress): Promise<Snapshot> {
  return snapshots.run(progress, async () => {
    switch (progress) {
      case 'built':
        return takeBuilt();
      case 'created':
        return advance('built', (lab) => lab.create());
      case 'signed':
        return advance('created', (lab) => lab.sign());
    }
  });
}

async function takeBuilt(): Promise<Snapshot> {
  const registry = await startRegistry();
  try {
    await pushProduct(registry.url, BUILD_PREFIX, PRODUCT);
    const content = new ContentStore();
    copyContent(registry.store, content);
    return { content, imageInfo: new Uint8Array() };
  } finally {
    await registry.close();
  }
}

async function advance(
  progress: Progress,
  run: (lab: Lab) => Promise<StepResult>,
): Promise<Snapshot> {
  const labs = taskLabs();
  try {
    const lab = await labs.open(progress);
    const { result, outputs, lines } = await run(lab);
    invariant(result === 'Succeeded', `after ${progress} comes ${result}:\n${lines.join('\n')}`);
    const content = new ContentStore();
    copyContent(lab.source.store, content);
    return { content, imageInfo: await readFile(outputs['imageInfoPath'] ?? '') };
  } finally {
    await labs.dispose();
  }
}
