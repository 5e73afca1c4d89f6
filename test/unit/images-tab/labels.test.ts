import assert from 'node:assert/strict';
import {
  changeBadge,
  copyBadge,
  imageName,
  shortDigest,
  signatureBadge,
  signerText,
  sizeText,
  tilesOf,
  timeText,
} from '../../../shared/images-tab/labels.ts';
import { EMPTY_RELEASE, mergeReports } from '../../../shared/images-tab/release.ts';
import type { Signature } from '../../../shared/images-tab/release.ts';
import {
  SAMPLE_IMAGES,
  createReportOf,
  reportDocument,
  sha256,
  signReportOf,
} from '../../support/images-tab/sample-reports.ts';

describe('images-tab labels', () => {
  it('say sizes as people do', () => {
    assert.deepEqual([undefined, 0, 999, 612_000, 84_200_000, 1_240_000_000].map(sizeText), [
      '',
      '0 kB',
      '1 kB',
      '612 kB',
      '84.2 MB',
      '1.24 GB',
    ]);
  });

  it('say times in UTC and digests by their beginning', () => {
    assert.equal(timeText('2026-03-04T05:06:07.890Z'), '2026-03-04 05:06 UTC');
    assert.equal(shortDigest(sha256('')), 'sha256:e3b0c44298fc…');
  });

  const subjects = [
    { subject: 'C=US, O=Contoso, CN=Contoso Release', name: 'Contoso Release' },
    { subject: 'CN=One\\, Two, O=X', name: 'One\\, Two' },
    { subject: 'O=Without a name', name: 'O=Without a name' },
  ];
  for (const { subject, name } of subjects) {
    it(`call the signer ${subject} ${name}`, () => {
      assert.equal(signerText(subject), name);
    });
  }

  it('have a word for each state', () => {
    const signature = (state: Signature['state'], isTimestamped = false): string =>
      signatureBadge({
        ...{ state, isTimestamped, certificate: undefined, reason: undefined },
        ...{ signedAt: undefined, stampedAt: undefined },
      }).text;
    assert.deepEqual(
      [
        ...[signature('signed'), signature('signed', true), signature('kept')],
        ...[signature('failed'), signature('unsigned')],
        ...[copyBadge('copied'), copyBadge('kept'), copyBadge(undefined)].map(({ text }) => text),
        ...(['new', 'changed', 'removed', 'unchanged', undefined] as const).map(
          (one) => changeBadge(one)?.text,
        ),
      ],
      [
        ...['Signed', 'Signed, timestamped', 'Signed earlier', 'Signing failed', 'Unsigned'],
        ...['Copied', 'Already there', 'Not published'],
        ...['New', 'Changed', 'Removed', 'Unchanged', undefined],
      ],
    );
  });

  it('call an image of which nothing is known by its digest', () => {
    const image = {
      repo: 'a',
      digest: sha256(''),
      what: 'platform' as const,
      tags: [],
      platforms: [],
    };
    const release = mergeReports([reportDocument({ kind: 'create', images: [image] })]);
    const [made] = release.repositories[0]?.images ?? [];
    assert.equal(made === undefined ? '' : imageName(made), 'sha256:e3b0c44298fc…');
  });
});

describe('images-tab tilesOf', () => {
  it('count what is left to do', () => {
    const reports = [
      createReportOf(SAMPLE_IMAGES),
      signReportOf(SAMPLE_IMAGES, { failed: [0, 1] }),
    ];
    const tiles = tilesOf(mergeReports(reports.map((report) => reportDocument(report))));
    assert.deepEqual(
      tiles.map(({ label, value, note }) => [label, value, note]),
      [
        ['Repositories', '4', '4 manifest lists'],
        ['Images', '15', '11 platform images'],
        ['Signed', '13 / 15', '2 failed'],
        ['Published', '0 / 15', 'nothing yet'],
        ['Changes', '–', 'known once published'],
      ],
    );
    assert.equal(tiles[2]?.progress, 13 / 15);
  });

  it('count nothing of an empty release', () => {
    assert.equal(tilesOf(EMPTY_RELEASE)[2]?.progress, 0);
  });
});
