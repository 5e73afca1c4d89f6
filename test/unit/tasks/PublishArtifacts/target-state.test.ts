import assert from 'node:assert/strict';
import { TaskError } from '../../../../shared/core/errors.ts';
import { digestsOf } from '../../../../shared/image-info/select.ts';
import { repositoryAt } from '../../../../shared/oci/reference.ts';
import { nodeKey } from '../../../../tasks/PublishArtifacts/source-graph.ts';
import { readTarget } from '../../../../tasks/PublishArtifacts/target-state.ts';
import type { TargetState, Wanted } from '../../../../tasks/PublishArtifacts/target-state.ts';
import { pushReferrer } from '../../../support/release.ts';
import { TARGET, aRelease, digestsOfApp } from './support.ts';
import type { Release } from './support.ts';

const APP = repositoryAt(TARGET, 'app');

async function stateOf(
  { registry, info, gather }: Release,
  ask: Wanted['ask'] = 'roots',
): Promise<TargetState> {
  const { nodes } = await gather({ gate: { kind: 'none' } });
  registry.reads.length = 0;
  const { signal } = new AbortController();
  const wanted = { tagged: digestsOf(info), nodes, ask } as const;
  return readTarget(wanted, { location: TARGET, registry, signal });
}

describe('target-state readTarget', () => {
  it('finds nothing in an empty registry, with one HEAD a tag and one a digest', async () => {
    const release = await aRelease();
    assert.deepEqual(await stateOf(release), { tags: new Map(), present: new Set() });
    assert.deepEqual(
      new Set(release.registry.reads.map((name) => name.split(' ')[0])),
      new Set(['resolve']),
    );
    assert.equal(release.registry.reads.length, 6 + 4);
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

  it('asks for each manifest when told to', async () => {
    const release = await aRelease();
    await release.publish();
    const { list, platforms } = digestsOfApp(release.info);
    const untagged = { ...release, info: { ...release.info, repos: [] } };
    const { present } = await stateOf(untagged, 'each');
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
    const { present } = await readTarget(
      { tagged, nodes, ask: 'roots' },
      {
        location: TARGET,
        registry: release.registry,
        signal: new AbortController().signal,
      },
    );
    for (const digest of [list, ...platforms]) assert.ok(present.has(nodeKey('app', digest)));
  });

  it('finds a signature that is missing at a target that has its subject', async () => {
    const release = await aRelease();
    await release.publish({ referrerTypes: ['none'], gate: { kind: 'none' } });
    const { present } = await stateOf(release);
    assert.equal(present.size, 4);
  });

  it('does not take a refusal for absence', async () => {
    const release = await aRelease();
    release.registry.beforeRead = (name) => {
      if (name.includes('public.example')) throw new TaskError('REGISTRY_DENIED', 'no');
    };
    await assert.rejects(release.gather(), { code: 'REGISTRY_DENIED' });
  });
});
