import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ImageInfo } from '../../../shared/image-info/model.ts';
import { parseImageInfo } from '../../../shared/image-info/parse.ts';
import { serialiseImageInfo } from '../../../shared/image-info/write.ts';
import { imageInfos } from './arbitraries.ts';
import { sampleDigest, sampleInfo, samplePlatform } from './samples.ts';

function textOf(info: ImageInfo): string {
  return new TextDecoder().decode(serialiseImageInfo(info));
}

describe('image-info serialiseImageInfo', () => {
  it('writes members in the order of the reference, unknown ones last', () => {
    const digest = sampleDigest('list');
    const platform = {
      other: 'x',
      isUnchanged: true,
      layers: [{ more: 1, size: 7, digest: 'sha256:a' }],
      commitUrl: 'https://example/é',
      created: '2026-01-02T03:04:05.1234567Z',
      architecture: 'amd64',
      osVersion: 'noble',
      osType: 'Linux',
      baseImageDigest: 'library/base@sha256:b',
      digest: sampleDigest('amd64'),
      simpleTags: ['1.0-amd64'],
      dockerfile: 'src/Dockerfile',
    };
    const manifest = {
      zoned: null,
      sharedTags: ['1.0'],
      created: '2026-01-02T03:04:05Z',
      syndicatedDigests: [digest],
      digest,
    };
    const image = { extra: [], platforms: [platform], manifest, productVersion: '1.0.0' };
    const info: ImageInfo = {
      note: {},
      repos: [{ kind: 'k', images: [image], repo: 'app' }],
      schemaVersion: '2.0',
    };
    assert.equal(
      textOf(info),
      `{
  "schemaVersion": "2.0",
  "repos": [
    {
      "repo": "app",
      "images": [
        {
          "productVersion": "1.0.0",
          "manifest": {
            "digest": "${digest}",
            "syndicatedDigests": [
              "${digest}"
            ],
            "created": "2026-01-02T03:04:05Z",
            "sharedTags": [
              "1.0"
            ],
            "zoned": null
          },
          "platforms": [
            {
              "dockerfile": "src/Dockerfile",
              "simpleTags": [
                "1.0-amd64"
              ],
              "digest": "${sampleDigest('amd64')}",
              "baseImageDigest": "library/base@sha256:b",
              "osType": "Linux",
              "osVersion": "noble",
              "architecture": "amd64",
              "created": "2026-01-02T03:04:05.1234567Z",
              "commitUrl": "https://example/é",
              "layers": [
                {
                  "digest": "sha256:a",
                  "size": 7,
                  "more": 1
                }
              ],
              "isUnchanged": true,
              "other": "x"
            }
          ],
          "extra": []
        }
      ],
      "kind": "k"
    }
  ],
  "note": {}
}
`,
    );
  });

  it('leaves empty lists and defaults out, but never what is required', () => {
    const empty = { dockerfile: '', digest: '', osType: '', osVersion: '', architecture: '' };
    const platform = samplePlatform({
      ...empty,
      simpleTags: [],
      layers: [{ digest: 'd', size: 0 }],
    });
    const manifest = { digest: '', syndicatedDigests: [], sharedTags: [] };
    const written = JSON.parse(
      textOf(sampleInfo([{ manifest, platforms: [platform] }])),
    ) as unknown;
    const row = { ...empty, commitUrl: '', layers: [{ digest: 'd' }] };
    assert.deepEqual(written, {
      schemaVersion: '2.0',
      repos: [{ repo: 'app', images: [{ manifest: { digest: '' }, platforms: [row] }] }],
    });
  });

  it('writes a document without repositories as its version alone', () => {
    assert.equal(textOf({ schemaVersion: '2.0', repos: [] }), '{\n  "schemaVersion": "2.0"\n}\n');
  });

  it('is undone by parsing, whatever the document and its unknown members', () => {
    fc.assert(
      fc.property(imageInfos, (info) => {
        const bytes = serialiseImageInfo(info);
        const result = parseImageInfo(bytes, 'info.json');
        assert.deepEqual(result, { ok: true, value: info });
        assert.deepEqual(serialiseImageInfo(result.value), bytes);
      }),
    );
  });
});
