import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { JsonValue } from '../../../shared/core/json.ts';
import type { ReportDocument, ReportedImage } from '../../../shared/release-report/model.ts';
import { parseReport } from '../../../shared/release-report/parse.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;
const HEAD = {
  version: 1,
  source: { job: 'Sign.sign.__default', stageAttempt: 1, jobAttempt: 2 },
  createdAt: '2026-03-04T05:06:07.890Z',
} as const;
const NAME = { repo: 'app', digest: DIGEST };
const IMAGES: readonly ReportedImage[] = [
  { ...NAME, what: 'list', tags: ['1.0'], platforms: [OTHER] },
  {
    ...{ repo: 'app', digest: OTHER, what: 'platform', tags: [], platforms: [], bytes: 12 },
    platform: { os: 'linux', architecture: 'arm64', variant: 'v8', osVersion: 'noble' },
  },
];

const CREATE: ReportDocument = { ...HEAD, kind: 'create', images: IMAGES };
const SIGN: ReportDocument = {
  ...HEAD,
  kind: 'sign',
  images: [],
  certificates: [{ thumbprint: 'ab', subject: 'CN=Build', notAfter: '2027-01-01T00:00:00.000Z' }],
  signatures: [
    {
      ...{ ...NAME, state: 'signed', certificate: 'ab' },
      ...{ signedAt: '2026-03-04T05:06:07.000Z', isTimestamped: true },
      stampedAt: '2026-03-04T05:06:09.000Z',
    },
    { ...NAME, state: 'kept' },
    { ...NAME, state: 'failed', reason: 'SIGNING_FAILED: no' },
  ],
};
const PUBLISH: ReportDocument = {
  ...HEAD,
  kind: 'publish',
  images: [],
  target: 'public.example/x',
  copies: [{ ...NAME, state: 'copied' }],
  tags: [
    { ...NAME, tag: '1.0', previousDigest: OTHER },
    { ...NAME, tag: '1', isGone: true },
  ],
  baseline: {
    rows: [
      { ...NAME, previousDigest: OTHER, changed: ['content', 'base image'] },
      { ...NAME, changed: [] },
    ],
    displaced: ['app:0.9 stands for the release now'],
  },
  undone: '2026-03-03T05:06:07.000Z',
};

function json(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}

describe('release-report parseReport', () => {
  for (const report of [CREATE, SIGN, PUBLISH]) {
    it(`reads what a task wrote: ${report.kind}`, () => {
      assert.deepEqual(parseReport(json(report)), { ok: true, value: report });
    });
  }

  it('leaves out members that it does not know', () => {
    const given = json({ ...CREATE, evil: '<script>' });
    assert.deepEqual(parseReport(given), { ok: true, value: CREATE });
  });

  const refused: readonly {
    readonly name: string;
    readonly value: unknown;
    readonly at: string;
  }[] = [
    { name: 'no object', value: [], at: '' },
    { name: 'another version', value: { ...CREATE, version: 2 }, at: 'version' },
    { name: 'another kind', value: { ...CREATE, kind: 'scan' }, at: 'kind' },
    { name: 'no source', value: { ...CREATE, source: undefined }, at: 'source' },
    { name: 'a time in words', value: { ...CREATE, createdAt: 'now' }, at: 'createdAt' },
    {
      name: 'a month that does not exist',
      value: { ...CREATE, createdAt: '2026-13-04T05:06:07Z' },
      at: 'createdAt',
    },
    { name: 'images that are no list', value: { ...CREATE, images: {} }, at: 'images' },
    {
      name: 'more images than any release has',
      value: { ...CREATE, images: Array(20_001).fill(IMAGES[0]) },
      at: 'images',
    },
    {
      name: 'a digest with markup',
      value: { ...CREATE, images: [{ ...IMAGES[0], digest: '<img>' }] },
      at: 'images[0].digest',
    },
    {
      name: 'a negative size',
      value: { ...CREATE, images: [{ ...IMAGES[0], bytes: -1 }] },
      at: 'images[0].bytes',
    },
    {
      name: 'a tag that is too long',
      value: { ...CREATE, images: [{ ...IMAGES[0], tags: ['x'.repeat(2001)] }] },
      at: 'images[0].tags[0]',
    },
    {
      name: 'an unknown state',
      value: { ...SIGN, signatures: [{ ...NAME, state: 'maybe' }] },
      at: 'signatures[0].state',
    },
    {
      name: 'a flag in words',
      value: { ...SIGN, signatures: [{ ...NAME, state: 'kept', isTimestamped: 'yes' }] },
      at: 'signatures[0].isTimestamped',
    },
    {
      name: 'an unknown part of a row',
      value: { ...PUBLISH, baseline: { rows: [{ ...NAME, changed: ['x'] }], displaced: [] } },
      at: 'baseline.rows[0].changed[0]',
    },
    {
      name: 'a time in words of what was undone',
      value: { ...PUBLISH, undone: 'yesterday' },
      at: 'undone',
    },
    { name: 'no target', value: { ...PUBLISH, target: undefined }, at: 'target' },
  ];
  for (const { name, value, at } of refused) {
    it(`refuses ${name}`, () => {
      const result = parseReport(json(value));
      assert.ok(!result.ok);
      assert.deepEqual(
        result.problems.map(({ path }) => path),
        [at],
      );
    });
  }

  it('takes any JSON without failing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('create', 'sign', 'publish'), (value, kind) => {
        const given = { ...HEAD, kind, images: value, signatures: value, copies: value };
        assert.equal(typeof parseReport(json(given)).ok, 'boolean');
        assert.equal(parseReport(json(value)).ok, false);
      }),
    );
  });
});
