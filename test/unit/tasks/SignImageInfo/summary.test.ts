import assert from 'node:assert/strict';
import { TaskError } from '../../../../shared/core/errors.ts';
import type { ReportedSignature } from '../../../../shared/release-report/model.ts';
import { signReport } from '../../../../tasks/SignImageInfo/attachment.ts';
import type { FileOutcome } from '../../../../tasks/SignImageInfo/execute.ts';
import { renderSummary } from '../../../../tasks/SignImageInfo/summary.ts';
import { makeStampingChain } from '../../../support/certificates.ts';
import { BUILD } from '../../../support/release.ts';
import { aSigningRun, stamping } from './support.ts';
import type { SigningRun } from './support.ts';

/** The summary of a run, after changes to what it reports. */
async function summaryOf(
  run: SigningRun,
  change: (signatures: readonly ReportedSignature[]) => readonly ReportedSignature[] = (all) => all,
  file?: FileOutcome,
): Promise<string> {
  const facts = await run.gather();
  const { file: step } = await run.plan();
  const execution = await run.execute();
  const report = signReport(facts, execution, BUILD);
  return renderSummary(
    { ...report, signatures: change(report.signatures) },
    { step, outcome: file ?? execution.file },
  );
}

describe('SignImageInfo renderSummary', () => {
  it('counts by repository and by certificate, and tells of the hand-over file', async () => {
    const run = aSigningRun();
    const { digest } = (await run.plan()).file;
    const thumbprint = signReport(await run.gather(), await run.execute(), BUILD).certificates[0]
      ?.thumbprint;
    const expected = [
      '**4 digests signed, 0 signed already, 0 failed**',
      '',
      `\`image-info.json\` (\`${digest}\`) is signed with its 6 tags by \`image-info.json.cose.sig\``,
      '',
      '| repository | signed | skipped | failed | with timestamp |',
      '| --- | --- | --- | --- | --- |',
      '| `app` | 3 | 0 | 0 | 0 |',
      '| `tools/probe` | 1 | 0 | 0 | 0 |',
      '',
      '| certificate | SHA-256 | valid until | signatures | with timestamp |',
      '| --- | --- | --- | --- | --- |',
    ];
    const summary = await summaryOf(aSigningRun());
    assert.equal(summary.slice(0, expected.join('\n').length), expected.join('\n'));
    assert.match(
      summary,
      new RegExp(`\`${thumbprint ?? '-'}\` \\| \\d{4}-\\d\\d-\\d\\d \\| 4 \\| 0 \\|\n$`),
    );
  });

  it('tells timestamps, and skipped from signed', async () => {
    const authority = makeStampingChain();
    const run = aSigningRun({ authority, http: stamping(authority) });
    const stamped = await summaryOf(run);
    assert.match(stamped, /cose\.sig`, stamped at \d{4}-/);
    assert.match(stamped, /^\| `app` \| 3 \| 0 \| 0 \| 3 \|$/m);
    const again = await summaryOf(run);
    assert.match(again, /^\*\*0 digests signed, 4 signed already, 0 failed\*\*$/m);
    assert.match(again, /^\| `app` \| 0 \| 3 \| 0 \| 3 \|$/m);
  });

  it('names what failed, a hundred at most, as text that means nothing elsewhere', async () => {
    const error = new TaskError('SIGNING_FAILED', 'no `key` | <b>\n##vso[task.complete]');
    const summary = await summaryOf(
      aSigningRun(),
      ([first]) =>
        Array.from({ length: 101 }, (_, index) => ({
          repo: first?.repo ?? '',
          digest: `sha256:${index}`,
          state: 'failed',
          reason: 'a `quote`',
        })),
      { kind: 'failed', error },
    );
    assert.match(
      summary,
      /^⚠ `image-info\.json` is not signed: `SIGNING_FAILED: no 'key' \| <b> # #vso\[task\.complete\]`$/m,
    );
    assert.match(summary, /^- ⚠ `app@sha256:99` `a 'quote'`\n- and 1 more: see the report$/m);
    assert.match(summary, /^\| `app` \| 0 \| 0 \| 101 \| 0 \|$/m);
  });

  it('keeps a bar in the name of a certificate inside of its cell', async () => {
    const signatures = [] as const;
    const { file: step } = await aSigningRun().plan();
    const { file: outcome } = await aSigningRun().execute();
    const certificate = { thumbprint: 'ab', subject: 'CN=a | b', notAfter: '2030-01-01T00:00:00Z' };
    const summary = renderSummary({ signatures, certificates: [certificate] }, { step, outcome });
    assert.match(summary, /^\| `CN=a \\\| b` \| `ab` \| 2030-01-01 \| 0 \| 0 \|$/m);
  });
});
