import assert from 'node:assert/strict';
import { TaskError, definite } from '../../../../shared/core/errors.ts';
import { digestsOf } from '../../../../shared/image-info/select.ts';
import { repositoryAt } from '../../../../shared/oci/reference.ts';
import { nodeKey } from '../../../../tasks/PublishArtifacts/source-graph.ts';
import {
  readPresent,
  readSamples,
  readTags,
} from '../../../../tasks/PublishArtifacts/target-state.ts';
import type {
  Samples,
  TargetState,
  Wanted,
} from '../../../../tasks/PublishArtifacts/target-state.ts';
import { pushReferrer } from '../../../support/release.ts';
import { TARGET, aRelease, digestsOfApp } from './support.ts';
import type { Release } from './support.ts';
import type { ImageSpec } from '../../../support/release.ts';

const NO_SAMPLES: Samples = new Map();

const APP = repositoryAt(TARGET, 'app');
const { signal } = new AbortController();

async function stateOf(
  { registry, info, gather }: Release,
  phase: Wanted['phase'] = 'all',
): Promise<TargetState> {
  const { nodes } = await gather({ gate: { kind: 'none' } });
  registry.reads.length = 0;
  const reading = { location: TARGET, registry, signal };
  const tagged = digestsOf(info);
  const tags = await readTags(tagged, reading);
  const samples = phase === 'all' ? await readSamples(tagged, tags, reading) : new Map();
  return { tags, present: await readPresent({ tagged, tags, samples, nodes, phase }, reading) };
}

/** Six images of one platform each, in one repository. */
const SIX: readonly ImageSpec[] = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({
  repo: 'app',
  platforms: [{ name, tags: [name] }],
}));

function manifestsAskedFor({ registry }: Release): number {
  return registry.reads.filter((name) => name.includes('@sha256:')).length;
}

describe('target-state', () => {
  it('finds nothing in an empty registry, with one HEAD a tag and some digests of each repository', async () => {
    const release = await aRelease();
    assert.deepEqual(await stateOf(release), { tags: new Map(), present: new Set() });
    assert.deepEqual(
      new Set(release.registry.reads.map((name) => name.split(' ')[0])),
      new Set(['resolve']),
    );
    const { platforms } = digestsOfApp(release.info);
    assert.equal(release.registry.reads.length, 6 + 3, 'no list is asked for');
    for (const digest of platforms) {
      assert.ok(release.registry.reads.some((name) => name.includes(digest)));
    }
  });

  it('asks for few digests of a large repository in which nothing is', async () => {
    const release = await aRelease({ images: SIX, signs: () => false });
    assert.equal((await stateOf(release)).present.size, 0);
    assert.equal(manifestsAskedFor(release), 4);
  });

  it('asks first for what image-info names, of repositories without a tag, and for none of it again', async () => {
    const { registry, info, gather } = await aRelease({ images: SIX, signs: () => false });
    const { nodes } = await gather({ gate: { kind: 'none' } });
    const reading = { location: TARGET, registry, signal };
    const tagged = digestsOf(info);
    const none = await readTags([], reading);
    const samples = await readSamples(tagged, none, reading);
    assert.deepEqual([...samples.values()], [false, false, false, false]);
    registry.reads.length = 0;
    const wanted = { tagged, tags: none, samples, nodes, phase: 'all' } as const;
    assert.equal((await readPresent(wanted, reading)).size, 0);
    assert.deepEqual(registry.reads, []);
    const there = new Map([['app:a', definite(tagged[0], 'a digest').digest]]);
    assert.equal((await readSamples(tagged, there, reading)).size, 0);
  });

  it('asks for each digest of a repository in which a copy has begun', async () => {
    const release = await aRelease({ images: SIX, signs: () => false });
    const { nodes } = await release.gather({ gate: { kind: 'none' } });
    const copied = [...nodes.values()].slice(0, 2);
    for (const { document } of copied) release.registry.addManifest(APP, document);
    assert.equal((await stateOf(release)).present.size, 2);
    assert.equal(manifestsAskedFor(release), nodes.size);
  });

  it('asks for each digest of a repository that has a tag of the release', async () => {
    const release = await aRelease({ images: SIX, signs: () => false });
    const { nodes } = await release.gather({ gate: { kind: 'none' } });
    const [first] = [...nodes.values()];
    assert.ok(first);
    release.registry.addManifest(APP, first.document, ['f']);
    await stateOf(release);
    assert.equal(manifestsAskedFor(release), nodes.size);
  });

  it('finds everything after a publish, with one HEAD a tag and one listing a subject', async () => {
    const release = await aRelease();
    await release.publish();
    const { tags, present } = await stateOf(release);
    assert.equal(release.registry.reads.length, 6 + 4);
    const { nodes } = await release.gather();
    assert.equal(tags.size, 6);
    assert.deepEqual(new Set(present), new Set(nodes.keys()));
  });

  it('does not ask for children of a list that is there', async () => {
    const release = await aRelease();
    await release.publish();
    const { list, platforms } = digestsOfApp(release.info);
    await stateOf(release);
    const asked = release.registry.reads.filter((name) => name.startsWith('resolve'));
    for (const digest of [list, ...platforms]) {
      assert.ok(asked.every((name) => !name.includes(digest)));
    }
  });

  it('asks for the children of a list that is there when a tag of it is to be set, and of no other', async () => {
    const release = await aRelease();
    await release.publish();
    const { list, platforms } = digestsOfApp(release.info);
    const [gone, kept] = platforms;
    release.registry.remove(APP, gone ?? list);
    const { nodes } = await release.gather({ gate: { kind: 'none' } });
    const askedFor = async (tags: readonly string[]): Promise<readonly boolean[]> => {
      release.registry.reads.length = 0;
      const reading = { location: TARGET, registry: release.registry, signal };
      const tagged = [{ repo: 'app', digest: list, tags }];
      const found = await readTags(tagged, reading);
      const present = await readPresent(
        { tagged, tags: found, samples: NO_SAMPLES, nodes, phase: 'all' },
        reading,
      );
      const asked = release.registry.reads.filter((name) => name.startsWith('resolve'));
      assert.equal(present.has(nodeKey('app', gone ?? list)), !tags.includes('new'));
      return [gone, kept].map((one) => asked.some((name) => name.endsWith(one ?? '')));
    };
    assert.deepEqual(await askedFor(['latest']), [false, false]);
    assert.deepEqual(await askedFor(['latest', 'new']), [true, true]);
  });

  it('asks for each manifest where another job has copied them', async () => {
    const release = await aRelease();
    await release.publish();
    const { list, platforms } = digestsOfApp(release.info);
    const untagged = { ...release, info: { ...release.info, repos: [] } };
    const { present } = await stateOf(untagged, 'tags');
    const asked = release.registry.reads.filter((name) => name.startsWith('resolve'));
    assert.equal(asked.length, 4);
    for (const digest of [list, ...platforms]) assert.ok(present.has(nodeKey('app', digest)));
  });

  it('takes a tag that points elsewhere for a tag, not for its content', async () => {
    const release = await aRelease();
    const other = pushReferrer(release.registry, APP, {
      subject: { mediaType: 'a/b', digest: digestsOfApp(release.info).list, size: 1 },
      artifactType: 'a/b',
    });
    release.registry.addManifest(APP, other, ['1.0']);
    const { tags, present } = await stateOf(release);
    assert.deepEqual(tags, new Map([['app:1.0', other.descriptor.digest]]));
    assert.deepEqual(present, new Set());
  });

  it('knows that a list that is there has its children there', async () => {
    const release = await aRelease();
    await release.publish();
    const { list, platforms } = digestsOfApp(release.info);
    const only = await aRelease({ document: () => release.info });
    const { nodes } = await only.gather({ gate: { kind: 'none' } });
    const tagged = [{ repo: 'app', digest: list, tags: ['latest'] }];
    const reading = { location: TARGET, registry: release.registry, signal };
    const tags = await readTags(tagged, reading);
    const present = await readPresent(
      { tagged, tags, samples: NO_SAMPLES, nodes, phase: 'all' },
      reading,
    );
    for (const digest of [list, ...platforms]) assert.ok(present.has(nodeKey('app', digest)));
  });

  it('finds a signature that is missing at a target that has its subject', async () => {
    const release = await aRelease();
    await release.publish({ referrerTypes: [], gate: { kind: 'none' } });
    const { present } = await stateOf(release);
    assert.equal(present.size, 4);
  });

  it('asks for a signature that a list under a tag names, only where a tag is to be set', async () => {
    const release = await aRelease();
    await release.publish();
    const { registry } = release;
    const { list } = digestsOfApp(release.info);
    const { nodes } = await release.gather();
    const [signature] = [...nodes.values()].filter(({ subject }) => subject === list);
    assert.ok(signature);
    registry.remove(APP, signature.digest);
    registry.falseReferrers.set(list, [signature.document.descriptor]);
    const isPresent = async (phase: Wanted['phase'], tag = 'latest'): Promise<boolean> => {
      const reading = { location: TARGET, registry, signal };
      const tagged = [{ repo: 'app', digest: list, tags: [tag] }];
      const tags = await readTags(tagged, reading);
      const present = await readPresent(
        { tagged, tags, samples: NO_SAMPLES, nodes, phase },
        reading,
      );
      return present.has(nodeKey('app', signature.digest));
    };
    assert.equal(await isPresent('all', 'new'), true, 'a registry with the API is believed');
    registry.listsReferrersItself = () => false;
    registry.reads.length = 0;
    assert.equal(await isPresent('all'), true);
    assert.ok(registry.reads.every((name) => !name.endsWith(signature.digest)));
    assert.equal(await isPresent('all', 'new'), false);
    assert.equal(await isPresent('content'), false);
    assert.equal(await isPresent('tags'), false);
  });

  it('does not take a refusal for absence', async () => {
    const release = await aRelease();
    release.registry.beforeRead = (name) => {
      if (name.includes('public.example')) throw new TaskError('REGISTRY_DENIED', 'no');
    };
    await assert.rejects(release.gather(), { code: 'REGISTRY_DENIED' });
  });
});
