import assert from 'node:assert/strict';
import { TaskError } from '../../../../shared/core/errors.ts';
import type { SignReport } from '../../../../shared/release-report/model.ts';
import { signReport } from '../../../../tasks/SignImageInfo/attachment.ts';
import type { Outcome } from '../../../../tasks/SignImageInfo/execute.ts';
import { makeStampingChain } from '../../../support/certificates.ts';
import { BUILD } from '../../../support/release.ts';
import { NOW } from '../../../support/signing.ts';
import { aSigningRun, stamping } from './support.ts';

describe('SignImageInfo signReport', () => {
  it('tells who signed each digest and when, the certificate once', async () => {
    const run = aSigningRun();
    const facts = await run.gather();
    const report = signReport(facts, await run.execute(), BUILD);
    assert.equal(report.certificates.length, 1);
    const [certificate] = report.certificates;
    assert.match(certificate?.subject ?? '', /CN=/);
    for (const { state, certificate: by, signedAt, isTimestamped } of report.signatures) {
      assert.deepEqual(
        [state, by, signedAt, isTimestamped],
        ['signed', certificate?.thumbprint, NOW.toISOString(), false],
      );
    }
    assert.deepEqual(
      [...new Set(report.signatures.map(({ repo }) => repo))],
      ['app', 'tools/probe'],
    );
    assert.equal(report.signatures.length, 4);
    assert.equal(report.images.length, 4);
    assert.deepEqual(JSON.parse(JSON.stringify(report)), report);
  });

  it('tells the same of what an earlier run signed', async () => {
    const run = aSigningRun();
    await run.sign();
    const facts = await run.gather();
    const report = signReport(facts, await run.execute(), BUILD);
    assert.deepEqual([...new Set(report.signatures.map(({ state }) => state))], ['kept']);
    assert.equal(report.signatures[0]?.signedAt, NOW.toISOString());
    assert.equal(report.signatures[0].certificate, report.certificates[0]?.thumbprint);
  });

  it('tells when an authority stamped each signature, also those of an earlier run', async () => {
    const authority = makeStampingChain();
    const first = aSigningRun({ authority, http: stamping(authority) });
    const facts = await first.gather();
    const made = signReport(facts, await first.execute(), BUILD);
    const { registry } = first;
    const second = aSigningRun({ authority, http: stamping(authority), registry });
    const known = await second.gather();
    const kept = signReport(known, await second.execute(), BUILD);
    const timesOf = ({ signatures }: SignReport): readonly unknown[] =>
      signatures.map(({ digest, isTimestamped, stampedAt }) => [digest, isTimestamped, stampedAt]);
    assert.deepEqual(timesOf(kept), timesOf(made));
    for (const { stampedAt = '', isTimestamped } of made.signatures) {
      assert.equal(isTimestamped, true);
      assert.ok(Date.parse(stampedAt) > 0, stampedAt);
    }
    assert.deepEqual([...new Set(kept.signatures.map(({ state }) => state))], ['kept']);
  });

  it('tells in one harmless line why a digest is not signed', async () => {
    const run = aSigningRun();
    const facts = await run.gather();
    const [outcome] = (await run.execute()).outcomes;
    assert.ok(outcome !== undefined);
    const error = new TaskError('SIGNING_FAILED', 'no\n##vso[task.complete]');
    const { place, subject } = outcome;
    const failed: Outcome = { kind: 'failed', place, subject, error };
    assert.deepEqual(signReport(facts, { outcomes: [failed] }, BUILD).signatures, [
      {
        ...{ repo: 'app', digest: subject.digest, state: 'failed' },
        reason: 'SIGNING_FAILED: no # #vso[task.complete]',
      },
    ]);
  });
});
