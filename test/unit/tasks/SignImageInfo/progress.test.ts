import assert from 'node:assert/strict';
import { TaskError } from '../../../../shared/core/errors.ts';
import { digestOf } from '../../../../shared/oci/digest.ts';
import type { Plan } from '../../../../tasks/SignImageInfo/plan.ts';
import { trackProgress } from '../../../../tasks/SignImageInfo/progress.ts';
import { SUBJECT } from '../../../support/signatures.ts';

const PLACE = {
  repository: { registry: 'build.example', name: 'app' },
  publicName: 'mcr.example/app',
};
const SKIPPED = {
  kind: 'skipped',
  place: PLACE,
  subject: SUBJECT,
  signature: SUBJECT.digest,
} as const;

function planOf(places: number): Plan {
  return {
    steps: [
      { kind: 'sign', subject: SUBJECT, repositories: new Array<typeof PLACE>(places).fill(PLACE) },
      SKIPPED_STEP,
    ],
    file: {
      name: 'image-info.json',
      digest: digestOf(new Uint8Array()),
      tags: {},
      signatureName: 'x.sig',
    },
    format: 'cose',
    signingTime: '2026-03-04T05:06:07.000Z',
    userMetadata: {},
  };
}

const SKIPPED_STEP = { ...SKIPPED, kind: 'skip' } as const;

describe('progress trackProgress', () => {
  it('counts digests in repositories, without those that are signed already', () => {
    const lines: string[] = [];
    const shown: string[] = [];
    const track = trackProgress(planOf(2), {
      info: (message) => lines.push(message),
      progress: (percent, message) => shown.push(`${percent}: ${message}`),
    });
    const error = new TaskError('REGISTRY_DENIED', 'no');
    track({ kind: 'failed', place: PLACE, subject: SUBJECT, error });
    track(SKIPPED);
    assert.deepEqual(lines, [
      `1 of 2: could not sign build.example/app@${SUBJECT.digest}: REGISTRY_DENIED`,
      `2 of 2: skipped build.example/app@${SUBJECT.digest}`,
    ]);
    assert.deepEqual(shown, ['50: Signed 1 of 2', '100: Signed 2 of 2']);
  });

  it('updates the page once for each percent', () => {
    const shown: number[] = [];
    const track = trackProgress(planOf(806), {
      info: () => undefined,
      progress: (percent) => shown.push(percent),
    });
    for (let index = 0; index < 806; index += 1) track(SKIPPED);
    assert.deepEqual(
      shown,
      Array.from({ length: 100 }, (_, index) => index + 1),
    );
  });
});
