import assert from 'node:assert/strict';
import { parseReport } from '../../../shared/release-report/parse.ts';
import type { JsonValue } from '../../../shared/core/json.ts';
import { hostTask } from '../../support/host/host-task.ts';
import type { HostTask } from '../../support/host/host-task.ts';

describe('agent-reports', () => {
  let task: HostTask;

  before(async () => {
    task = await hostTask();
  });

  after(() => task.dispose());

  it('attaches a report that says which job wrote it, and at which attempt', async () => {
    const step = await task.run('report', {}, { variables: { 'System.StageAttempt': '3' } });
    const [attached] = step.attachments;
    assert.equal(attached?.type, 'image-release');
    assert.equal(attached.name, 'create');
    const report = parseReport(JSON.parse(attached.content) as JsonValue);
    assert.ok(report.ok);
    const { createdAt, ...rest } = report.value;
    assert.ok(Math.abs(Date.parse(createdAt) - Date.now()) < 60_000, createdAt);
    assert.deepEqual(rest, {
      version: 1,
      source: { job: 'stage.job.__default', stageAttempt: 3, jobAttempt: 1 },
      kind: 'create',
      images: [],
    });
    assert.deepEqual(step.violations, []);
  });

  it('takes a job whose attempt is not told for the first one', async () => {
    const step = await task.run('report', {}, { variables: { 'System.StageAttempt': 'x' } });
    const report = parseReport(JSON.parse(step.attachments[0]?.content ?? '') as JsonValue);
    assert.equal(report.ok && report.value.source.stageAttempt, 1);
  });

  it('attaches nothing in a release, which has no tab', async () => {
    const step = await task.run('report', {}, { hostType: 'release' });
    assert.deepEqual(step.attachments, []);
  });
});
