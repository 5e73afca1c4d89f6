import assert from 'node:assert/strict';
import { loaded, PLATFORM, withImages } from './samples.ts';

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
});
