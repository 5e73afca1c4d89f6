import assert from 'node:assert/strict';
import { TaskError } from '../../../../shared/core/errors.ts';
import { digestsOf } from '../../../../shared/image-info/select.ts';
import { repositoryAt } from '../../../../shared/oci/reference.ts';
import { nodeKey } from '../../../../tasks/PublishArtifacts/source-graph.ts';
import { readTarget } from '../../../../tasks/PublishArtifacts/target-state.ts';
import type { TargetState } from '../../../../tasks/PublishArtifacts/target-state.ts';
import { pushReferrer } from '../../../support/release.ts';
import { TARGET, aRelease, digestsOfApp } from './support.ts';
import type { Release } from './support.ts';

const APP = repositoryAt(TARGET, 'app');

async function stateOf({ registry, info, gather }: Release): Promise<TargetState> {
  const { nodes } = await gather({ gate: { kind: 'none' } });
  registry.reads.length = 0;
  const { signal } = new AbortController();
  return readTarget(digestsOf(info), nodes, { location: TARGET, registry, signal });
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
    const { present } = await readTarget([{ repo: 'app', digest: list, tags: ['latest'] }], nodes, {
      location: TARGET,
      registry: release.registry,
      signal: new AbortController().signal,
    });
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
