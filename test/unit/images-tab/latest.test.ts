import assert from 'node:assert/strict';
import { latestReports } from '../../../shared/images-tab/latest.ts';
import { reportDocument } from '../../support/images-tab/sample-reports.ts';
import type { SampleSource } from '../../support/images-tab/sample-reports.ts';

function told(...sources: readonly SampleSource[]): readonly string[] {
  const reports = sources.map((source) => reportDocument({ kind: 'create', images: [] }, source));
  return latestReports(reports).map(({ source }) => `${source.job} ${source.jobAttempt}`);
}

describe('latestReports', () => {
  it('takes the highest attempt of a job, and the tenth for higher than the ninth', () => {
    assert.deepEqual(
      told({ job: 'a', jobAttempt: 9 }, { job: 'a', jobAttempt: 10 }, { job: 'a', jobAttempt: 1 }),
      ['a 10'],
    );
  });

  it('takes a later attempt of the stage for higher than any attempt of a job', () => {
    const [first, second] = [
      reportDocument({ kind: 'create', images: [] }, { jobAttempt: 3 }),
    ].flatMap((report) => [
      report,
      { ...report, source: { ...report.source, stageAttempt: 2, jobAttempt: 1 } },
    ]);
    assert.ok(first !== undefined && second !== undefined);
    assert.deepEqual(latestReports([first, second]), [second]);
  });

  it('takes what jobs that run beside each other told, oldest first', () => {
    assert.deepEqual(
      told(
        { job: 'b', createdAt: '2026-01-02T00:00:00.000Z' },
        { job: 'a', createdAt: '2026-01-01T00:00:00.000Z' },
      ),
      ['a 1', 'b 1'],
    );
  });

  it('takes several steps of one job', () => {
    assert.deepEqual(told({ job: 'a' }, { job: 'a' }), ['a 1', 'a 1']);
  });
});
