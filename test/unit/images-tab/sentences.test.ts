import assert from 'node:assert/strict';
import { mergeReports } from '../../../shared/images-tab/release.ts';
import type { Release } from '../../../shared/images-tab/release.ts';
import { loadingSentence, notesOf } from '../../../shared/images-tab/sentences.ts';
import {
  SAMPLE_IMAGES,
  createReportOf,
  publishReportOf,
  releaseOf,
  reportDocument,
} from '../../support/images-tab/sample-reports.ts';

function noted(changes: Partial<ReturnType<typeof publishReportOf>>): readonly string[] {
  return notesOf(mergeReports([reportDocument({ ...publishReportOf(SAMPLE_IMAGES), ...changes })]));
}

describe('images-tab notesOf', () => {
  it('says what differs from the image-info that was published before', () => {
    assert.deepEqual(notesOf(mergeReports(releaseOf(SAMPLE_IMAGES))), [
      'Since the image-info published before: 8 images changed (content of 8, base image of 6, commit of 6), 1 new, 6 unchanged.',
    ]);
  });

  it('says nothing where no published image-info was given', () => {
    const release: Release = mergeReports([reportDocument(createReportOf(SAMPLE_IMAGES))]);
    assert.deepEqual(notesOf(release), []);
  });

  it('says what was displaced, and of much of it how much', () => {
    const displaced = Array.from({ length: 12 }, (_, index) => `app:${index} stands for it`);
    const notes = noted({ baseline: { rows: [], displaced } });
    assert.equal(notes.length, 11);
    assert.equal(notes[0], 'In the published image-info, app:0 stands for it.');
    assert.equal(notes[10], '2 more were displaced: see the log of the step.');
  });

  it('says that tags were put back', () => {
    const undone = '2026-03-03T05:06:07.000Z';
    assert.deepEqual(noted({ undone, baseline: { rows: [], displaced: [] } }), [
      'Tags were put back to where they were before the publish of 2026-03-03 05:06 UTC.',
    ]);
  });
});

describe('images-tab loadingSentence', () => {
  it('tells reports of another version from those that are there', () => {
    const loading = { kind: 'loaded' as const, reports: [], unreadable: 2 };
    assert.match(loadingSentence(loading, true), /^2 reports of this run are of another version/);
  });
});
