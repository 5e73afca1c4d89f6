import assert from 'node:assert/strict';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../scripts/layout.ts';
import { holesIn, tagsIn } from '../integration/tasks/support/tree.ts';
import { createAgent } from '../support/agent/agent.ts';
import type { Agent } from '../support/agent/agent.ts';
import type { StepResult } from '../support/agent/step-finish.ts';
import { bundleOf } from '../support/bundles.ts';
import { runPipeline } from '../support/pipeline/run.ts';
import type { PipelineRun } from '../support/pipeline/run.ts';
import { connectionOf, openSite } from '../support/pipeline/site.ts';
import type { Site } from '../support/pipeline/site.ts';

const SAMPLES = join(ROOT, 'docs', 'samples');

describe('a classic release', () => {
  let site: Site;
  let build: PipelineRun;
  let agent: Agent;

  before(async function () {
    this.timeout(180_000);
    site = await openSite(SAMPLES);
    build = await runPipeline(site, join(SAMPLES, 'stages.yml'), {
      id: 77,
      variables: { buildRegistry: site.build.host },
      stages: ['Build', 'Post_Build', 'Sign'],
    });
  });

  beforeEach(async () => {
    const { token: accessToken, variables } = site.devops;
    const own = { ...variables, 'Release.Artifacts._app.BuildId': '77', buildId: '77' };
    agent = await createAgent({
      root: site.folder,
      hostType: 'release',
      accessToken,
      variables: own,
    });
    await site.checkout(join(agent.workspace, '_trust'));
  });

  after(async () => {
    await site.close();
  });

  /** Downloads all artifacts of the build below an alias, as a release does before its first step. */
  const download = async (alias: string): Promise<void> => {
    for (const [name, folder] of build.artifacts.uploaded) {
      await cp(folder, join(agent.workspace, alias, name), { recursive: true });
    }
  };

  const publish = async (inputs: Readonly<Record<string, string>> = {}): Promise<StepResult> =>
    agent.runStep({
      taskFolder: await bundleOf('PublishArtifacts'),
      name: 'publish',
      inputs: {
        sourceRepositoryPrefix: 'build/$(buildId)',
        targetRepositoryPrefix: 'classic',
        trustPolicy: '_trust/trust/trustpolicy.json',
        trustStore: '_trust/trust/truststore',
        ...inputs,
      },
      endpoints: {
        sourceConnection: connectionOf(site, 'build-registry'),
        targetConnection: connectionOf(site, 'public-registry'),
      },
    });

  it('publishes what the build has signed, from the folder of its alias', async () => {
    await download('_app');
    const step = await publish();
    assert.equal(step.result, 'Succeeded', step.lines.join('\n'));
    assert.deepEqual(Object.keys(tagsIn(site.target.store, 'classic')).sort(), [
      'classic/app/server:1.4.0',
      'classic/app/server:1.4.0-amd64',
      'classic/app/server:1.4.0-arm64',
      'classic/app/server:latest',
    ]);
    assert.deepEqual(holesIn(site.target.store, { prefix: 'classic', referrersApi: true }), []);
    assert.deepEqual(step.uploads, []);
    const receipt = await readFile(step.outputs['receiptPath'] ?? '', 'utf8');
    assert.ok(receipt.includes('classic/app/server'), receipt);
  }).timeout(60_000);

  it('asks which alias is meant when two builds bring image-info', async () => {
    await download('_app');
    await download('_other');
    const step = await publish();
    assert.equal(step.result, 'Failed');
    const message = step.completions[0]?.message ?? '';
    assert.match(message, /^ARTIFACT_INVALID/);
    assert.match(message, /_app/);
    assert.match(message, /_other/);
    const named = await publish({ imageInfo: '_other/image-info-signed/image-info.json' });
    assert.equal(named.result, 'Succeeded', named.lines.join('\n'));
  }).timeout(60_000);

  it('names a variable of the release that was never set', async () => {
    await download('_app');
    const step = await publish({ targetRepositoryPrefix: '$(targetPrefix)' });
    assert.equal(step.result, 'Failed');
    assert.match(step.completions[0]?.message ?? '', /targetPrefix/);
  }).timeout(60_000);
});
