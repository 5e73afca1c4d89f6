import assert from 'node:assert/strict';
import { loadBuildManifest } from '../../../shared/build-manifest/load.ts';
import type { BuildManifest, ManifestTag } from '../../../shared/build-manifest/model.ts';
import { load, loaded, PLATFORM, withImages } from './samples.ts';

/** JSON as text, where the order of members counts: objects have names that are integers first. */
function loadedText(root: string, include?: string): BuildManifest {
  const includes = include === undefined ? [] : [['a.json', Buffer.from(include)] as const];
  const files = { root: Buffer.from(root), includes: new Map(includes), variables: new Map() };
  const result = loadBuildManifest(files);
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

const namesOf = (tags: readonly ManifestTag[] | undefined): readonly string[] | undefined =>
  tags?.map(({ name }) => name);

describe('build-manifest loadBuildManifest, names that are integers', () => {
  it('does not refuse the variable 8 for using one that is before it in the text', () => {
    const platform =
      '{"dockerfile":"src","os":"linux","osVersion":"noble","tags":{"$(8)-amd64":{}}}';
    const images = `[{"sharedTags":{"$(8)":{}},"platforms":[${platform}]}]`;
    const { repos } = loadedText(
      `{"variables":{"base":"x","8":"$(base)-8"},"repos":[{"name":"app","images":${images}}]}`,
    );
    const image = repos[0]?.images[0];
    assert.deepEqual(namesOf(image?.sharedTags), ['x-8']);
    assert.deepEqual(namesOf(image?.platforms[0]?.tags), ['x-8-amd64']);
  });

  it('has the variables of an include in the order of its own text', () => {
    const { repos } = loadedText(
      '{"includes":["a.json"],"variables":{"z":"1","3":"$(z)"},"repos":[{"name":"app","images":[{"productVersion":"$(2)","platforms":[]}]}]}',
      '{"variables":{"b":"$(3)2","2":"$(b)3"}}',
    );
    assert.equal(repos[0]?.images[0]?.productVersion, '123');
  });

  it('has 9.0-amd64 as first tag where 9 comes after it, of a platform and of an image', () => {
    const tags = '{"9.0-amd64":{},"9":{"syndication":{"repo":"old/app"}}}';
    const platform = `{"dockerfile":"src","os":"linux","osVersion":"noble","tags":${tags}}`;
    const shared = '{"latest":{},"10":null,"8":{}}';
    const empty = '{"platforms":[]}';
    const { repos } = loadedText(
      `{"repos":[{"name":"app","images":[${empty},{"sharedTags":${shared},"platforms":[${platform}]}]}]}`,
    );
    const image = repos[0]?.images[1];
    assert.deepEqual(namesOf(image?.sharedTags), ['latest', '10', '8']);
    assert.deepEqual(image?.platforms[0]?.tags, [
      { name: '9.0-amd64' },
      { name: '9', syndication: { repo: 'old/app', destinationTags: ['9'] } },
    ]);
  });
});

describe('build-manifest loadBuildManifest, variables that are null', () => {
  const image = { productVersion: '$(x)', platforms: [] };
  const version = (root: object, variables = {}): string | undefined =>
    loaded({ ...withImages(image), ...root }, { variables }).repos[0]?.images[0]?.productVersion;

  it('does not refuse a variable that is null when nothing uses it', () => {
    assert.equal(version({ variables: { x: '1', n: null } }), '1');
  });

  it('takes the value of the pipeline for a variable that is null', () => {
    assert.equal(version({ variables: { n: null, x: '$(n)2' } }, { n: '1' }), '12');
  });

  it('tells of a variable that is null where it is used', () => {
    assert.deepEqual(load({ ...withImages(image), variables: { x: null } }), {
      ok: false,
      problems: [
        {
          path: 'manifest.json: repos[0].images[0].productVersion',
          message: 'refers to the variable "x", which has no value',
        },
      ],
    });
  });
});

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
