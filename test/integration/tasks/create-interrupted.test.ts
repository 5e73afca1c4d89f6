import assert from 'node:assert/strict';
import { executePlan } from '../../../tasks/CreateManifestLists/execute.ts';
import { gatherFacts } from '../../../tasks/CreateManifestLists/gather.ts';
import type { Inputs } from '../../../tasks/CreateManifestLists/inputs.ts';
import { planLists } from '../../../tasks/CreateManifestLists/plan.ts';
import { serialiseImageInfo } from '../../../shared/image-info/write.ts';
import type { Place } from '../../../shared/oci/location.ts';
import { memoryFiles } from '../../support/memory-files.ts';
import type { MemoryFiles } from '../../support/memory-files.ts';
import { buildManifestOf } from '../../support/product/build-manifest.ts';
import { contentLines } from '../../support/product/fingerprint.ts';
import { fragmentsOf } from '../../support/product/fragments.ts';
import { sampleProduct } from '../../support/product/product.ts';
import { pushProduct } from '../../support/product/push.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { aClient } from '../registry-client/support.ts';
import { silentLog } from '../../support/silent-log.ts';

const WHOLE = sampleProduct({ repeatedLegs: [] });

/** One image: a platform that is imported, one that was built, and a list that is syndicated. */
const PRODUCT = { ...WHOLE, images: WHOLE.images.filter(({ repo }) => repo === 'shop/worker') };
const IMPORTED_LEG = 'linux-arm64';
const OUTPUT = '/temp/image-info/image-info.json';

/** A build that lacks a platform, and where it is published. */
interface Scene {
  readonly build: EmbeddedRegistry;
  readonly published: EmbeddedRegistry;
  readonly files: MemoryFiles;
}

async function openScene(): Promise<Scene> {
  const build = await startRegistry();
  const published = await startRegistry();
  await pushProduct(build.url, 'build', withoutLeg(IMPORTED_LEG));
  await pushProduct(published.url, '', PRODUCT);
  const fragments = fragmentsOf(withoutLeg(IMPORTED_LEG)).map(
    ({ artifact, imageInfo }) =>
      [`/workspace/${artifact}/image-info.json`, serialiseImageInfo(imageInfo)] as const,
  );
  const manifest = buildManifestOf(PRODUCT, 'mirror');
  const files = memoryFiles({ ...Object.fromEntries(fragments), '/manifest.json': manifest });
  return { build, published, files };
}

function withoutLeg(gone: string): typeof PRODUCT {
  const images = PRODUCT.images.map((image) => ({
    ...image,
    platforms: image.platforms.filter(({ leg }) => leg !== gone),
  }));
  return { ...PRODUCT, images };
}

function placeOf({ host }: EmbeddedRegistry, prefix: string): Place<never> {
  return { location: { registry: host, prefix }, connection: undefined, scheme: undefined };
}

function inputsFor({ build, published }: Scene): Inputs {
  return {
    registry: placeOf(build, 'build'),
    published: placeOf(published, ''),
    registries: { trustedTokenHosts: [], referrersPerMinute: undefined },
    ...{
      fragmentRoot: '/workspace',
      fragments: [],
      fragmentArtifacts: '',
      manifest: '/manifest.json',
    },
    ...{ manifestVariables: new Map(), missingPlatforms: 'import', attestations: 'drop' },
    ...{ mediaType: 'auto', annotations: new Map(), output: OUTPUT },
    ...{ artifactName: undefined, dryRun: false },
  };
}

/** Runs the task, killed once so many requests were answered; says how many were. */
async function run(scene: Scene, kills = Infinity): Promise<number> {
  const controller = new AbortController();
  const { signal } = controller;
  let answered = 0;
  const debug = (): void => {
    answered += 1;
    if (answered >= kills) controller.abort();
  };
  const registry = aClient({ log: { ...silentLog, debug } });
  try {
    const inputs = inputsFor(scene);
    const fragments = [...scene.files.contents.keys()].filter((path) => path.startsWith('/work'));
    const clock = { now: () => new Date('2026-03-04T05:06:07Z') };
    const readers = { registry, files: scene.files, clock };
    const facts = await gatherFacts({ inputs, fragments }, readers, signal);
    const writers = { registry, files: scene.files };
    await executePlan(planLists(facts, inputs), OUTPUT, { writers, signal });
    return answered;
  } finally {
    await registry.close();
  }
}

async function close({ build, published }: Scene): Promise<void> {
  await Promise.all([build.close(), published.close()]);
}

function outcomeOf({ build, files }: Scene): readonly (readonly string[] | string)[] {
  const written = Buffer.from(files.contents.get(OUTPUT) ?? []).toString('utf8');
  return [contentLines(build.store), written];
}

describe('CreateManifestLists killed', () => {
  it('after any request ends, run again, in the same registry content and the same file', async () => {
    const calm = await openScene();
    const total = await run(calm);
    const expected = outcomeOf(calm);
    await close(calm);
    assert.ok(total > 20, `${total} requests are too few to be worth it`);
    for (let kills = 1; kills < total; kills += 1) {
      const scene = await openScene();
      await assert.rejects(run(scene, kills), { name: 'AbortError' }, `after ${kills}`);
      assert.equal(scene.files.contents.has(OUTPUT), false);
      await run(scene);
      assert.deepEqual(outcomeOf(scene), expected, `after ${kills} of ${total}`);
      await close(scene);
    }
  }).timeout(120_000);
});
