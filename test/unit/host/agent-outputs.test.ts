import assert from 'node:assert/strict';
import { hostTask } from '../../support/host/host-task.ts';
import type { HostTask } from '../../support/host/host-task.ts';

describe('agent-outputs', () => {
  let task: HostTask;

  before(async () => {
    task = await hostTask();
  });

  after(() => task.dispose());

  it('sets output variables and uploads a folder in a build', async () => {
    const step = await task.run('output');
    assert.deepEqual(step.outputs, { digest: 'sha256:abc' });
    assert.deepEqual(step.uploads, ['folder']);
  });

  for (const hostType of ['release', 'deployment'] as const) {
    it(`leaves the folder where it is in a ${hostType}, and says so`, async () => {
      const step = await task.run('output', {}, { hostType });
      assert.equal(step.result, 'Succeeded');
      assert.deepEqual(step.uploads, []);
      assert.ok(
        step.lines.some((line) => line.startsWith("A release has no artifact store: 'folder'")),
      );
    });
  }

  it('uploads under a name of its own in a later attempt', async () => {
    const step = await task.run('output', {}, { attempt: 3 });
    assert.deepEqual(step.uploads, ['folder-3']);
    assert.ok(step.lines.includes("This is another attempt: 'folder' becomes 'folder-3'."));
  });

  it('succeeds where the pipeline restricts the commands of the step, without uploads', async () => {
    const step = await task.run('output', { isRestricted: true });
    assert.equal(step.result, 'Succeeded');
    assert.deepEqual(step.uploads, []);
    assert.deepEqual(step.outputs, { digest: 'sha256:abc' });
    assert.ok(step.issues.every(({ type }) => type === 'warning'));
  });

  for (const hostType of ['build', 'release'] as const) {
    it(`shows summaries under their title and attaches files in a ${hostType}`, async () => {
      const step = await task.run('output', {}, { hostType });
      const type = 'Distributedtask.Core.Summary';
      assert.deepEqual(step.summaries, [
        { type, name: 'Manifest lists.md', content: '# One' },
        { type, name: 'Manifest lists.md', content: '# Two' },
      ]);
      const [attached] = step.attachments;
      assert.deepEqual(attached, { type: 'image-release', name: 'file', content: 'content' });
      assert.deepEqual(step.violations, []);
    });
  }
});
