import assert from 'node:assert/strict';
import type { ImageData } from '../../../../shared/image-info/model.ts';
import { wantedLists } from '../../../../tasks/CreateManifestLists/lists.ts';
import type { DeclaredImage } from '../../../../tasks/CreateManifestLists/lists.ts';
import {
  sampleInfo,
  sampleManifest,
  samplePlatform,
  samplePlatformOf,
} from '../../image-info/samples.ts';

const PLATFORMS = [samplePlatformOf('arm64'), samplePlatformOf('amd64')];
const SYNDICATED = { repo: 'other', tags: ['1'], members: PLATFORMS };
const ROW = 'app: src/Dockerfile (noble, amd64)';

interface Row {
  readonly name: string;
  readonly image: ImageData;
  readonly declared?: Partial<DeclaredImage> | 'unknown';
}

function listsOf({ image, declared }: Row): ReturnType<typeof wantedLists> {
  return wantedLists(sampleInfo([image]), () => {
    if (declared === undefined) return 'no-manifest';
    if (declared === 'unknown') return declared;
    return { sharedTags: [], undeclared: [], missing: [], syndicated: [], ...declared };
  });
}

describe('lists wantedLists', () => {
  it('takes shared tags and platforms of image-info when there is no build manifest', () => {
    const image = { manifest: sampleManifest('latest', '1.0'), platforms: PLATFORMS };
    assert.deepEqual(listsOf({ name: '', image }), {
      ok: true,
      value: [
        {
          image,
          repo: 'app',
          tags: ['1.0', 'latest'],
          members: PLATFORMS,
          missing: [],
          syndicated: [],
        },
      ],
    });
  });

  it('takes the tags of the build manifest where the build recorded none', () => {
    const lists = listsOf({
      name: '',
      image: { platforms: PLATFORMS },
      declared: { sharedTags: ['2', '1'], missing: ['linux/arm'], syndicated: [SYNDICATED] },
    });
    assert.ok(lists.ok);
    const [list] = lists.value;
    assert.deepEqual(list?.tags, ['1', '2']);
    assert.deepEqual(list.missing, ['linux/arm']);
    assert.deepEqual(list.syndicated, [SYNDICATED]);
  });

  const none: readonly Row[] = [
    { name: 'an image without shared tags', image: { platforms: PLATFORMS } },
    {
      name: 'an image without platforms',
      image: { manifest: sampleManifest('1'), platforms: [] },
    },
    {
      name: 'an image that the build manifest gives no shared tags',
      image: { platforms: PLATFORMS },
      declared: {},
    },
  ];
  for (const row of none) {
    it(`wants no list for ${row.name}`, () => {
      assert.deepEqual(listsOf(row), { ok: true, value: [] });
    });
  }

  const refused: readonly (Row & { readonly path: string; readonly message: string })[] = [
    {
      name: 'an image that is not declared',
      image: { platforms: [samplePlatform()] },
      declared: 'unknown',
      path: ROW,
      message: 'is not declared in the build manifest',
    },
    {
      name: 'an image without platforms that is not declared',
      image: { platforms: [] },
      declared: 'unknown',
      path: 'app',
      message: 'is not declared in the build manifest',
    },
    {
      name: 'shared tags that differ from those declared',
      image: { manifest: sampleManifest('9-dev', '9'), platforms: [samplePlatform()] },
      declared: { sharedTags: ['9', '9-main'] },
      path: ROW,
      message: 'has the shared tags 9, 9-dev, but the build manifest gives 9, 9-main',
    },
    {
      name: 'shared tags where none are declared',
      image: { manifest: sampleManifest('9'), platforms: [samplePlatform()] },
      declared: {},
      path: ROW,
      message: 'has the shared tags 9, but the build manifest gives none',
    },
  ];
  for (const row of refused) {
    it(`refuses ${row.name}`, () => {
      const { path, message } = row;
      assert.deepEqual(listsOf(row), { ok: false, problems: [{ path, message }] });
    });
  }

  it('refuses every platform that would be in a list and is not declared for it', () => {
    const image = { platforms: [samplePlatform(), ...PLATFORMS] };
    const declared = {
      sharedTags: ['9'],
      undeclared: PLATFORMS.map((row) => ({ row, rival: undefined })),
    };
    const message = 'is not a platform of app:9 in the build manifest';
    assert.deepEqual(listsOf({ name: '', image, declared }), {
      ok: false,
      problems: ['arm64', 'amd64'].map((architecture) => ({
        ...{ path: `app: src/Dockerfile (noble, ${architecture})`, message },
      })),
    });
  });

  it('refuses a syndicated tag that is the tag of another list', () => {
    const images = [{ platforms: PLATFORMS }, { platforms: [samplePlatform()] }];
    const lists = wantedLists(sampleInfo(images), (_, image) => ({
      ...{ sharedTags: [image === images[0] ? '1' : '2'], undeclared: [], missing: [] },
      syndicated: [SYNDICATED],
    }));
    const problem = { path: 'other:1', message: 'is the tag of two lists' };
    assert.deepEqual(lists, { ok: false, problems: [problem] });
  });

  it('refuses a tag of a list that a build job recorded for a platform', () => {
    const platforms = [samplePlatform({ simpleTags: ['9', 'amd64'] })];
    const declared = { sharedTags: ['9'], undeclared: [], missing: [], syndicated: [] };
    const lists = wantedLists(sampleInfo([{ platforms }]), () => declared);
    const message = 'is the tag of a list and, in image-info, of a platform';
    assert.deepEqual(lists, { ok: false, problems: [{ path: 'app:9', message }] });
  });

  it('reports the problems of all images', () => {
    const image = { platforms: [samplePlatform()] };
    const lists = wantedLists(sampleInfo([image, image]), () => 'unknown');
    assert.ok(!lists.ok);
    assert.equal(lists.problems.length, 2);
  });
});
