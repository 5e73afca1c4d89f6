import assert from 'node:assert/strict';
import { TaskError } from '../../../../shared/core/errors.ts';
import { NO_EVIDENCE } from '../../../../shared/notary/evidence.ts';
import { digestOf } from '../../../../shared/oci/digest.ts';
import type { FileOutcome, Outcome } from '../../../../tasks/SignImageInfo/execute.ts';
import type { Plan } from '../../../../tasks/SignImageInfo/plan.ts';
import {
  clockWarning,
  countOutcomes,
  planSummary,
  renderDone,
  renderPlan,
  reportOf,
  requireSigned,
} from '../../../../tasks/SignImageInfo/report.ts';
import type { SignedEnvelope } from '../../../../shared/ports/signer.ts';
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
  file: {
    name: 'image-info.json',
    digest: digestOf(Buffer.from('{}')),
    tags: {},
    signatureName: 'image-info.json.cose.sig',
  },
  format: 'cose',
  signingTime: '2026-03-04T05:06:07.000Z',
  userMetadata: {},
};

const ENVELOPE: SignedEnvelope = {
  subject: SUBJECT,
  bytes: Buffer.from('envelope'),
  mediaType: 'application/cose',
  chain: [CERTIFICATE],
  signingTime: new Date('2026-03-04T05:06:07.000Z'),
};
/** No signature was there before. */
const NOTHING = { subjects: [], evidence: NO_EVIDENCE };
const FILE: FileOutcome = { kind: 'signed', envelope: ENVELOPE };
const TARGET = { place: APP, subject: SUBJECT, signature: SIGNATURE };
const SIGNED: Outcome = { kind: 'signed', ...TARGET, envelope: ENVELOPE };
const SKIPPED: Outcome = { kind: 'skipped', ...TARGET };
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
      'sign image-info.json as image-info.json.cose.sig',
    ]);
  });

  it('counts a digest of two repositories twice in the plan, as when it is signed', () => {
    assert.equal(planSummary(PLAN), '2 digests to sign, 1 signed already');
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

  it('reports the file, and each digest with its signature and certificates or the reason', () => {
    const expiry = '2026-06-04T05:06:07.000Z';
    const certificates = [digestOf(CERTIFICATE).slice('sha256:'.length)];
    const outcomes = [SIGNED, SKIPPED, FAILED];
    assert.deepEqual(reportOf({ ...PLAN, expiry }, { outcomes, file: FILE }, NOTHING), {
      format: 'cose',
      signingTime: '2026-03-04T05:06:07.000Z',
      expiry,
      imageInfo: {
        file: 'image-info.json',
        digest: PLAN.file.digest,
        tags: {},
        signature: 'image-info.json.cose.sig',
        certificates,
      },
      signatures: [
        {
          subject: `mcr.example/app@${SUBJECT.digest}`,
          repository: 'run/1/app',
          mediaType: SUBJECT.mediaType,
          outcome: 'signed',
          signature: SIGNATURE,
          certificates,
        },
        {
          subject: `mcr.example/app@${SUBJECT.digest}`,
          repository: 'run/1/app',
          mediaType: SUBJECT.mediaType,
          outcome: 'skipped',
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
    assert.ok(!('expiry' in reportOf(PLAN, { outcomes: [], file: FILE }, NOTHING)));
  });

  const clocks = [
    { name: 'a clock that is right', stampedAt: '2026-03-04T05:06:07Z', warning: undefined },
    { name: 'a run that took long', stampedAt: '2026-03-04T07:06:07Z', warning: undefined },
    {
      name: 'a clock that is a minute ahead',
      stampedAt: '2026-03-04T05:05:07Z',
      warning: undefined,
    },
    { name: 'a clock that is an hour ahead', stampedAt: '2026-03-04T04:06:07Z', warning: /3600 s/ },
    { name: 'no timestamps', stampedAt: undefined, warning: undefined },
  ];
  for (const { name, stampedAt, warning } of clocks) {
    it(`${warning === undefined ? 'says nothing about' : 'warns of'} ${name}`, () => {
      const stamped = stampedAt === undefined ? {} : { stampedAt: new Date(stampedAt) };
      const signed: Outcome = { kind: 'signed', ...TARGET, envelope: { ...ENVELOPE, ...stamped } };
      const told = clockWarning({ outcomes: [SKIPPED, signed], file: FILE });
      if (warning === undefined) assert.equal(told, undefined);
      else assert.match(told ?? '', warning);
    });
  }

  const plain = { ...FAILED, place: APP, error: new TaskError('REGISTRY_THROTTLED', 'slow') };
  const unsigned: FileOutcome = { kind: 'failed', error: plain.error };
  const failures = [
    {
      name: 'digests that are not signed, with the hint of the first',
      execution: { outcomes: [SIGNED, FAILED, plain], file: FILE },
      message: [
        '2 digests of 3 could not be signed:',
        `  build.example/run/1/mirror@${SUBJECT.digest}: REGISTRY_DENIED: no`,
        `  build.example/run/1/app@${SUBJECT.digest}: REGISTRY_THROTTLED: slow`,
      ],
      hint: 'Ask for it.',
    },
    {
      name: 'a digest without a hint',
      execution: { outcomes: [plain], file: FILE },
      message: [
        '1 digest of 1 could not be signed:',
        `  build.example/run/1/app@${SUBJECT.digest}: REGISTRY_THROTTLED: slow`,
      ],
      hint: 'Run the task again: what is signed is skipped.',
    },
    {
      name: 'the hand-over file',
      execution: { outcomes: [SIGNED], file: unsigned },
      message: [
        'image-info.json could not be signed:',
        '  image-info.json: REGISTRY_THROTTLED: slow',
      ],
      hint: 'Run the task again: what is signed is skipped.',
    },
    {
      name: 'a digest and the hand-over file',
      execution: { outcomes: [SIGNED, FAILED], file: unsigned },
      message: [
        '1 digest of 2 and image-info.json could not be signed:',
        `  build.example/run/1/mirror@${SUBJECT.digest}: REGISTRY_DENIED: no`,
        '  image-info.json: REGISTRY_THROTTLED: slow',
      ],
      hint: 'Ask for it.',
    },
  ];
  for (const { name, execution, message, hint } of failures) {
    it(`fails with ${name}`, () => {
      assert.throws(() => requireSigned(PLAN, execution), {
        code: 'SIGNING_FAILED',
        message: message.join('\n'),
        hint,
      });
    });
  }

  it('gives the signature of the hand-over file when everything is signed', () => {
    assert.equal(requireSigned(PLAN, { outcomes: [SIGNED, SKIPPED], file: FILE }), ENVELOPE);
  });
});
