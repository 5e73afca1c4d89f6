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

  it('leaves the folder where it is in a release, and says so', async () => {
    const step = await task.run('output', {}, { hostType: 'release' });
    assert.deepEqual(step.uploads, []);
    assert.ok(
      step.lines.some((line) => line.startsWith("A release has no artifact store: 'folder'")),
    );
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
