import assert from 'node:assert/strict';
import { mergeReports } from '../../../shared/images-tab/release.ts';
import { allOpen, firstOpen, visibleRows } from '../../../shared/images-tab/rows.ts';
import type { OpenKeys, Row } from '../../../shared/images-tab/rows.ts';
import { LARGE_IMAGES, SAMPLE_IMAGES, releaseOf } from '../../support/images-tab/sample-reports.ts';

const RELEASE = mergeReports(releaseOf(SAMPLE_IMAGES));
const LARGE = mergeReports(releaseOf(LARGE_IMAGES));

function rows(open: OpenKeys): readonly Row[] {
  return visibleRows(RELEASE, open);
}

describe('images-tab visibleRows', () => {
  it('shows repositories alone while all are closed', () => {
    const closed = rows(new Set());
    assert.deepEqual(
      closed.map(({ kind, level, position, siblings, isOpen }) => [
        ...[kind, level, position, siblings, isOpen],
      ]),
      [1, 2, 3, 4].map((position) => ['repository', 1, position, 4, false]),
    );
  });

  it('shows below an open list its details, then its platforms', () => {
    const [repository] = rows(new Set());
    assert.ok(repository !== undefined);
    const [, list] = rows(new Set([repository.key]));
    assert.ok(list !== undefined);
    const open = rows(new Set([repository.key, list.key]));
    assert.deepEqual(
      open
        .slice(1, 8)
        .map(({ kind, level, position, siblings }) => [kind, level, position, siblings]),
      [
        ['image', 2, 1, 2],
        ['details', 3, 1, 5],
        ['image', 3, 2, 5],
        ['image', 3, 3, 5],
        ['image', 3, 4, 5],
        ['image', 3, 5, 5],
        ['image', 2, 2, 2],
      ],
    );
    assert.ok(open.slice(2, 7).every(({ parent }) => parent === list.key));
  });

  it('gives each row a key of its own', () => {
    const open = visibleRows(LARGE, allOpen(LARGE));
    assert.equal(new Set(open.map(({ key }) => key)).size, open.length);
    // 13 repositories, 202 lists with details, 604 platforms.
    assert.equal(open.length, 13 + 2 * 202 + 604);
  });
});

describe('images-tab firstOpen', () => {
  it('opens the repositories of a short release', () => {
    assert.equal(rows(firstOpen(RELEASE)).length, 9);
  });

  it('opens nothing of a long one', () => {
    assert.equal(visibleRows(LARGE, firstOpen(LARGE)).length, 13);
  });
});
