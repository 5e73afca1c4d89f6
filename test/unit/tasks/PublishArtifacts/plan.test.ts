import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ImageInfo } from '../../../../shared/image-info/model.ts';
import { buildIndex } from '../../../../shared/oci/index-document.ts';
import { repositoryAt } from '../../../../shared/oci/reference.ts';
import type { Facts } from '../../../../tasks/PublishArtifacts/gather.ts';
import { planPublish } from '../../../../tasks/PublishArtifacts/plan.ts';
import type { Plan } from '../../../../tasks/PublishArtifacts/steps.ts';
import {
  BUILD,
  SMALL_RELEASE,
  imageOf,
  pushImage,
  pushReferrer,
} from '../../../support/release.ts';
import type { ImageSpec } from '../../../support/release.ts';
import { TARGET, VERIFIED, aRelease, digestsOfApp, inputsOf } from './support.ts';

const SBOM = 'application/spdx+json';

/** The wave of each digest. */
function wavesOf({ content }: Plan): ReadonlyMap<string, number> {
  return new Map(content.flatMap((wave, at) => wave.map(({ digest }) => [digest, at] as const)));
}

/** A document that names the list of the image `app`, but only one of its platforms. */
function withoutSecondPlatform(info: ImageInfo): ImageInfo {
  const repos = info.repos.map((repo) => ({
    ...repo,
    images: repo.images.map((image) => ({ ...image, platforms: image.platforms.slice(0, 1) })),
  }));
  return { ...info, repos };
}

function inOrder(facts: Facts, order: readonly number[]): Facts {
  const nodes = [...facts.nodes];
  return { ...facts, nodes: new Map(order.flatMap((at) => (nodes[at] ? [nodes[at]] : []))) };
}

describe('PublishArtifacts planPublish', () => {
  it('copies children before lists and referrers after what they refer to', async () => {
    const release = await aRelease();
    const facts = await release.gather();
    const plan = planPublish(facts, inputsOf());
    const waves = wavesOf(plan);
    assert.equal(waves.size, 8);
    for (const { document, children, subject } of facts.nodes.values()) {
      const own = waves.get(document.descriptor.digest) ?? -1;
      for (const child of children) assert.ok((waves.get(child) ?? Infinity) < own);
      if (subject !== undefined) assert.ok((waves.get(subject) ?? Infinity) < own);
    }
    assert.deepEqual(
      plan.content.map((wave) => [...new Set(wave.map(({ what }) => what))].sort()),
      [['platform'], ['list', 'referrer'], ['referrer']],
    );
  });

  it('copies a referrer of a referrer last', async () => {
    const release = await aRelease();
    const repository = repositoryAt(BUILD, 'app');
    const { signal } = new AbortController();
    const { list } = digestsOfApp(release.info);
    const index = await release.registry.getManifest(repository, list, signal);
    assert.ok(index);
    const sbom = pushReferrer(release.registry, repository, {
      subject: index.descriptor,
      artifactType: SBOM,
    });
    const seal = pushReferrer(release.registry, repository, {
      subject: sbom.descriptor,
      artifactType: 'a/seal',
    });
    const waves = wavesOf(await release.plan());
    assert.deepEqual(
      [list, sbom.descriptor.digest, seal.descriptor.digest].map((digest) => waves.get(digest)),
      [1, 2, 3],
    );
  });

  it('sets platform tags and shared tags apart, all by digest', async () => {
    const release = await aRelease();
    const plan = await release.plan();
    const { list, platforms } = digestsOfApp(release.info);
    const named = (steps: Plan['sharedTags']): readonly string[] =>
      steps.map(({ repo, tag, digest, kind }) => `${kind} ${repo}:${tag} ${digest}`);
    assert.deepEqual(named(plan.sharedTags), [`set app:1.0 ${list}`, `set app:latest ${list}`]);
    assert.equal(plan.platformTags.length, 4);
    assert.equal(named(plan.platformTags)[0], `set app:1.0-amd64 ${platforms[0] ?? ''}`);
    for (const { to } of plan.platformTags) assert.equal(to.registry, 'public.example');
  });

  it('refuses tags that stand for two digests, all of them in one message', async () => {
    const images: readonly ImageSpec[] = [
      {
        repo: 'app',
        sharedTags: ['1.0'],
        platforms: [
          { name: 'amd64', tags: ['1.0-one'] },
          { name: 'arm64', platform: { architecture: 'arm64' }, tags: ['1.0-one', '1.0'] },
        ],
      },
      { repo: 'other', platforms: [{ name: 'amd64', tags: ['1.0'] }] },
    ];
    const release = await aRelease({ images });
    const { list, platforms } = digestsOfApp(release.info);
    const [amd64 = '', arm64 = ''] = platforms;
    await assert.rejects(release.publish(), {
      code: 'IMAGE_INFO_INVALID',
      message: `image-info gives 2 tags to several digests; nothing was written:\n  app:1.0-one stands for ${amd64} (platform) and ${arm64} (platform)\n  app:1.0 stands for ${arm64} (platform) and ${list} (list)`,
    });
    assert.deepEqual(release.registry.writes, []);
  });

  it('sets a tag once that two rows of one digest have', async () => {
    const rowTwice = (info: ImageInfo): ImageInfo => ({
      ...info,
      repos: info.repos.map((repo) => ({ ...repo, images: [...repo.images, ...repo.images] })),
    });
    const plan = await (await aRelease({ document: rowTwice })).plan();
    assert.equal(plan.platformTags.length, 4);
    assert.equal(plan.sharedTags.length, 2);
  });

  it('keeps what is at the target already', async () => {
    const release = await aRelease();
    await release.publish();
    const plan = await release.plan();
    const steps = [...plan.content.flat(), ...plan.platformTags, ...plan.sharedTags];
    assert.equal(steps.length, 8 + 6);
    assert.ok(steps.every(({ kind }) => kind === 'keep'));
  });

  it('copies only the signatures to a target that lacks them', async () => {
    const release = await aRelease();
    await release.publish({ gate: { kind: 'none' }, referrerTypes: [] });
    const { content } = await release.plan();
    const copies = content.flat().filter(({ kind }) => kind === 'copy');
    assert.deepEqual(
      copies.map(({ what }) => what),
      ['referrer', 'referrer', 'referrer', 'referrer'],
    );
  });

  it('survives JSON and is the same when planned again', async () => {
    const release = await aRelease();
    await release.publish({ gate: { kind: 'none' }, referrerTypes: [] });
    const facts = await release.gather({ gate: VERIFIED });
    const plan = planPublish(facts, inputsOf());
    assert.deepEqual(JSON.parse(JSON.stringify(plan)), plan);
    assert.deepEqual(planPublish(facts, inputsOf()), plan);
  });

  it('puts each manifest into the same wave whatever the order in which facts came', async () => {
    const facts = await (await aRelease()).gather();
    const expected = wavesOf(planPublish(facts, inputsOf()));
    const count = facts.nodes.size;
    const orders = fc.shuffledSubarray([...Array(count).keys()], { minLength: count });
    fc.assert(
      fc.property(orders, (order) => {
        assert.deepEqual(wavesOf(planPublish(inOrder(facts, order), inputsOf())), expected);
      }),
      { numRuns: 50 },
    );
  });

  it('takes the marks of unchanged rows away', async () => {
    const images = SMALL_RELEASE.map((image) => ({
      ...image,
      platforms: image.platforms.map((spec) => ({ ...spec, isUnchanged: true })),
    }));
    const { imageInfo } = await (await aRelease({ images })).plan({ includeUnchanged: true });
    assert.equal(imageOf(imageInfo, 'app').platforms[0]?.isUnchanged, false);
  });
});

describe('PublishArtifacts planPublish with tags that exist', () => {
  /** A release whose tag `latest` points to something else at the target. */
  async function aMove(): Promise<Awaited<ReturnType<typeof aRelease>>> {
    const release = await aRelease();
    const repository = repositoryAt(TARGET, 'app');
    const other = pushImage(release.registry, repository, { name: 'older' });
    release.registry.addManifest(repository, other, ['latest']);
    return release;
  }

  it('moves them and remembers where they pointed', async () => {
    const release = await aMove();
    const { sharedTags } = await release.plan();
    assert.deepEqual(
      sharedTags.map(({ tag, kind, previousDigest }) => [tag, kind, previousDigest]),
      [
        ['1.0', 'set', undefined],
        ['latest', 'set', release.registry.tags()['public.example/app:latest']],
      ],
    );
  });

  it('refuses to move them when told to fail, naming both digests', async () => {
    const release = await aMove();
    const before = release.registry.tags()['public.example/app:latest'] ?? '';
    const { list } = digestsOfApp(release.info);
    await assert.rejects(release.plan({ existingTags: 'fail' }), {
      code: 'TAG_EXISTS',
      message: `1 tag at the target points to another digest:\n  app:latest is ${before}, to be ${list}`,
    });
  });

  it('accepts tags that point to the right digest when told to fail', async () => {
    const release = await aRelease();
    await release.publish({ existingTags: 'fail' });
    const { sharedTags } = await release.plan({ existingTags: 'fail' });
    assert.ok(sharedTags.every(({ kind }) => kind === 'keep'));
  });
});

describe('PublishArtifacts planPublish with a gate', () => {
  it('passes a release whose signatures all verify', async () => {
    const plan = await (await aRelease()).plan({ gate: VERIFIED });
    assert.equal(plan.gate, 'verified');
  });

  for (const kind of ['platform', 'list'] as const) {
    it(`refuses a release in which a ${kind} is not signed, and names it`, async () => {
      const release = await aRelease({ signs: (_digest, what) => what !== kind });
      const { list, platforms } = digestsOfApp(release.info);
      await assert.rejects(release.plan(), {
        code: 'SIGNATURE_MISSING',
        message: new RegExp(`app@${kind === 'list' ? list : (platforms[0] ?? '')}: no signature`),
      });
      assert.equal((await release.plan({ gate: { kind: 'none' } })).gate, 'none');
    });
  }

  it('refuses an unsigned child of a list that image-info does not name', async () => {
    const unsigned = digestsOfApp((await aRelease()).info).platforms[1] ?? '';
    const release = await aRelease({
      document: withoutSecondPlatform,
      signs: (digest) => digest !== unsigned,
    });
    await assert.rejects(release.plan(), {
      code: 'SIGNATURE_MISSING',
      message: `1 digest of 4 may not be published:\n  app@${unsigned}: no signature`,
    });
  });

  it('asks for a signature of a child that is listed as a referrer too', async () => {
    const { info } = await aRelease();
    const { list, platforms } = digestsOfApp(info);
    const [, unsigned = ''] = platforms;
    const release = await aRelease({
      document: withoutSecondPlatform,
      signs: (digest) => digest !== unsigned,
    });
    const repository = repositoryAt(BUILD, 'app');
    const { signal } = new AbortController();
    const child = await release.registry.getManifest(repository, unsigned, signal);
    assert.ok(child);
    release.registry.falseReferrers.set(list, [child.descriptor]);
    await assert.rejects(release.plan(), { code: 'SIGNATURE_MISSING' });
  });

  it('asks for a signature of a child that truly refers to another image', async () => {
    const release = await aRelease();
    const repository = repositoryAt(BUILD, 'app');
    const { signal } = new AbortController();
    const { platforms } = digestsOfApp(release.info);
    const first = await release.registry.getManifest(repository, platforms[0] ?? '', signal);
    assert.ok(first);
    const attached = pushReferrer(release.registry, repository, {
      subject: first.descriptor,
      artifactType: SBOM,
    });
    const index = buildIndex({
      entries: [first.descriptor, attached.descriptor],
      mediaType: 'oci',
    });
    release.registry.addManifest(repository, index);
    const document = JSON.stringify(release.info).replaceAll(
      digestsOfApp(release.info).list,
      index.descriptor.digest,
    );
    const other = await aRelease({ document: () => JSON.parse(document) as ImageInfo });
    for (const manifest of [attached, index]) other.registry.addManifest(repository, manifest);
    await assert.rejects(other.plan(), {
      code: 'SIGNATURE_MISSING',
      message: new RegExp(`app@${attached.descriptor.digest}: no signature`),
    });
  });

  it('refuses a repository that the trust policy is silent about', async () => {
    const release = await aRelease({ scopes: ['mcr.example/app'] });
    await assert.rejects(release.plan({ gate: VERIFIED }), {
      code: 'SIGNATURE_INVALID',
      message:
        /^1 digest of 4 .*\n {2}tools\/probe@sha256:[0-9a-f]+: no trust policy statement is for build\.example\/run\/1\/tools\/probe or mcr\.example\/tools\/probe$/,
    });
  });
});
