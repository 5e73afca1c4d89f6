import assert from 'node:assert/strict';
import type { ImageInfo } from '../../../../shared/image-info/model.ts';
import { planPublish } from '../../../../tasks/PublishArtifacts/plan.ts';
import { nodeKey } from '../../../../tasks/PublishArtifacts/source-graph.ts';
import { SMALL_RELEASE, imageOf } from '../../../support/release.ts';
import { aRelease, digestsOfApp, inputsOf } from './support.ts';

const BASELINE = '/workspace/baseline.json';
const MERGED = { baseline: { path: BASELINE, commitOverride: undefined } };

describe('PublishArtifacts planPublish, what somebody should look at', () => {
  it('names a list that gets no tag in the repository that it is syndicated to, and no other', async () => {
    const release = await aRelease();
    const facts = await release.gather({ gate: { kind: 'none' } });
    const { list } = digestsOfApp(release.info);
    const possibleTags = ['1.0', 'latest'];
    const digests = facts.digests.map((row) =>
      row.digest === list ? { ...row, tags: [], possibleTags } : row,
    );
    const inputs = inputsOf({ gate: { kind: 'none' } });
    assert.deepEqual(planPublish({ ...facts, digests, gate: { kind: 'none' } }, inputs).warnings, [
      `app@${list} gets no tag: at the source none of 1.0, latest of app leads to it.`,
    ]);
    const some = facts.digests.map((row) => (row.digest === list ? { ...row, possibleTags } : row));
    assert.deepEqual(planPublish({ ...facts, digests: some }, inputs).warnings, []);
  });
});

describe('PublishArtifacts planPublish, the merge into what is published', () => {
  it('tells which tags stand for the release now, and what has lost its last tag', async () => {
    const { info } = await aRelease();
    const published = JSON.parse(
      JSON.stringify(info).replace('src/amd64/Dockerfile', 'old/amd64/Dockerfile'),
    ) as ImageInfo;
    const release = await aRelease({ files: { [BASELINE]: published } });
    assert.deepEqual((await release.plan(MERGED)).displaced, [
      'app:1.0-amd64 stands for the release now',
      'app: old/amd64/Dockerfile (noble, amd64) has lost its last tag and is gone',
    ]);
  });

  it('lets no tag stand for two digests where a syndicated list gets it', async () => {
    const release = await aRelease();
    const facts = await release.gather({ gate: { kind: 'none' } });
    const [first] = facts.digests;
    assert.ok(first);
    const published = imageOf(release.info, 'app');
    const baseline: ImageInfo = {
      schemaVersion: '2.0',
      repos: [{ repo: 'mirror', images: [{ platforms: published.platforms }] }],
    };
    const digest = digestsOfApp(release.info).list;
    const digests = [...facts.digests, { ...first, repo: 'mirror', digest, tags: ['1.0-amd64'] }];
    const nodes = new Map(facts.nodes);
    const node = nodes.get(nodeKey('app', digest));
    assert.ok(node);
    nodes.set(nodeKey('mirror', digest), { ...node, repo: 'mirror' });
    const { displaced } = planPublish({ ...facts, baseline, digests, nodes }, inputsOf(MERGED));
    assert.deepEqual(displaced, [
      'mirror:1.0-amd64 stands for the release now',
      'mirror: src/amd64/Dockerfile (noble, amd64) has lost its last tag and is gone',
    ]);
  });

  for (const includeUnchanged of [false, true]) {
    it(`${includeUnchanged ? 'has' : 'does not have'} unchanged rows when they are ${includeUnchanged ? '' : 'not '}to be included`, async () => {
      const images = SMALL_RELEASE.map((image) => ({
        ...image,
        platforms: image.platforms.map((spec) => ({ ...spec, isUnchanged: image.repo !== 'app' })),
      }));
      const baseline = { schemaVersion: '2.0', repos: [] };
      const release = await aRelease({ images, files: { [BASELINE]: baseline } });
      const { imageInfo } = await release.plan({ ...MERGED, includeUnchanged });
      assert.equal(imageOf(imageInfo, 'app').platforms.length, 2);
      assert.equal(imageInfo.repos.length, includeUnchanged ? 2 : 1);
    });
  }
});
