import assert from 'node:assert/strict';
import fc from 'fast-check';
import { latestAttempts } from '../../../shared/image-info/attempts.ts';

const cases = [
  {
    name: 'keeps the highest attempt by number, not by text',
    kept: ['w/leg-10/x.json'],
    superseded: ['w/leg-2/x.json', 'w/leg-9/x.json'],
  },
  {
    name: 'takes a folder without attempt for the earliest',
    kept: ['w/leg-1/x.json'],
    superseded: ['w/leg/x.json'],
  },
  {
    name: 'keeps the attempts of different jobs',
    kept: ['w/a-1/x.json', 'w/b-2/x.json'],
    superseded: ['w/b-1/x.json'],
  },
  {
    name: 'keeps every file of the highest attempt and none of an earlier one',
    kept: ['w/leg-2/x.json', 'w/leg-2/y.json'],
    superseded: ['w/leg-1/x.json', 'w/leg-1/z.json'],
  },
  {
    name: 'tells folders of one name in different places apart',
    kept: ['v/leg-1/x.json', 'w/leg-2/x.json'],
    superseded: [],
  },
  {
    name: 'does not take a year for an attempt',
    kept: ['w/windows-2019/x.json', 'w/windows-2022/x.json', 'w/windows/x.json'],
    superseded: [],
  },
  {
    name: 'looks at the folder, not at the file',
    kept: ['w/leg/x-1.json', 'w/leg/x-2.json', 'x-1.json', 'x-2.json'],
    superseded: [],
  },
  {
    name: 'reads paths of Windows',
    kept: ['C:\\w\\leg-2\\x.json'],
    superseded: ['C:\\w\\leg-1\\x.json'],
  },
  { name: 'has nothing to say about no files', kept: [], superseded: [] },
] as const;

describe('image-info latestAttempts', () => {
  for (const { name, kept, superseded } of cases) {
    it(name, () => {
      assert.deepEqual(latestAttempts([...superseded, ...kept]), { kept, superseded });
      assert.deepEqual(latestAttempts([...kept, ...superseded].toReversed()), { kept, superseded });
    });
  }

  it('names a file that is given twice once', () => {
    assert.deepEqual(latestAttempts(['a/x', 'a/x']), { kept: ['a/x'], superseded: [] });
  });

  it('puts every file on exactly one side', () => {
    const paths = fc.array(fc.stringMatching(/^[ab](-\d{1,2})?\/[xy]$/));
    fc.assert(
      fc.property(paths, (given) => {
        const { kept, superseded } = latestAttempts(given);
        assert.deepEqual([...kept, ...superseded].sort(), [...new Set(given)].sort());
      }),
    );
  });
});
