import assert from 'node:assert/strict';
import { TaskError } from '../../../../shared/core/errors.ts';
import { digestOf } from '../../../../shared/oci/digest.ts';
import type { Outcome } from '../../../../tasks/SignImageInfo/execute.ts';
import type { Plan } from '../../../../tasks/SignImageInfo/plan.ts';
import {
  countOutcomes,
  failureOf,
  planSummary,
  renderDone,
  renderPlan,
  reportOf,
} from '../../../../tasks/SignImageInfo/report.ts';
import { SUBJECT } from '../../../support/signatures.ts';

const SIGNATURE = digestOf(Buffer.from('signature'));
const CERTIFICATE = Buffer.from('certificate');

const APP = {
  repository: { registry: 'build.example', name: 'run/1/app' },
  publicName: 'mcr.example/app',
};
const MIRROR = {
  repository: { registry: 'build.example', name: 'run/1/mirror' },
  publicName: 'mcr.example/mirror',
};

const PLAN: Plan = {
  steps: [
    { kind: 'sign', subject: SUBJECT, repositories: [APP, MIRROR] },
    { kind: 'skip', subject: SUBJECT, place: APP, signature: SIGNATURE },
  ],
  format: 'cose',
  signingTime: '2026-03-04T05:06:07.000Z',
  userMetadata: {},
};

const SIGNED: Outcome = { kind: 'signed', place: APP, subject: SUBJECT, signature: SIGNATURE };
const SKIPPED: Outcome = { ...SIGNED, kind: 'skipped' };
const FAILED: Outcome = {
  kind: 'failed',
  place: MIRROR,
  subject: SUBJECT,
  error: new TaskError('REGISTRY_DENIED', 'no', { hint: 'Ask for it.' }),
};

describe('SignImageInfo report', () => {
  it('prints a line for each digest in each repository', () => {
    assert.deepEqual(renderPlan(PLAN), [
      `sign build.example/run/1/app@${SUBJECT.digest}`,
      `sign build.example/run/1/mirror@${SUBJECT.digest}`,
      `build.example/run/1/app@${SUBJECT.digest} is signed already`,
    ]);
    assert.equal(planSummary(PLAN), '1 digest to sign, 1 signed already');
  });

  it('says what was done and what it took', () => {
    const counts = countOutcomes([SIGNED, SIGNED, SKIPPED, FAILED]);
    assert.deepEqual(counts, { signed: 2, skipped: 1, failed: 1 });
    const usage = { elapsedMs: 1000, requests: 12, peakMemoryBytes: 99_600_000 };
    assert.equal(
      renderDone(counts, usage),
      'Signed 2 digests, skipped 1 signed already (1.0 s, 12 requests, 100 MB of memory at most).',
    );
  });

  it('reports the chain, and each digest with its signature or the reason', () => {
    const expiry = '2026-06-04T05:06:07.000Z';
    assert.deepEqual(reportOf({ ...PLAN, expiry }, [SIGNED, FAILED], [CERTIFICATE]), {
      format: 'cose',
      signingTime: '2026-03-04T05:06:07.000Z',
      expiry,
      certificates: [digestOf(CERTIFICATE).slice('sha256:'.length)],
      signatures: [
        {
          subject: `mcr.example/app@${SUBJECT.digest}`,
          repository: 'run/1/app',
          mediaType: SUBJECT.mediaType,
          outcome: 'signed',
          signature: SIGNATURE,
        },
        {
          subject: `mcr.example/mirror@${SUBJECT.digest}`,
          repository: 'run/1/mirror',
          mediaType: SUBJECT.mediaType,
          outcome: 'failed',
          code: 'REGISTRY_DENIED',
          reason: 'no',
        },
      ],
    });
    assert.ok(!('expiry' in reportOf(PLAN, [], [])));
  });

  it('fails with every digest that is not signed, and with the hint of the first', () => {
    assert.equal(failureOf([SIGNED, SKIPPED]), undefined);
    const plain = { ...FAILED, place: APP, error: new TaskError('REGISTRY_THROTTLED', 'slow') };
    const failure = failureOf([SIGNED, FAILED, plain]);
    assert.equal(failure?.code, 'SIGNING_FAILED');
    assert.equal(
      failure.message,
      [
        '2 digests of 3 could not be signed:',
        `  build.example/run/1/mirror@${SUBJECT.digest}: REGISTRY_DENIED: no`,
        `  build.example/run/1/app@${SUBJECT.digest}: REGISTRY_THROTTLED: slow`,
      ].join('\n'),
    );
    assert.equal(failure.hint, 'Ask for it.');
    assert.equal(failureOf([plain])?.hint, 'Run the task again: what is signed is skipped.');
  });
});
