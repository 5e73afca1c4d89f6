import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../scripts/layout.ts';
import { holesIn, tagsIn } from '../integration/tasks/support/tree.ts';
import { runPipeline } from '../support/pipeline/run.ts';
import type { PipelineRun, RunOptions } from '../support/pipeline/run.ts';
import { openAzureSite } from '../support/pipeline/azure-site.ts';
import { openSite } from '../support/pipeline/site.ts';
import type { Site } from '../support/pipeline/site.ts';

const SAMPLES = join(ROOT, 'docs', 'samples');

/** What a run of stages.yml publishes. */
const PUBLISHED = [
  'public/app/server:1.4.0',
  'public/app/server:1.4.0-amd64',
  'public/app/server:1.4.0-arm64',
  'public/app/server:latest',
];

/** Samples that these tests run; a new one is a new test. */
const RUN_HERE = [
  'approval.yml',
  'cross-run.yml',
  'docker-login.yml',
  'key-vault.yml',
  'matrix.yml',
  'slices.yml',
  'stages.yml',
  'templated.yml',
];

describe('the samples', () => {
  let site: Site;

  beforeEach(async () => {
    site = await openSite(SAMPLES);
  });

  afterEach(async () => {
    await site.close();
  });

  /** Runs a sample of the repository with the registry of this site in place of the one that it names. */
  const run = async (sample: string, options: RunOptions): Promise<PipelineRun> => {
    const variables = { buildRegistry: site.build.host, ...options.variables };
    const ended = await runPipeline(site, join(SAMPLES, sample), { ...options, variables });
    for (const { task, result } of ended.steps) {
      assert.equal(result.result, 'Succeeded', `${task}:\n${result.lines.join('\n')}`);
      assert.deepEqual(result.violations, []);
    }
    return ended;
  };

  const tasksOf = ({ steps }: PipelineRun): readonly string[] =>
    steps.map(({ stage, task }) => `${stage}: ${task}`);

  const assertPublished = (): void => {
    assert.deepEqual(Object.keys(tagsIn(site.target.store, 'public')).sort(), PUBLISHED);
    assert.deepEqual(holesIn(site.target.store, { prefix: 'public', referrersApi: true }), []);
  };

  it('stages.yml goes from source to a signed and published release', async () => {
    const ended = await run('stages.yml', { id: 77 });
    assert.deepEqual(tasksOf(ended), [
      'Post_Build: CreateManifestLists@1',
      'Sign: SignImageInfo@1',
      'Publish: PublishArtifacts@1',
    ]);
    assert.deepEqual([...ended.artifacts.published.keys()].sort(), [
      'linux-amd64-image-info-1',
      'linux-arm64-image-info-1',
    ]);
    assert.deepEqual([...ended.artifacts.uploaded.keys()].sort(), [
      'image-info',
      'image-info-final',
      'image-info-signed',
    ]);
    assertPublished();
  }).timeout(180_000);

  it('templated.yml does the same with the stages of a template', async () => {
    const ended = await run('templated.yml', { id: 5 });
    assert.deepEqual(tasksOf(ended), [
      'Post_Build: CreateManifestLists@1',
      'Sign: SignImageInfo@1',
      'Publish: PublishArtifacts@1',
    ]);
    const published = PUBLISHED.filter((tag) => !tag.includes('arm64'));
    assert.deepEqual(Object.keys(tagsIn(site.target.store, 'public')).sort(), published);
  }).timeout(180_000);

  it('matrix.yml makes one list of the legs of a matrix', async () => {
    const ended = await run('matrix.yml', { id: 6 });
    assert.deepEqual([...ended.artifacts.published.keys()].sort(), [
      'image linux_amd64-image-info-1',
      'image linux_arm64-image-info-1',
    ]);
    assert.equal(ended.steps[0]?.result.outputs['manifestListCount'], '1');
    assert.ok('build/6/app/server:latest' in tagsIn(site.build.store, 'build/6'));
  }).timeout(180_000);

  it('approval.yml rehearses and publishes what another pipeline has signed', async () => {
    await run('stages.yml', { id: 77, stages: ['Build', 'Post_Build', 'Sign'] });
    assert.deepEqual(tagsIn(site.target.store, 'public'), {});
    const variables = { 'resources.pipeline.build.runID': '77' };
    const rehearsed = await run('approval.yml', { id: 78, variables, stages: ['Rehearse'] });
    assert.match(rehearsed.steps[0]?.result.completions[0]?.message ?? '', /nothing was pushed/);
    assert.deepEqual(tagsIn(site.target.store, 'public'), {});
    await run('approval.yml', { id: 79, variables });
    assertPublished();
  }).timeout(180_000);

  it('cross-run.yml publishes the run that a person names', async () => {
    await run('stages.yml', { id: 77, stages: ['Build', 'Post_Build', 'Sign'] });
    await run('cross-run.yml', { id: 80, parameters: { runId: '77' } });
    assertPublished();
  }).timeout(180_000);

  it('slices.yml copies in four jobs and moves the tags in one', async () => {
    await run('stages.yml', { id: 77, stages: ['Build', 'Post_Build', 'Sign'] });
    const parameters = { runId: '77' };
    const copied = await run('slices.yml', { id: 81, parameters, stages: ['Content'] });
    assert.equal(copied.steps.length, 4);
    assert.deepEqual(tagsIn(site.target.store, 'public'), {});
    await run('slices.yml', { id: 82, parameters, stages: ['Tags'] });
    assertPublished();
  }).timeout(180_000);

  it('docker-login.yml publishes with the logins of two Docker@2 steps', async () => {
    await run('stages.yml', { id: 77, stages: ['Build', 'Post_Build', 'Sign'] });
    const variables = { publicRegistry: site.target.host };
    await run('docker-login.yml', { id: 83, parameters: { runId: '77' }, variables });
    assertPublished();
    for (const { requests } of [site.build, site.target]) {
      const used = requests.filter(({ status }) => status !== 401).at(-1)?.authorization;
      assert.equal(used, 'basic');
    }
  }).timeout(180_000);

  it('key-vault.yml signs in the vault, and the target imports what was signed', async () => {
    await run('stages.yml', { id: 77, stages: ['Build', 'Post_Build'] });
    const azure = await openAzureSite(site);
    site = azure;
    const { vault, timestamps, subscription, publicRegistry } = azure;
    const ended = await run('key-vault.yml', {
      id: 84,
      variables: { ...azure.variables, 'resources.pipeline.build.runID': '77' },
    });
    const [sign, publish] = ended.steps.map(({ result }) => result);
    const signatures = vault.requests.filter((each) => each === 'POST /keys/release/v1/sign');
    assert.equal(sign?.outputs['signedCount'], '3');
    assert.equal(signatures.length, 4, 'two platforms, their list and image-info');
    assert.equal(timestamps.stamped, 4);
    assert.equal(publish?.outputs['publishedTagCount'], String(PUBLISHED.length));
    assert.notEqual(subscription.imports.length, 0);
    const { store } = publicRegistry.registry;
    assert.deepEqual(Object.keys(tagsIn(store, 'public')).sort(), PUBLISHED);
    assert.deepEqual(holesIn(store, { prefix: 'public', referrersApi: true }), []);
    assert.deepEqual(publicRegistry.logins.slice(0, 1), ['POST /oauth2/exchange']);
  }).timeout(180_000);

  it('are all run here', async () => {
    const samples = (await readdir(SAMPLES)).filter((name) => name.endsWith('.yml'));
    assert.deepEqual(samples.sort(), RUN_HERE);
  });
});
