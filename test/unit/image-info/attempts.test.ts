import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  contestedFiles,
  describedPlatforms,
  latestAttempts,
} from '../../../shared/image-info/attempts.ts';
import type { DescribedPlatforms, FoundFragment } from '../../../shared/image-info/attempts.ts';
import type { ImageInfo } from '../../../shared/image-info/model.ts';

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
  {
    name: 'knows the attempt of a job that keeps its file in a folder',
    kept: ['w/leg-10/out/x.json'],
    superseded: ['w/leg-9/out/x.json', 'w/leg/out/x.json'],
  },
  {
    name: 'takes no two folders for attempts that differ in more than one place',
    kept: ['w/leg-1/a/x.json', 'w/leg-1/out-2/x.json', 'w/leg-2/b/x.json', 'w/leg-3/out-1/x.json'],
    superseded: [],
  },
  {
    name: 'takes no folder for an attempt of another one below it',
    kept: ['a-1/b/x.json', 'a/b-2/x.json'],
    superseded: [],
  },
  { name: 'has nothing to say about no files', kept: [], superseded: [] },
] as const;

/** Nobody has looked into the files. */
const UNREAD: DescribedPlatforms = new Map();

/** Files as patterns find them. */
function found(paths: readonly string[]): readonly FoundFragment[] {
  return paths.map((path) => ({ path }));
}

describe('image-info latestAttempts', () => {
  for (const { name, kept, superseded } of cases) {
    it(name, () => {
      const expected = { kept, superseded, missed: [] };
      assert.deepEqual(latestAttempts(found([...superseded, ...kept]), UNREAD), expected);
      assert.deepEqual(
        latestAttempts(found([...kept, ...superseded].toReversed()), UNREAD),
        expected,
      );
    });
  }

  it('names a file that is given twice once', () => {
    assert.deepEqual(latestAttempts(found(['a/x', 'a/x']), UNREAD).kept, ['a/x']);
  });

  it('puts every file on exactly one side', () => {
    const paths = fc.array(fc.stringMatching(/^[ab](-\d{1,2})?\/[xy]$/));
    fc.assert(
      fc.property(paths, (given) => {
        const { kept, superseded } = latestAttempts(found(given), UNREAD);
        assert.deepEqual([...kept, ...superseded].sort(), [...new Set(given)].sort());
      }),
    );
  });

  const looks = [
    {
      name: 'keeps jobs that have nothing in common, whatever they are called',
      described: { 'w/jdk-17/x': ['a'], 'w/jdk-21/x': ['b'], 'w/jdk-8/x': ['c', 'd'] },
      kept: ['w/jdk-17/x', 'w/jdk-21/x', 'w/jdk-8/x'],
      missed: [],
    },
    {
      name: 'takes folders that describe the same for attempts',
      described: { 'w/leg-1/x': ['a'], 'w/leg-2/x': ['a', 'b'] },
      kept: ['w/leg-2/x'],
      missed: [],
    },
    {
      name: 'looks at all files of an attempt together',
      described: { 'w/leg-1/x': ['a'], 'w/leg-1/y': ['b'], 'w/leg-2/x': ['b'] },
      kept: ['w/leg-2/x'],
      missed: ['w/leg-1/x'],
    },
    {
      name: 'knows a job of its own among attempts of another',
      described: { 'w/v-1/x': ['a'], 'w/v-2/x': ['a'], 'w/v-17/x': ['b'] },
      kept: ['w/v-17/x', 'w/v-2/x'],
      missed: [],
    },
    {
      name: 'knows attempts of several jobs whose names end like attempts',
      described: {
        ...{ 'leg-1/jdk-17/x': ['a'], 'leg-1/jdk-21/x': ['b'] },
        ...{ 'leg-2/jdk-17/x': ['a'], 'leg-2/jdk-21/x': ['b'] },
      },
      kept: ['leg-2/jdk-17/x', 'leg-2/jdk-21/x'],
      missed: [],
    },
    {
      name: 'takes an earlier file that describes nothing for replaced',
      described: { 'w/leg-1/x': [], 'w/leg-2/x': ['a'] },
      kept: ['w/leg-2/x'],
      missed: [],
    },
    {
      name: 'does not miss what another job describes',
      described: { 'w/leg-1/x': ['a', 'b'], 'w/leg-2/x': ['a'], 'w/other/x': ['b'] },
      kept: ['w/leg-2/x', 'w/other/x'],
      missed: [],
    },
  ];
  for (const { name, described, kept, missed } of looks) {
    it(name, () => {
      const sets = Object.entries(described).map(([path, list]) => [path, new Set(list)] as const);
      const latest = latestAttempts(found(Object.keys(described)), new Map(sets));
      assert.deepEqual([latest.kept, latest.missed], [kept, missed]);
    });
  }
});

describe('image-info latestAttempts of artifacts', () => {
  it('goes by their names, wherever in them the files are', () => {
    const files = [
      { path: 'leg-1/out/x.json', artifact: 'leg-1' },
      { path: 'leg-2/s/7/x.json', artifact: 'leg-2' },
      { path: 'leg-2/s/8/y.json', artifact: 'leg-2' },
      { path: 'leg-2/s-1/x.json', artifact: 'leg-2' },
    ];
    assert.deepEqual(latestAttempts(files, UNREAD).superseded, ['leg-1/out/x.json']);
  });
});

describe('image-info contestedFiles', () => {
  it('names the files of jobs with several attempts, and no others', () => {
    const files = ['w/a-1/x', 'w/a-2/x', 'w/b-1/x', 'w/c/x', 'w/c-1/x', 'w/c-1/y'];
    assert.deepEqual(contestedFiles(found(files)).toSorted(), [
      ...['w/a-1/x', 'w/a-2/x', 'w/c-1/x', 'w/c-1/y', 'w/c/x'],
    ]);
  });
});

describe('image-info describedPlatforms', () => {
  it('tells platforms of repositories apart, and not their tags', () => {
    const platform = (dockerfile: string, tag: string): object => ({
      ...{ dockerfile, simpleTags: [tag], digest: 'd', osType: 'Linux', osVersion: 'noble' },
      architecture: 'amd64',
    });
    const info = (tag: string): ImageInfo => {
      const platforms = [platform('a/Dockerfile', tag), platform('b/Dockerfile', tag)];
      const images = [{ productVersion: '1.0.1', platforms }];
      const document = {
        schemaVersion: '2.0',
        repos: ['x', 'y'].map((repo) => ({ repo, images })),
      };
      return document as ImageInfo;
    };
    assert.equal(describedPlatforms(info('1')).size, 4);
    assert.deepEqual(describedPlatforms(info('1')), describedPlatforms(info('2')));
  });
});
