import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serialiseImageInfo } from '../../../shared/image-info/write.ts';
import type { Agent, AgentOptions } from '../../support/agent/agent.ts';
import type { StepResult } from '../../support/agent/step-finish.ts';
import { textArtifact, uploadedArtifacts } from '../../support/devops/artifacts.ts';
import type { StoredArtifact } from '../../support/devops/artifacts.ts';
import { startDevOps } from '../../support/devops/devops.ts';
import type { DevOps, DevOpsOptions } from '../../support/devops/devops.ts';
import { fragmentsOf, writeFragments } from '../../support/product/fragments.ts';
import { assertRefused, assertSucceeded } from './support/expect.ts';
import { PRODUCT, SIGNER, publishEarlier, taskLabs } from './support/labs.ts';
import type { Lab } from './support/labs.ts';
import { tagsIn } from './support/tree.ts';
import {
  PUBLIC_PREFIX,
  runCreate,
  runPublish,
  runSign,
  writeFiles,
  writeSigner,
  writeTrust,
} from './support/stages.ts';

/** The run of the fake agent, and one of another pipeline. */
const [RUN, OTHER_RUN] = [4711, 815];

/** No path to anything: what is needed comes from artifacts. */
const NO_PATH = { imageInfo: '' };

/** What the build jobs publish, one artifact for each attempt of each. */
const FRAGMENTS = fragmentsOf(PRODUCT).map(({ artifact, imageInfo }) =>
  textArtifact(artifact, {
    'image-info.json': Buffer.from(serialiseImageInfo(imageInfo)).toString(),
  }),
);

/** A release in the middle of its pipeline, in a run of this Azure DevOps. */
interface Site {
  readonly lab: Lab;
  readonly devops: DevOps;
}

describe('tasks hand-over', () => {
  const labs = taskLabs();
  const open: DevOps[] = [];
  after(() => labs.dispose());
  afterEach(async () => {
    for (const devops of open.splice(0)) await devops.close();
  });

  const enter = async (
    progress: Parameters<typeof labs.open>[0],
    { runs, ...options }: DevOpsOptions = {},
    agent: AgentOptions = {},
  ): Promise<Site> => {
    let uploads: ReadonlyMap<string, string> = new Map();
    const ofThisRun = (): readonly StoredArtifact[] => [
      ...FRAGMENTS,
      ...uploadedArtifacts(uploads),
    ];
    const devops = await startDevOps({ runs: { [RUN]: ofThisRun, ...runs }, ...options });
    open.push(devops);
    const { token: accessToken, variables } = devops;
    const lab = await labs.open(progress, { agent: { accessToken, variables, ...agent } });
    uploads = lab.agent.artifacts;
    return { lab, devops };
  };

  const nextJob = async ({ lab, devops }: Site, attempt = 1): Promise<Agent> =>
    lab.agent.newJob({
      attempt,
      variables: { ...devops.variables, 'System.StageAttempt': String(attempt) },
    });

  /** Publishes on a machine of its own, as an attempt of the same job. */
  const publishIn = async (site: Site, attempt: number): Promise<StepResult> => {
    const { agent, source, target } = site.lab;
    const imageInfo = join(agent.workspace, 'image-info-signed/image-info.json');
    return runPublish({
      ...{ agent: await nextJob(site, attempt), source: source.host, target: target.host },
      inputs: { imageInfo, artifactName: 'image-info-final' },
    });
  };

  const undo = async (site: Site, { outputs }: StepResult, attempt = 1): Promise<StepResult> =>
    runPublish({
      ...{ agent: await nextJob(site, attempt), source: '', target: site.lab.target.host },
      inputs: {
        ...{ ...NO_PATH, sourceRegistry: '', sourceRepositoryPrefix: '' },
        rollbackReceipt: outputs['receiptPath'] ?? '',
        artifactName: 'image-info-final',
      },
    });

  it('goes from the artifacts of the build jobs to published tags without any path', async () => {
    const site = await enter('built', { throttled: 1 });
    const { source, target } = site.lab;
    const creating = await nextJob(site);
    const created = await runCreate({
      ...{ agent: creating, registry: source.host },
      inputs: { ...NO_PATH, artifactName: 'image-info' },
    });
    assertSucceeded(created);
    assert.equal(created.outputs['manifestListCount'], '3');

    const signing = await nextJob(site);
    await writeSigner(signing, SIGNER);
    const signed = await runSign({
      ...{ agent: signing, registry: source.host },
      inputs: { ...NO_PATH, artifactName: 'image-info-signed' },
    });
    assertSucceeded(signed);
    assert.equal(signed.outputs['signedCount'], '12');

    const publishing = await nextJob(site);
    const published = await runPublish({
      ...{ agent: publishing, source: source.host, target: target.host },
      inputs: { ...NO_PATH, ...(await writeTrust(publishing, SIGNER)) },
    });
    assertSucceeded(published);
    assert.equal(published.outputs['publishedTagCount'], '18');
    assert.ok(
      published.lines.some((line) => line.startsWith('Using image-info-signed of run 4711')),
    );
    assert.equal(site.devops.blobRequests.length, FRAGMENTS.length);
  }).timeout(60_000);

  it('gives each attempt a name of its own, and the next stage the highest', async () => {
    const site = await enter('built');
    const registry = site.lab.source.host;
    const attempts = [
      { attempt: 1, name: 'image-info' },
      { attempt: 9, name: 'image-info-9' },
      { attempt: 10, name: 'image-info-10' },
    ];
    for (const { attempt, name } of attempts) {
      const agent = await nextJob(site, attempt);
      await writeFragments(agent.workspace, PRODUCT);
      const step = await runCreate({ agent, registry, inputs: { artifactName: 'image-info' } });
      assertSucceeded(step);
      assert.deepEqual(step.uploads, [name]);
    }
    const signing = await nextJob(site);
    await writeSigner(signing, SIGNER);
    const signed = await runSign({ agent: signing, registry, inputs: NO_PATH });
    assertSucceeded(signed);
    assert.ok(signed.lines.some((line) => line.startsWith('Using image-info-10 of run 4711')));
  }).timeout(60_000);

  it('publishes what another run has signed', async () => {
    const signed: StoredArtifact[] = [];
    const site = await enter('signed', { runs: { [OTHER_RUN]: () => signed } });
    const path = join(site.lab.agent.workspace, 'image-info-signed/image-info.json');
    const text = await readFile(path, 'utf8');
    signed.push(textArtifact('image-info-signed-3', { 'image-info.json': text }));
    const inputs = { ...NO_PATH, imageInfoRunId: String(OTHER_RUN) };
    const step = await site.lab.publish({ inputs });
    assertSucceeded(step);
    assert.ok(step.lines.some((line) => line.startsWith('Using image-info-signed-3 of run 815')));
  }).timeout(60_000);

  it('knows from the artifact of a failed attempt where tags were before it', async () => {
    const site = await enter('signed');
    const { target } = site.lab;
    publishEarlier(target);
    const before = tagsIn(target.store, PUBLIC_PREFIX);
    // The last of the tags: all others are set, and two of them were elsewhere.
    const match = { method: 'PUT', path: '/shop/worker/manifests/latest', times: 1000 };
    target.addFault({ match, action: { kind: 'status', status: 403 } });
    const failed = await publishIn(site, 1);
    assertRefused(failed, { code: 'REGISTRY_DENIED', says: ['shop/worker:latest'] });
    assert.deepEqual(failed.uploads, ['image-info-final-unfinished']);
    assert.notEqual(tagsIn(target.store, PUBLIC_PREFIX)['public/shop/web:latest'], undefined);
    target.clearFaults();
    const again = await publishIn(site, 2);
    assertSucceeded(again);
    assert.deepEqual(again.uploads, ['image-info-final-2']);
    assert.ok(again.lines.includes('Going on from receipt.json of image-info-final-unfinished.'));
    const undone = await undo(site, again);
    assertSucceeded(undone);
    assert.deepEqual(tagsIn(target.store, PUBLIC_PREFIX), before);
  }).timeout(60_000);

  it('knows from the artifact of a complete attempt where tags were before it', async () => {
    const site = await enter('signed');
    const { target } = site.lab;
    publishEarlier(target);
    const before = tagsIn(target.store, PUBLIC_PREFIX);
    assert.deepEqual((await publishIn(site, 1)).uploads, ['image-info-final']);
    const again = await publishIn(site, 2);
    assertSucceeded(again);
    assert.deepEqual(again.uploads, ['image-info-final-2']);
    const undone = await undo(site, again);
    assertSucceeded(undone);
    assert.deepEqual(undone.issues, []);
    assert.deepEqual(undone.uploads, ['image-info-final-rollback']);
    assert.deepEqual(tagsIn(target.store, PUBLIC_PREFIX), before);
    const twice = await undo(site, again, 2);
    assertSucceeded(twice);
    assert.deepEqual(twice.uploads, ['image-info-final-rollback-2']);
    assert.match(twice.issues[0]?.message ?? '', /^No tag differs from where it was before/);
  }).timeout(60_000);

  it('has its name free when the agent tries a failed step again in the same job', async () => {
    const { lab } = await enter('signed');
    const publish = async (): Promise<StepResult> =>
      lab.publish({ inputs: { artifactName: 'image-info-final' } });
    const match = { method: 'PUT', path: '/shop/worker/manifests/latest', times: 1000 };
    lab.target.addFault({ match, action: { kind: 'status', status: 403 } });
    assert.deepEqual((await publish()).uploads, ['image-info-final-unfinished']);
    lab.target.clearFaults();
    const again = await publish();
    assertSucceeded(again);
    assert.deepEqual(again.uploads, ['image-info-final']);
  }).timeout(60_000);

  it('says that there is nothing to create when no artifact is called so', async () => {
    const { lab } = await enter('built');
    const step = await lab.create({ inputs: { ...NO_PATH, imageInfoArtifact: 'drop-*' } });
    assertSucceeded(step);
    assert.equal(step.outputs['noImageInfo'], 'true');
    assert.equal(step.issues[0]?.message, 'No image-info was found in artifacts called drop-*.');
  }).timeout(60_000);

  const refusals = [
    { name: 'a token that has ended', agent: { accessToken: 'ended' }, says: ['timeoutInMinutes'] },
    {
      name: 'a run it may not see',
      devops: { hiddenRuns: [RUN] },
      says: ['TF50309', 'View builds'],
    },
  ];
  for (const { name, agent, devops, says } of refusals) {
    it(`explains ${name}`, async () => {
      const { lab } = await enter('signed', devops, agent);
      assertRefused(await lab.publish({ inputs: NO_PATH }), {
        code: 'SERVICE_DENIED',
        says: ['list the artifacts of run 4711', ...says],
      });
    }).timeout(60_000);
  }

  it('reads below the alias in a classic release, without asking Azure DevOps', async () => {
    const { lab, devops } = await enter('signed', {}, { hostType: 'release' });
    const signed = await readFile(join(lab.agent.workspace, 'image-info-signed/image-info.json'));
    await writeFiles(lab.agent.workspace, {
      '_build/image-info-signed/image-info.json': 'not this attempt',
      '_build/image-info-signed-2/image-info.json': signed,
    });
    const step = await lab.publish({ inputs: { ...NO_PATH, artifactName: 'image-info-final' } });
    assertSucceeded(step);
    assert.deepEqual(step.uploads, []);
    assert.ok(step.lines.some((line) => line.includes("'image-info-final' stays in")));
    assert.deepEqual(devops.requests, []);
  }).timeout(60_000);
});
