import assert from 'node:assert/strict';
import fc from 'fast-check';
import { definite } from '../../../../shared/core/errors.ts';
import { digestOf } from '../../../../shared/oci/digest.ts';
import { MediaType } from '../../../../shared/oci/media-types.ts';
import { planLists } from '../../../../tasks/CreateManifestLists/plan.ts';
import { SMALL_RELEASE, fragmentsOf, imageOf } from '../../../support/release.ts';
import type { ImageSpec } from '../../../support/release.ts';
import { aBuild, inputsOf } from './support.ts';

const [APP] = SMALL_RELEASE;

/** Two Windows images of one build and an older one. */
const TWINS: ImageSpec = {
  repo: 'app',
  sharedTags: ['1.0'],
  platforms: ['servercore', 'nanoserver', 'older'].map((name) => ({
    name,
    platform: { os: 'windows', 'os.version': name === 'older' ? '10.0.17763.1' : '10.0.20348.1' },
  })),
};

describe('CreateManifestLists planLists', () => {
  it('plans the exact bytes of each list and the digest they have', async () => {
    const { lists } = await aBuild().plan();
    assert.equal(lists.length, 1);
    const list = definite(lists[0], 'the list');
    assert.equal(digestOf(Buffer.from(list.content)), list.digest);
    assert.equal(list.mediaType, MediaType.dockerList);
    assert.deepEqual(list.repository, { registry: 'build.example', name: 'run/1/app' });
    assert.deepEqual(list.tags, ['1.0', 'latest']);
    assert.deepEqual(
      list.platforms.map(({ platform }) => platform),
      ['linux/amd64', 'linux/arm64/v8'],
    );
    const { manifests } = JSON.parse(list.content) as { manifests: { digest: string }[] };
    assert.deepEqual(
      manifests.map(({ digest }) => digest),
      list.platforms.map(({ digest }) => digest),
    );
  });

  it('records digest, time and tags in image-info, and nothing for an image without a list', async () => {
    const { lists, imageInfo } = await aBuild().plan();
    assert.deepEqual(imageOf(imageInfo, 'app').manifest, {
      digest: `mcr.example/app@${lists[0]?.digest ?? ''}`,
      syndicatedDigests: [],
      created: '2026-03-04T05:06:07.89Z',
      sharedTags: ['1.0', 'latest'],
    });
    assert.equal(imageOf(imageInfo, 'tools/probe').manifest, undefined);
  });

  it('survives JSON and is the same when planned again', async () => {
    const build = aBuild({ images: [...SMALL_RELEASE, { ...TWINS, repo: 'windows' }] });
    const plan = await build.plan({ annotations: new Map([['org.example.a', 'ä']]) });
    assert.deepEqual(JSON.parse(JSON.stringify(plan)), plan);
    const facts = await build.gather();
    assert.deepEqual(planLists(facts, inputsOf()), planLists(facts, inputsOf()));
  });

  it('survives JSON and is the same when planned again, whatever was built', async () => {
    const name = fc.constantFrom('amd64', 'arm64', 'older', 'core');
    const platforms = fc
      .uniqueArray(name, { minLength: 1 })
      .map((names) =>
        names.map((one) => ({ name: one, tags: one === 'core' ? [] : [`1.0-${one}`] })),
      );
    const image = fc.record({ repo: fc.constantFrom('app', 'a/b', 'c'), platforms });
    const images = fc.uniqueArray(image, { selector: ({ repo }) => repo });
    const annotations = fc.dictionary(fc.string({ minLength: 1 }), fc.string());
    await fc.assert(
      fc.asyncProperty(images, annotations, async (built, pairs) => {
        const specs = built.map((one) => ({ ...one, sharedTags: ['1.0'] }));
        const changes = { annotations: new Map(Object.entries(pairs)) };
        const build = aBuild({ images: specs });
        const plan = await build.plan(changes);
        assert.deepEqual(JSON.parse(JSON.stringify(plan)), plan);
        assert.deepEqual(await build.plan(changes), plan);
      }),
      { numRuns: 25 },
    );
  });

  it('is the same whatever the order of the fragments', async () => {
    const images = [...SMALL_RELEASE, { ...TWINS, repo: 'windows' }];
    const expected = await aBuild({ images }).plan();
    const count = images.flatMap(({ platforms }) => platforms).length;
    const orders = fc.shuffledSubarray([...Array(count).keys()], { minLength: count });
    await fc.assert(
      fc.asyncProperty(orders, async (order) => {
        const build = aBuild({
          images,
          split: (info) => {
            const fragments = fragmentsOf(info);
            return order.map((index) => definite(fragments[index], 'a fragment'));
          },
        });
        assert.deepEqual(await build.plan(), expected);
      }),
      { numRuns: 25 },
    );
  });

  const formats = [
    { name: 'OCI when asked', changes: { mediaType: 'oci' } as const },
    { name: 'OCI with annotations', changes: { annotations: new Map([['a', 'b']]) } },
  ];
  for (const { name, changes } of formats) {
    it(`makes the list ${name}`, async () => {
      const { lists } = await aBuild().plan(changes);
      assert.equal(lists[0]?.mediaType, MediaType.ociIndex);
    });
  }

  it('names every OCI image of all lists when Docker manifest lists are asked for', async () => {
    const only = { repo: 'other', sharedTags: ['2.0'], platforms: [{ name: 'only' }] };
    const facts = await aBuild({ images: [...SMALL_RELEASE, only] }).gather();
    const lists = facts.lists.map((list) => ({
      ...list,
      entries: list.entries.map((entry) => {
        const { image, row } = entry;
        if (row.architecture === 'arm64') return entry;
        const descriptor = { ...image.descriptor, mediaType: MediaType.ociManifest };
        return { ...entry, image: { ...image, descriptor } };
      }),
    }));
    const digests = lists.map(({ entries }) => entries[0]?.image.descriptor.digest ?? '');
    assert.throws(() => planLists({ ...facts, lists }, inputsOf({ mediaType: 'docker' })), {
      code: 'INPUT_INVALID',
      message: [
        '2 images cannot be in a Docker manifest list:',
        `  app:1.0: ${digests[0] ?? ''} is an OCI manifest (src/amd64/Dockerfile)`,
        `  other:2.0: ${digests[1] ?? ''} is an OCI manifest (src/only/Dockerfile)`,
      ].join('\n'),
      hint: 'Set mediaType to auto or oci.',
    });
    const docker = planLists(facts, inputsOf({ mediaType: 'docker' })).lists;
    assert.deepEqual(
      [...new Set(docker.map(({ mediaType }) => mediaType))],
      [MediaType.dockerList],
    );
  });

  it('writes the annotations that were given', async () => {
    const { lists } = await aBuild().plan({ annotations: new Map([['a', 'b']]) });
    const index = JSON.parse(lists[0]?.content ?? '') as { annotations?: object };
    assert.deepEqual(index.annotations, { a: 'b' });
  });

  it('warns of equal platforms with different digests, naming both', async () => {
    const { warnings, lists } = await aBuild({ images: [TWINS] }).plan();
    const twins = (lists[0]?.platforms ?? []).filter(({ platform }) => platform.includes('20348'));
    const [first, second] = twins.map(({ digest }) => digest);
    assert.deepEqual(warnings, [
      `app:1.0 has windows/amd64 (10.0.20348.1) twice, ${first ?? ''} and ${second ?? ''}: hosts take the first.`,
    ]);
  });

  it('does not warn of one image that two rows name', async () => {
    const row = { name: 'amd64', tags: ['a'] };
    const images = [{ repo: 'app', sharedTags: ['1'], platforms: [row, { name: 'amd64' }] }];
    const { warnings, lists } = await aBuild({ images }).plan();
    assert.deepEqual(warnings, []);
    const { manifests } = JSON.parse(lists[0]?.content ?? '') as { manifests: object[] };
    assert.equal(manifests.length, 1);
  });

  it('lists an image once that several rows name, as the manifest list does', async () => {
    const facts = await aBuild({ images: [TWINS] }).gather();
    const twice = facts.lists.map((list) => ({
      ...list,
      entries: [...list.entries.map((one) => ({ ...one, isImported: true })), ...list.entries],
    }));
    const once = planLists(facts, inputsOf());
    const { lists, warnings } = planLists({ ...facts, lists: twice }, inputsOf());
    assert.deepEqual([lists, warnings], [once.lists, once.warnings]);
  });

  it('warns of allowed missing platforms', async () => {
    const facts = await aBuild({ images: APP === undefined ? [] : [APP] }).gather();
    const missing = ['linux/arm32 (src/arm/Dockerfile)'];
    const lists = facts.lists.map((list) => ({ ...list, missing }));
    assert.deepEqual(planLists({ ...facts, lists }, inputsOf()).warnings, [
      'app:1.0 lacks linux/arm32 (src/arm/Dockerfile).',
    ]);
  });
});
