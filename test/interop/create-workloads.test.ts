import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definite } from '../../shared/core/errors.ts';
import { orThrow } from '../../shared/core/result.ts';
import type { ImageInfo } from '../../shared/image-info/model.ts';
import { parseImageInfo } from '../../shared/image-info/parse.ts';
import { createAgent } from '../support/agent/agent.ts';
import type { StepResult } from '../support/agent/step-finish.ts';
import { bundleOf } from '../support/bundles.ts';
import { rawClient } from '../support/registry/raw-client.ts';
import { assertRefused, assertSucceeded } from './support/assertions.ts';
import { startDockerRegistry } from './support/docker-registry.ts';
import type { DockerRegistry } from './support/docker-registry.ts';
import { REAL_MANIFEST, makeWorkload } from './support/workload.ts';
import type { ExpectedList, Workload, WorkloadOptions } from './support/workload.ts';

const MAIN = 'image-info/image-info.dotnet-dotnet-docker-main.json';

interface Row extends Omit<WorkloadOptions, 'out'> {
  readonly name: string;
  readonly lists: number;
}

/** Products whose every platform was built. */
const COMPLETE: readonly Row[] = [
  {
    name: 'framework',
    lists: 8,
    imageInfo: 'image-info/image-info.microsoft-dotnet-framework-docker-main.json',
  },
  {
    name: 'samples',
    lists: 4,
    imageInfo: 'image-info/image-info.dotnet-dotnet-docker-main-samples.json',
  },
  {
    name: 'mixed',
    lists: 207,
    imageInfo: MAIN,
    manifest: REAL_MANIFEST,
    args: ['--media', 'mixed'],
  },
  { name: 'five-windows', lists: 1, imageInfo: 'history/imagebuilder-20211109-5win.json' },
  { name: 'syndicated', lists: 2, imageInfo: 'history/samples-20211227-syndicated.json' },
  { name: 'tagless', lists: 164, imageInfo: 'history/main-20240315-tagless.json' },
];

const ACCEPT = [
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.index.v1+json',
].join(', ');

describe('CreateManifestLists with real products', function () {
  this.timeout(600_000);
  let folder: string;
  let build: DockerRegistry;
  let published: DockerRegistry;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'workloads-'));
    build = await startDockerRegistry(join(folder, 'build.yml'));
    published = await startDockerRegistry(join(folder, 'published.yml'));
  });

  after(async () => {
    await Promise.all([build.stop(), published.stop()]);
    await rm(folder, { recursive: true, force: true });
  });

  async function built(name: string, options: Omit<WorkloadOptions, 'out'>): Promise<Workload> {
    const workload = await makeWorkload({ ...options, out: join(folder, name) });
    await workload.push({ url: build.url, prefix: `${name}/` });
    return workload;
  }

  async function create(
    name: string,
    workload: Workload,
    inputs: Readonly<Record<string, string>>,
  ): Promise<StepResult> {
    const agent = await createAgent({ root: folder });
    await cp(workload.fragments, agent.workspace, { recursive: true });
    return agent.runStep({
      taskFolder: await bundleOf('CreateManifestLists'),
      inputs: {
        imageInfo: '*-image-info-*/*.json',
        ...{ registry: build.host, repositoryPrefix: name, artifactName: '' },
        ...inputs,
      },
    });
  }

  /** What a tag of the build registry points to. */
  async function digestAt(name: string, repo: string, tag: string): Promise<unknown> {
    const answer = await rawClient(build.url)(`/v2/${name}/${repo}/manifests/${tag}`, {
      method: 'HEAD',
      headers: { accept: ACCEPT },
    });
    return answer.headers['docker-content-digest'];
  }

  for (const { name, lists, ...options } of COMPLETE) {
    it(`creates the lists of ${name}, as the reference does`, async () => {
      const workload = await built(name, options);
      const { manifest = '' } = options;
      const step = await create(name, workload, { manifest });
      assertSucceeded(step);
      assert.equal(step.outputs['manifestListCount'], String(lists));
      const file = definite(step.outputs['imageInfoPath'], 'the merged file');
      const verdict = await workload.verify({ url: build.url, prefix: `${name}/` }, file);
      assert.deepEqual([verdict.first, verdict.ok, verdict.imageInfo], [[], verdict.tags, 'equal']);
    });
  }

  describe('of which every fifth build job did not run', () => {
    const name = 'partial';
    let workload: Workload;
    let partial: readonly ExpectedList[];

    before(async () => {
      const options = { imageInfo: MAIN, manifest: REAL_MANIFEST };
      workload = await built(name, { ...options, args: ['--drop-legs', '5'] });
      partial = workload.lists.filter(({ state }) => state === 'partial');
      assert.ok(partial.length > 50, `${partial.length} partial lists`);
      const whole = await makeWorkload({ ...options, out: join(folder, 'whole') });
      await whole.push({ url: published.url, prefix: 'public/' });
    });

    it('fails with all incomplete lists', async () => {
      const output = join(folder, 'refused', 'image-info.json');
      const step = await create(name, workload, { manifest: REAL_MANIFEST, output });
      const message = assertRefused(step, 'PLATFORM_MISSING');
      assert.ok(message.includes(`${partial.length} manifest lists would be incomplete`), message);
      const text = await readFile(join(folder, 'refused', 'problems.json'), 'utf8');
      const lines = JSON.parse(text) as readonly string[];
      assert.equal(lines.length, partial.length);
      for (const { repo, missing = [] } of partial) {
        for (const { dockerfile } of missing) {
          const line = lines.find((one) => one.includes(`(${dockerfile})`));
          assert.ok(line?.startsWith(`${repo}:`) === true, dockerfile);
        }
      }
    });

    it('creates the lists of what is there', async () => {
      const inputs = { manifest: REAL_MANIFEST, missingPlatforms: 'allow' };
      const step = await create(name, workload, inputs);
      assertSucceeded(step);
      const file = definite(step.outputs['imageInfoPath'], 'the merged file');
      const verdict = await workload.verify({ url: build.url, prefix: `${name}/` }, file);
      assert.deepEqual([verdict.first, verdict.imageInfo], [[], 'equal']);
    });

    it('imports the rest: every list is that of a full build', async () => {
      const step = await create(name, workload, {
        ...{ manifest: REAL_MANIFEST, missingPlatforms: 'import' },
        ...{ publishedRegistry: published.host, publishedRepositoryPrefix: 'public' },
      });
      assertSucceeded(step);
      for (const { repo, sharedTags, state, digest, whenComplete } of workload.lists) {
        if (state === 'absent') continue;
        const expected = whenComplete?.['docker-cli/info'] ?? digest;
        assert.equal(await digestAt(name, repo, sharedTags[0] ?? ''), expected, sharedTags[0]);
      }
      const file = definite(step.outputs['imageInfoPath'], 'the merged file');
      const failure = { code: 'IMAGE_INFO_INVALID', subject: file } as const;
      const info: ImageInfo = orThrow(parseImageInfo(await readFile(file), file), failure);
      const rows = info.repos.flatMap(({ images }) => images.flatMap(({ platforms }) => platforms));
      const missing = partial.flatMap((list) => list.missing ?? []);
      assert.equal(rows.filter(({ isUnchanged }) => isUnchanged).length, missing.length);
    });
  });
});
