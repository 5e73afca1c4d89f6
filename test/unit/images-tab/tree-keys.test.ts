import assert from 'node:assert/strict';
import { mergeReports } from '../../../shared/images-tab/release.ts';
import { firstOpen, visibleRows } from '../../../shared/images-tab/rows.ts';
import { treeAction } from '../../../shared/images-tab/tree-keys.ts';
import type { TreeKey } from '../../../shared/images-tab/tree-keys.ts';
import { SAMPLE_IMAGES, releaseOf } from '../../support/images-tab/sample-reports.ts';

const RELEASE = mergeReports(releaseOf(SAMPLE_IMAGES));
const FIRST = firstOpen(RELEASE);
const LIST = visibleRows(RELEASE, FIRST)[1]?.key ?? '';
/** 0 repository, 1 list (open), 2 its details, 3 to 6 its platforms, 7 list, 8 repository, … */
const ROWS = visibleRows(RELEASE, new Set([...FIRST, LIST]));

interface Case {
  readonly at: number;
  readonly name: string;
  readonly does: number | 'toggle' | 'nothing';
}

describe('images-tab treeAction', () => {
  const cases: readonly Case[] = [
    { at: 0, name: 'ArrowDown', does: 1 },
    { at: 0, name: 'ArrowUp', does: 0 },
    { at: 13, name: 'ArrowDown', does: 13 },
    { at: 0, name: 'PageDown', does: 10 },
    { at: 12, name: 'PageUp', does: 2 },
    { at: 5, name: 'Home', does: 0 },
    { at: 5, name: 'End', does: 13 },
    { at: 1, name: 'ArrowRight', does: 2 },
    { at: 1, name: 'ArrowLeft', does: 'toggle' },
    { at: 3, name: 'ArrowRight', does: 'toggle' },
    { at: 3, name: 'ArrowLeft', does: 1 },
    { at: 2, name: 'ArrowLeft', does: 1 },
    { at: 2, name: 'ArrowRight', does: 'nothing' },
    { at: 7, name: 'ArrowLeft', does: 0 },
    { at: 1, name: 'Enter', does: 'toggle' },
    { at: 3, name: ' ', does: 'toggle' },
    { at: 2, name: 'Enter', does: 'nothing' },
    { at: 1, name: 'x', does: 'nothing' },
  ];
  for (const { at, name, does } of cases) {
    it(`${name} on row ${at}: ${does}`, () => {
      const row = ROWS[at];
      assert.ok(row !== undefined);
      const action = treeAction(ROWS, row, { name, isControl: false });
      const expected =
        does === 'nothing'
          ? undefined
          : does === 'toggle'
            ? { kind: 'toggle', key: row.key }
            : { kind: 'focus', key: ROWS[does]?.key };
      assert.deepEqual(action, expected);
    });
  }

  it('copies the digest of an image, and leaves other combinations to the browser', () => {
    const press = (at: number, key: TreeKey): unknown => {
      const row = ROWS[at];
      assert.ok(row !== undefined);
      return treeAction(ROWS, row, key);
    };
    const [image] = RELEASE.repositories[0]?.images ?? [];
    const copy = { name: 'c', isControl: true };
    assert.deepEqual(press(1, copy), { kind: 'copy', digest: image?.digest });
    assert.equal(press(0, copy), undefined);
    assert.equal(press(1, { name: 'ArrowDown', isControl: true }), undefined);
  });
});
