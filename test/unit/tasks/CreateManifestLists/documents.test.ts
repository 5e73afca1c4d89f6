import assert from 'node:assert/strict';
import { indexManifest } from '../../../../shared/build-manifest/match.ts';
import type { ImageData, PlatformData } from '../../../../shared/image-info/model.ts';
import { declarationsOf } from '../../../../tasks/CreateManifestLists/documents.ts';
import type { DeclaredImage } from '../../../../tasks/CreateManifestLists/lists.ts';
import { PLATFORM, loaded, withImages } from '../../build-manifest/samples.ts';
import { sampleInfo, sampleManifest, samplePlatform } from '../../image-info/samples.ts';

/** What is declared for an image that a build manifest knows. */
function declaredFor(image: ImageData, ...images: readonly object[]): DeclaredImage {
  const manifest = loaded(withImages(...images));
  const declared = { manifest, index: indexManifest(manifest) };
  const found = declarationsOf({ imageInfo: sampleInfo([image]), declared })('app', image);
  assert.ok(typeof found === 'object');
  return found;
}

describe('documents declarationsOf, rows of an image that are not declared for it', () => {
  const amd64 = { ...PLATFORM, tags: { '1-amd64': {} } };
  const other = { ...amd64, dockerfile: 'other', tags: { '2-amd64': {} } };
  const tagless = { ...PLATFORM, dockerfile: 'tagless', tags: {} };
  const one = { sharedTags: { '1': {} }, platforms: [amd64, tagless] };
  const two = { sharedTags: { '2': {} }, platforms: [other, tagless] };

  const row = samplePlatform({ simpleTags: ['1-amd64'] });
  const cases: readonly { name: string; row: PlatformData; isDeclared: boolean }[] = [
    {
      name: 'a row of another Dockerfile',
      row: samplePlatform({ dockerfile: 'x' }),
      isDeclared: false,
    },
    {
      name: 'a row of another image',
      row: samplePlatform({ dockerfile: 'other/Dockerfile', simpleTags: ['2-amd64'] }),
      isDeclared: false,
    },
    {
      name: 'a row of the same Dockerfile with a tag of another image',
      row: samplePlatform({ simpleTags: ['3-amd64'] }),
      isDeclared: false,
    },
    {
      name: 'a tagless row that another image has, too',
      row: samplePlatform({ dockerfile: 'tagless/Dockerfile', simpleTags: [] }),
      isDeclared: true,
    },
    {
      name: 'a row with a tag that is not declared at all',
      row: samplePlatform({ simpleTags: ['9-amd64'] }),
      isDeclared: true,
    },
  ];
  const three = { sharedTags: { '3': {} }, platforms: [{ ...amd64, tags: { '3-amd64': {} } }] };
  for (const { name, row: added, isDeclared } of cases) {
    it(`${isDeclared ? 'accepts' : 'finds'} ${name}`, () => {
      const image = { manifest: sampleManifest('1'), platforms: [row, added] };
      const { undeclared } = declaredFor(image, two, three, one);
      assert.deepEqual(
        undeclared.map((one) => one.row),
        isDeclared ? [] : [added],
      );
    });
  }
});
