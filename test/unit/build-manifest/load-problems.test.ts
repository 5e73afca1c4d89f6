import assert from 'node:assert/strict';
import { loadBuildManifest } from '../../../shared/build-manifest/load.ts';
import { includesOf } from '../../../shared/build-manifest/wire.ts';
import { bytesOf, load, PLATFORM, withImages } from './samples.ts';
import type { Surroundings } from './samples.ts';

describe('build-manifest loadBuildManifest, problems', () => {
  const image = { platforms: [PLATFORM] };
  const rejected: readonly {
    readonly name: string;
    readonly root: unknown;
    readonly surroundings?: Surroundings;
    readonly paths: readonly string[];
  }[] = [
    { name: 'a list', root: [], paths: ['manifest.json'] },
    { name: 'a manifest without repositories', root: {}, paths: ['manifest.json: repos'] },
    {
      name: 'an include that is not there',
      root: { includes: ['a.json', 'b.json'] },
      paths: ['manifest.json: includes[0]', 'manifest.json: includes[1]'],
    },
    {
      name: 'absolute includes',
      root: { includes: ['/a.json', 'C:\\b.json', ''] },
      paths: [0, 1, 2].map((index) => `manifest.json: includes[${index}]`),
    },
    {
      name: 'an include that is no manifest',
      root: { includes: ['a.json'] },
      surroundings: { includes: { 'a.json': { repos: [{ images: [] }] } } },
      paths: ['a.json: repos[0].name'],
    },
    {
      name: 'root and includes at once, with what is wrong in those that can be read',
      root: {
        ...{ repos: [{ name: 'app', images: [{ platforms: [{ dockerfile: 'src' }] }] }] },
        includes: ['gone.json', 'bad.json', 'good.json'],
      },
      surroundings: {
        includes: {
          'bad.json': { repos: [{ images: [] }] },
          'good.json': withImages({ sharedTags: { 'a b': {} }, platforms: [PLATFORM] }),
        },
      },
      paths: [
        ...['os', 'osVersion', 'tags'].map(
          (member) => `manifest.json: repos[0].images[0].platforms[0].${member}`,
        ),
        'manifest.json: includes[0]',
        'bad.json: repos[0].name',
        'good.json: repos[0].images[0].sharedTags["a b"]',
      ],
    },
    {
      name: 'a missing include, and not the variables that it may define',
      root: {
        ...withImages({ sharedTags: { '$(x)': {}, '$(y)': {} }, platforms: [PLATFORM] }),
        ...{ includes: ['gone.json'], variables: { y: '$(x)' } },
      },
      paths: ['manifest.json: includes[0]'],
    },
    {
      name: 'a variable that is defined in two files',
      root: { ...withImages(image), includes: ['a.json'], variables: { x: '1' } },
      surroundings: { includes: { 'a.json': { variables: { x: '1' } } } },
      paths: ['a.json: variables.x'],
    },
    {
      name: 'parts of a repository that disagree about its id',
      root: { repos: ['x', 'y', 'x'].map((id) => ({ name: 'app', id, images: [] })) },
      paths: ['manifest.json: repos[1].id'],
    },
    {
      name: 'unknown platforms, with every problem',
      root: withImages({
        platforms: [{ ...PLATFORM, os: 'mac', architecture: 'vax', dockerfile: '/x' }],
      }),
      paths: ['architecture', 'dockerfile', 'os'].map(
        (member) => `manifest.json: repos[0].images[0].platforms[0].${member}`,
      ),
    },
    {
      name: 'what is not a tag when its variables are filled in',
      root: {
        ...withImages({
          sharedTags: { '$(x)': {} },
          platforms: [{ ...PLATFORM, tags: { '-a': {} } }],
        }),
        variables: { x: 'a b' },
      },
      paths: [
        'manifest.json: repos[0].images[0].sharedTags["$(x)"]',
        'manifest.json: repos[0].images[0].platforms[0].tags["-a"]',
      ],
    },
    {
      name: 'a tag of a list and of a platform, after variables are filled in',
      root: {
        ...withImages({
          sharedTags: { '1': {} },
          platforms: [{ ...PLATFORM, tags: { '$(x)': {} } }],
        }),
        variables: { x: '1' },
      },
      paths: ['manifest.json: repos[0].images[0].platforms[0].tags["$(x)"]'],
    },
    {
      name: 'a tag of two images in two files',
      root: {
        ...withImages({ sharedTags: { '1': {} }, platforms: [PLATFORM] }),
        includes: ['a.json'],
      },
      surroundings: {
        includes: { 'a.json': withImages({ sharedTags: { '1': {} }, platforms: [PLATFORM] }) },
      },
      paths: ['a.json: repos[0].images[0].sharedTags["1"]'],
    },
    {
      name: 'syndication to a tag that something else has, to itself, and to what is no repository',
      root: {
        repos: [
          {
            name: 'app',
            images: [
              {
                sharedTags: {
                  a: { syndication: { repo: 'old/app' } },
                  b: { syndication: { repo: 'web', destinationTags: ['1', '2'] } },
                },
                platforms: [
                  {
                    ...PLATFORM,
                    tags: { c: { syndication: { repo: 'old/app', destinationTags: ['a'] } } },
                  },
                ],
              },
            ],
          },
          { name: 'web', images: [{ sharedTags: { '1': {} }, platforms: [PLATFORM] }] },
          {
            name: 'bad',
            images: [
              {
                sharedTags: {
                  a: { syndication: { repo: 'bad' } },
                  b: { syndication: { repo: 'mcr.example:443/x' } },
                },
                platforms: [PLATFORM],
              },
            ],
          },
        ],
      },
      paths: [
        'manifest.json: repos[2].images[0].sharedTags["a"].syndication.repo',
        'manifest.json: repos[2].images[0].sharedTags["b"].syndication.repo',
        'manifest.json: repos[0].images[0].platforms[0].tags["c"]',
        'manifest.json: repos[1].images[0].sharedTags["1"]',
      ],
    },
    {
      name: 'repositories with one id',
      root: {
        repos: [
          { name: 'app', id: 'x', images: [] },
          { name: 'x', images: [] },
        ],
      },
      paths: ['manifest.json: repos[1].id'],
    },
    {
      name: 'everything that is wrong at once, and a variable with a problem once',
      root: {
        ...withImages(
          { productVersion: '$(later)', sharedTags: { '$(first)': {} }, platforms: [PLATFORM] },
          { sharedTags: { 'a b': {}, '$(other)': {} }, platforms: [PLATFORM] },
        ),
        includes: ['a.json'],
        variables: { first: '$(missing)', later: '$(first)', last: '$(later)' },
      },
      surroundings: { includes: { 'a.json': { variables: { last: '' } } } },
      paths: [
        'a.json: variables.last',
        'manifest.json: variables.first',
        'manifest.json: repos[0].images[1].sharedTags["a b"]',
        'manifest.json: repos[0].images[1].sharedTags["$(other)"]',
      ],
    },
    {
      name: 'a variable that is not defined, wherever it is used',
      root: withImages({
        productVersion: '$(a)',
        sharedTags: { ok: { syndication: { repo: '$(b)', destinationTags: ['$(c)'] } } },
        platforms: [{ ...PLATFORM, buildArgs: { X: '$(d)' } }],
      }),
      paths: [
        'manifest.json: repos[0].images[0].productVersion',
        'manifest.json: repos[0].images[0].sharedTags["ok"].syndication.repo',
        'manifest.json: repos[0].images[0].sharedTags["ok"].syndication.destinationTags[0]',
        'manifest.json: repos[0].images[0].platforms[0].buildArgs["X"]',
      ],
    },
  ];
  for (const { name, root, surroundings, paths } of rejected) {
    it(`rejects ${name}`, () => {
      const result = load(root, surroundings);
      assert.ok(!result.ok);
      assert.deepEqual(
        result.problems.map(({ path }) => path),
        paths,
      );
    });
  }

  it('names the root as it is told to', () => {
    const result = loadBuildManifest({
      root: bytesOf([]),
      includes: new Map(),
      variables: new Map(),
      file: 'eng/manifest.json',
    });
    assert.deepEqual(result.ok ? [] : result.problems.map(({ path }) => path), [
      'eng/manifest.json',
    ]);
  });
});

describe('build-manifest loadBuildManifest, numbers', () => {
  it('rejects variables whose numbers would make other tags, and no other numbers', () => {
    const text =
      '{"x":1.0,"repos":[{"name":"app","images":[]}],"variables":{"a":8,"b":8.0,"c":1.10}}';
    const files = { root: Buffer.from(text), includes: new Map(), variables: new Map() };
    const result = loadBuildManifest(files);
    assert.deepEqual(result.ok ? [] : result.problems.map(({ path }) => path), [
      ...['manifest.json: variables.b', 'manifest.json: variables.c'],
    ]);
  });
});

describe('build-manifest includesOf', () => {
  it('gives the included paths in order, none when there are none', () => {
    assert.deepEqual(includesOf(bytesOf({ includes: ['b', 'a'] })), [
      { name: 'b', path: 'manifest.json: includes[0]' },
      { name: 'a', path: 'manifest.json: includes[1]' },
    ]);
    assert.deepEqual(includesOf(bytesOf({ repos: [] })), []);
  });

  it('gives those that can be read of a manifest that is wrong', () => {
    const root = bytesOf({ includes: ['/b', 7, 'a'], repos: 'none' });
    assert.deepEqual(includesOf(root, 'm.json'), [{ name: 'a', path: 'm.json: includes[2]' }]);
    assert.deepEqual(includesOf(new TextEncoder().encode('{'), 'm.json'), []);
  });
});
