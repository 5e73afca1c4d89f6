import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contentLines } from '../../support/product/fingerprint.ts';
import { assertSucceeded, writesTo } from './support/expect.ts';
import { filesLeft, readJson, taskLabs } from './support/labs.ts';
import { runSign } from './support/stages.ts';

describe('tasks repeating', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  it('CreateManifestLists puts the same bytes again', async () => {
    const lab = await labs.open('built');
    const first = await lab.create();
    assertSucceeded(first);
    const content = contentLines(lab.source.store);
    const path = first.outputs['imageInfoPath'] ?? '';
    const before = await readFile(path, 'utf8');
    assertSucceeded(await lab.create());
    assert.deepEqual(contentLines(lab.source.store), content);
    const withoutTimes = (text: string): string => text.replace(/"created": "[^"]*"/g, '');
    assert.equal(withoutTimes(await readFile(path, 'utf8')), withoutTimes(before));
  });

  it('SignImageInfo skips what its certificate has signed', async () => {
    const lab = await labs.open('signed');
    const content = contentLines(lab.source.store);
    const step = await lab.sign();
    assertSucceeded(step);
    assert.equal(step.outputs['signedCount'], '0');
    assert.equal(step.outputs['skippedCount'], '12');
    assert.deepEqual(writesTo(lab.source), []);
    assert.deepEqual(contentLines(lab.source.store), content);
  });

  it('SignImageInfo signs again in another format, and beside its own when told to', async () => {
    const lab = await labs.open('signed');
    const jws = await lab.sign({ inputs: { signatureFormat: 'jws' } });
    const added = await lab.sign({ inputs: { existingSignatures: 'add' } });
    assert.deepEqual(
      [jws, added].map(({ outputs }) => outputs['signedCount']),
      ['12', '12'],
    );
  });

  it('PublishArtifacts writes nothing when all is there', async () => {
    const lab = await labs.open('signed');
    const first = await lab.publish();
    assertSucceeded(first);
    const content = contentLines(lab.target.store);
    const final = await readFile(first.outputs['imageInfoPath'] ?? '');
    lab.target.resetRequests();
    const step = await lab.publish();
    assertSucceeded(step);
    assert.deepEqual(writesTo(lab.target), []);
    assert.deepEqual(contentLines(lab.target.store), content);
    assert.deepEqual(await readFile(step.outputs['imageInfoPath'] ?? ''), final);
    assert.equal(step.outputs['publishedTagCount'], '18');
  });

  it('PublishArtifacts brings back what the target has lost', async () => {
    const lab = await labs.open('signed');
    assertSucceeded(await lab.publish());
    const content = contentLines(lab.target.store);
    const { tags, manifests } = lab.target.store.open('public/shop/web');
    tags.delete('latest');
    const signature = [...manifests.values()].find(({ subject }) => subject !== undefined);
    assert.ok(signature !== undefined);
    manifests.delete(signature.digest);
    assertSucceeded(await lab.publish());
    assert.deepEqual(contentLines(lab.target.store), content);
  });
});

describe('tasks dry run', () => {
  const labs = taskLabs();
  after(() => labs.dispose());
  const inputs = { dryRun: 'true', artifactName: 'result' };

  const runs = [
    {
      task: 'CreateManifestLists',
      progress: 'built',
      run: 'create',
      folder: 'image-info',
      plan: /^##\[group\]Plan: 3 manifest lists under 9 shared tags$/,
    },
    {
      task: 'SignImageInfo',
      progress: 'created',
      run: 'sign',
      folder: 'image-info-signed',
      plan: /^##\[group\]Plan: 12 digests to sign, 0 signed already$/,
    },
    {
      task: 'PublishArtifacts',
      progress: 'signed',
      run: 'publish',
      folder: 'image-info-final',
      plan: /^##\[group\]Plan: 24 manifests to copy, 18 tags to set$/,
    },
  ] as const;

  for (const { task, progress, run, folder, plan } of runs) {
    it(`of ${task} prints and keeps the plan and changes nothing`, async () => {
      const lab = await labs.open(progress);
      const contents = [contentLines(lab.source.store), contentLines(lab.target.store)];
      const step = await lab[run]({ inputs });
      assertSucceeded(step);
      assert.match(
        step.completions[0]?.message ?? '',
        /^Dry run: .+, nothing was pushed; the plan is .+plan\.json\.$/,
      );
      assert.ok(step.lines.some((line) => plan.test(line)));
      assert.deepEqual([...writesTo(lab.source), ...writesTo(lab.target)], []);
      assert.deepEqual([contentLines(lab.source.store), contentLines(lab.target.store)], contents);
      assert.deepEqual(step.uploads, []);
      assert.equal(step.outputs['imageInfoPath'], undefined);
      assert.deepEqual(await filesLeft(lab), [`${folder}/plan.json`]);
    });
  }

  it('plans what the real run then does', async () => {
    const lab = await labs.open('signed');
    const path = join(lab.agent.temp, 'image-info-final/plan.json');
    await lab.publish({ inputs });
    const planned = await readJson(path);
    await lab.publish();
    assert.deepEqual(await readJson(path), planned);
  });
});

describe('tasks artifacts', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  it('of a job that runs again cannot take a name twice, but the work is done', async () => {
    const lab = await labs.open('built');
    const inputs = { artifactName: 'image-info' };
    assertSucceeded(await lab.create({ inputs }));
    const again = await lab.create({ agent: lab.agent, inputs });
    assert.equal(again.completions[0]?.result, 'Succeeded');
    assert.equal(again.result, 'Failed');
    assert.deepEqual(
      again.issues.map(({ message }) => message),
      ['Artifact image-info already exists for this build.'],
    );
    assert.notEqual(again.outputs['imageInfoPath'], undefined);
  });

  it('of a job that runs again may carry the attempt in their name', async () => {
    const lab = await labs.open('created');
    const inputs = { artifactName: 'image-info-signed-$(System.JobAttempt)' };
    assertSucceeded(await lab.sign({ inputs }));
    const agent = await lab.agent.newJob({ attempt: 2 });
    const inputsOfRetry = {
      ...inputs,
      imageInfo: join(lab.agent.workspace, 'image-info/image-info.json'),
      privateKey: join(lab.agent.sources, 'key.pem'),
      certificateChain: join(lab.agent.sources, 'chain.pem'),
    };
    const retried = await runSign({ agent, registry: lab.source.host, inputs: inputsOfRetry });
    assertSucceeded(retried);
    assert.equal(retried.outputs['skippedCount'], '12');
    assert.deepEqual([...agent.artifacts.keys()], ['image-info-signed-1', 'image-info-signed-2']);
  });

  it('stay where they are in a classic release, which has no store for them', async () => {
    const lab = await labs.open('signed', { agent: { hostType: 'release' } });
    const steps = [
      await lab.create({ inputs: { artifactName: 'a' } }),
      await lab.sign({ inputs: { artifactName: 'b' } }),
      await lab.publish({ inputs: { artifactName: 'c' } }),
    ];
    for (const [index, step] of steps.entries()) {
      assertSucceeded(step);
      assert.deepEqual(step.uploads, []);
      assert.ok(!step.rawStdout.includes('artifact.upload'));
      const name = ['a', 'b', 'c'][index] ?? '';
      const line = step.lines.find((one) => one.startsWith('A release has no artifact store: '));
      assert.match(line ?? '', new RegExp(`'${name}' stays in .*/image-info(-signed|-final)?\\.$`));
    }
  });
});
