import assert from 'node:assert/strict';
import { parseImageInfo } from '../../../shared/image-info/parse.ts';
import type { ImageInfo } from '../../../shared/image-info/model.ts';
import { sampleDigest } from './samples.ts';

const PLATFORM = {
  dockerfile: 'src/Dockerfile',
  digest: sampleDigest('amd64'),
  osType: 'Linux',
  osVersion: 'noble',
  architecture: 'amd64',
  commitUrl: '',
};

function parse(document: unknown): ReturnType<typeof parseImageInfo> {
  return parseImageInfo(new TextEncoder().encode(JSON.stringify(document)), 'a/info.json');
}

function accepted(document: unknown): ImageInfo {
  const result = parse(document);
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

function withPlatform(changes: object): object {
  return { repos: [{ repo: 'app', images: [{ platforms: [{ ...PLATFORM, ...changes }] }] }] };
}

describe('image-info parseImageInfo', () => {
  const documents = [
    { name: 'schema 2.0', document: { schemaVersion: '2.0' } },
    { name: 'schema 1.0', document: { schemaVersion: '1.0', repos: [] } },
    { name: 'no schema version', document: { repos: [] } },
    { name: 'null for an empty list', document: { repos: null } },
  ] as const;
  for (const { name, document } of documents) {
    it(`reads a document with ${name} as 2.0`, () => {
      assert.deepEqual(accepted(document), { schemaVersion: '2.0', repos: [] });
    });
  }

  it('fills in what a platform may leave out or set to null', () => {
    const optional = { simpleTags: null, baseImageDigest: null, created: null, layers: null };
    for (const changes of [{}, { ...optional, isUnchanged: null }]) {
      const [platform] = accepted(withPlatform(changes)).repos[0]?.images[0]?.platforms ?? [];
      const defaults = { simpleTags: [], layers: [], isUnchanged: false };
      assert.deepEqual(platform, { ...PLATFORM, ...defaults });
    }
  });

  it('leaves an absent manifest and an absent product version out', () => {
    const document = {
      repos: [{ repo: 'app', images: [{ productVersion: null, manifest: null }] }],
    };
    assert.deepEqual(accepted(document).repos[0]?.images, [{ platforms: [] }]);
  });

  it('reads a layer that is a digest alone as a layer of unknown size', () => {
    const layers = ['sha256:a', { digest: 'sha256:b' }, { digest: 'sha256:c', size: 7, x: 1 }];
    const [image] = accepted(withPlatform({ layers })).repos[0]?.images ?? [];
    assert.deepEqual(image?.platforms[0]?.layers, [
      { digest: 'sha256:a', size: 0 },
      { digest: 'sha256:b', size: 0 },
      { digest: 'sha256:c', size: 7, x: 1 },
    ]);
  });

  it('keeps dates as text, with all their digits', () => {
    const created = '2026-01-02T03:04:05.1234567Z';
    const [image] = accepted(withPlatform({ created })).repos[0]?.images ?? [];
    assert.equal(image?.platforms[0]?.created, created);
  });

  it('accepts empty digests of platforms and lists', () => {
    const manifest = { digest: '', sharedTags: ['1.0'] };
    const images = [{ manifest, platforms: [{ ...PLATFORM, digest: '' }] }];
    const [image] = accepted({ repos: [{ repo: 'app', images }] }).repos[0]?.images ?? [];
    assert.deepEqual([image?.manifest?.digest, image?.platforms[0]?.digest], ['', '']);
  });

  it('accepts a byte order mark and CRLF', () => {
    const text = '\uFEFF{\r\n  "repos": []\r\n}\r\n';
    assert.ok(parseImageInfo(new TextEncoder().encode(text), 'a.json').ok);
  });

  it('keeps unknown members at every level', () => {
    const layers = [{ digest: 'sha256:a', size: 1, x: 5 }];
    const platforms = [
      { ...PLATFORM, simpleTags: ['t'], layers, isUnchanged: true, x: { y: [4] } },
    ];
    const manifest = { syndicatedDigests: [], sharedTags: ['s'], x: 3 };
    const repos = [{ repo: 'app', images: [{ manifest, platforms, x: 2 }], x: null }];
    const document = { schemaVersion: '2.0', repos, x: true };
    assert.deepEqual(accepted(document), document);
  });

  const PLATFORM_PATH = 'a/info.json: repos[0].images[0].platforms[0]';
  const rejected = [
    { name: 'a list', document: [], path: 'a/info.json' },
    { name: 'some other document', document: { steps: [] }, path: 'a/info.json' },
    {
      name: 'an unknown schema',
      document: { schemaVersion: '3.0' },
      path: 'a/info.json: schemaVersion',
    },
    {
      name: 'a repository without name',
      document: { repos: [{}] },
      path: 'a/info.json: repos[0].repo',
    },
    {
      name: 'a repository name that leaves its path',
      document: { repos: [{ repo: '../app' }] },
      path: 'a/info.json: repos[0].repo',
    },
    {
      name: 'a digest without repository',
      document: withPlatform({ digest: PLATFORM.digest.split('@')[1] }),
      path: `${PLATFORM_PATH}.digest`,
    },
    {
      name: 'a digest that is too short',
      document: withPlatform({ digest: 'mcr.example/app@sha256:12' }),
      path: `${PLATFORM_PATH}.digest`,
    },
    {
      name: 'a digest that is a tag',
      document: withPlatform({ digest: 'mcr.example/app:1.0' }),
      path: `${PLATFORM_PATH}.digest`,
    },
    {
      name: 'a null where text is required',
      document: withPlatform({ commitUrl: null }),
      path: `${PLATFORM_PATH}.commitUrl`,
    },
    {
      name: 'a tag with a space',
      document: withPlatform({ simpleTags: ['ok', 'a b'] }),
      path: `${PLATFORM_PATH}.simpleTags[1]`,
    },
    {
      name: 'a repository name of more than 255 characters',
      document: { repos: [{ repo: 'a'.repeat(256) }] },
      path: 'a/info.json: repos[0].repo',
    },
    {
      name: 'a layer of a negative size',
      document: withPlatform({ layers: [{ digest: 'sha256:a', size: -1 }] }),
      path: `${PLATFORM_PATH}.layers[0].size`,
    },
  ];
  for (const { name, document, path } of rejected) {
    it(`rejects ${name}`, () => {
      const result = parse(document);
      assert.ok(!result.ok);
      assert.deepEqual(
        result.problems.map((problem) => problem.path),
        [path],
      );
    });
  }

  it('reports every problem, with what was expected', () => {
    const result = parse({ repos: [{ images: [{ platforms: [{ ...PLATFORM, digest: 7 }] }] }] });
    assert.deepEqual(result, {
      ok: false,
      problems: [
        { path: 'a/info.json: repos[0].repo', message: 'is required' },
        { path: `${PLATFORM_PATH}.digest`, message: 'is not string' },
      ],
    });
  });

  it('rejects numbers that would be written in another way, also of members it does not know', () => {
    const text = '{"repos":[],"x":{"id":12345678901234567890,"ratio":1.0,"ok":1.5}}';
    const result = parseImageInfo(Buffer.from(text), 'a/info.json');
    assert.deepEqual(result.ok ? [] : result.problems.map(({ path }) => path), [
      ...['a/info.json: x.id', 'a/info.json: x.ratio'],
    ]);
  });

  it('rejects text that is not JSON, by the name of the file', () => {
    const result = parseImageInfo(new TextEncoder().encode('{'), 'a/info.json');
    assert.ok(!result.ok);
    assert.equal(result.problems[0]?.path, 'a/info.json');
  });
});
