import assert from 'node:assert/strict';
import { loadBuildManifest } from '../../../shared/build-manifest/load.ts';
import { includesOf } from '../../../shared/build-manifest/wire.ts';
import { bytesOf, load, loaded, PLATFORM, withImages } from './samples.ts';
import type { Surroundings } from './samples.ts';

describe('build-manifest loadBuildManifest', () => {
  it('gives images in the words of image-info', () => {
    const platform = {
      ...PLATFORM,
      architecture: 'ARM',
      variant: 'v7',
      os: 'Linux',
      dockerfile: 'src\\noble\\',
      tags: { '1.0-arm': { docType: 'Undocumented' } },
      buildArgs: { A: 'x', B: null, C: 3 },
      customBuildLegGroups: [],
    };
    const image = { productVersion: '1.0.0', sharedTags: { '1.0': null }, platforms: [platform] };
    assert.deepEqual(loaded(withImages(image)), {
      registry: 'mcr.example',
      repos: [
        {
          name: 'app',
          id: 'app',
          images: [
            {
              repo: 'app',
              productVersion: '1.0.0',
              sharedTags: [{ name: '1.0' }],
              platforms: [
                {
                  declaredPath: 'src/noble',
                  dockerfile: 'src/noble/Dockerfile',
                  dockerfileCandidates: ['src/noble/Dockerfile', 'src/noble'],
                  architecture: 'arm32',
                  variant: 'v7',
                  osType: 'Linux',
                  osVersion: 'noble',
                  tags: [{ name: '1.0-arm' }],
                  buildArgs: { A: 'x', B: '', C: '3' },
                },
              ],
            },
          ],
        },
      ],
    });
  });

  const platforms = [
    { name: 'nothing', changes: {}, expected: ['amd64', 'Linux'] },
    { name: 'null', changes: { architecture: null }, expected: ['amd64', 'Linux'] },
    {
      name: 'arm64',
      changes: { architecture: 'arm64', os: 'LINUX' },
      expected: ['arm64', 'Linux'],
    },
    {
      name: 'AMD64',
      changes: { architecture: 'AMD64', os: 'windows' },
      expected: ['amd64', 'Windows'],
    },
  ];
  for (const { name, changes, expected } of platforms) {
    it(`reads the architecture from ${name}`, () => {
      const { repos } = loaded(withImages({ platforms: [{ ...PLATFORM, ...changes }] }));
      const platform = repos[0]?.images[0]?.platforms[0];
      assert.deepEqual([platform?.architecture, platform?.osType], expected);
    });
  }

  it('joins repositories of one name from all files, in order of first appearance', () => {
    const image = (tag: string): object => ({ sharedTags: { [tag]: {} }, platforms: [PLATFORM] });
    const root = {
      includes: ['more.json', 'dir/last.json'],
      repos: [
        { name: 'b', images: [image('1')] },
        { name: 'a', id: '', images: [] },
      ],
    };
    const includes = {
      'more.json': { repos: [{ name: 'a', id: 'x', images: [image('2')] }] },
      'dir/last.json': { registry: 'ignored', repos: [{ name: 'b', images: [image('3')] }] },
    };
    const { registry, repos } = loaded(root, { includes });
    const tags = repos.map(({ id, images }) => [
      id,
      ...images.flatMap(({ sharedTags }) => sharedTags.map(({ name }) => name)),
    ]);
    assert.deepEqual(
      [registry, tags],
      [
        '',
        [
          ['b', '1', '3'],
          ['x', '2'],
        ],
      ],
    );
  });

  it('gives syndicated tags their own name as destination unless told otherwise', () => {
    const tag = (destinationTags?: readonly string[]): object => ({
      syndication: { repo: 'old/$(name)', destinationTags },
    });
    const sharedTags = {
      one: tag(),
      two: tag([]),
      three: tag(['$(name)-3']),
      four: { syndication: null },
    };
    const root = { ...withImages({ sharedTags, platforms: [] }), variables: { name: 'app' } };
    assert.deepEqual(loaded(root).repos[0]?.images[0]?.sharedTags, [
      { name: 'one', syndication: { repo: 'old/app', destinationTags: ['one'] } },
      { name: 'two', syndication: { repo: 'old/app', destinationTags: ['two'] } },
      { name: 'three', syndication: { repo: 'old/app', destinationTags: ['app-3'] } },
      { name: 'four' },
    ]);
  });

  it('takes two names of one tag of one platform for one tag', () => {
    const platform = { ...PLATFORM, tags: { '$(a)': {}, '1': {} } };
    const root = { ...withImages({ platforms: [platform] }), variables: { a: '1' } };
    assert.deepEqual(loaded(root).repos[0]?.images[0]?.platforms[0]?.tags, [{ name: '1' }]);
  });

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
      paths: ['app:1'],
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

describe('build-manifest includesOf', () => {
  it('gives the included paths in order, none when there are none', () => {
    assert.deepEqual(includesOf(bytesOf({ includes: ['b', 'a'] })), {
      ok: true,
      value: ['b', 'a'],
    });
    assert.deepEqual(includesOf(bytesOf({ repos: [] })), { ok: true, value: [] });
  });

  it('rejects what is no manifest, by the name of the file', () => {
    const result = includesOf(new TextEncoder().encode('{'), 'm.json');
    assert.deepEqual(result.ok ? [] : result.problems.map(({ path }) => path), ['m.json']);
  });
});
