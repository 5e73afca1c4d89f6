import assert from 'node:assert/strict';
import { createReport } from '../../../../tasks/CreateManifestLists/attachment.ts';
import { planLists } from '../../../../tasks/CreateManifestLists/plan.ts';
import { aBuild, inputsOf } from './support.ts';

describe('CreateManifestLists createReport', () => {
  it('tells lists and platforms as the registry has them, and images without a list', async () => {
    const facts = await aBuild().gather();
    const plan = planLists(facts, inputsOf());
    const report = createReport(facts, plan);
    const [list] = plan.lists;
    assert.ok(list !== undefined);
    assert.equal(report.kind, 'create');
    assert.deepEqual(report.images[0], {
      ...{ repo: 'app', digest: list.digest, what: 'list', tags: ['1.0', 'latest'] },
      platforms: list.platforms.map(({ digest }) => digest),
    });
    const platforms = report.images.filter(({ what }) => what === 'platform');
    assert.deepEqual(
      platforms.map(({ repo, tags }) => [repo, ...tags]),
      [
        ['app', '1.0-amd64'],
        ['app', '1.0-arm64'],
        ['tools/probe', '2', '2.0'],
      ],
    );
    assert.deepEqual(platforms[1]?.platform, {
      ...{ os: 'linux', architecture: 'arm64', variant: 'v8' },
    });
    const [entry] = facts.lists[0]?.entries ?? [];
    assert.equal(platforms[0]?.bytes, entry?.image.bytes);
  });

  it('survives JSON', async () => {
    const facts = await aBuild().gather();
    const report = createReport(facts, planLists(facts, inputsOf()));
    assert.deepEqual(JSON.parse(JSON.stringify(report)), report);
  });
});
