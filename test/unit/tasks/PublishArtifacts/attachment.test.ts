import assert from 'node:assert/strict';
import { parseImageInfo } from '../../../../shared/image-info/parse.ts';
import { serialiseImageInfo } from '../../../../shared/image-info/write.ts';
import { digestOf } from '../../../../shared/oci/digest.ts';
import type { PublishReport } from '../../../../shared/release-report/model.ts';
import { publishReport } from '../../../../tasks/PublishArtifacts/attachment.ts';
import { planPublish } from '../../../../tasks/PublishArtifacts/plan.ts';
import { TARGET, aRelease, digestsOfApp, inputsOf } from './support.ts';
import type { Release } from './support.ts';

async function reportOf(release: Release): Promise<PublishReport> {
  const facts = await release.gather();
  return publishReport(facts, planPublish(facts, inputsOf()), TARGET);
}

describe('PublishArtifacts publishReport', () => {
  it('tells what is copied and that all tags are new', async () => {
    const release = await aRelease();
    const { list, platforms } = digestsOfApp(release.info);
    const report = await reportOf(release);
    assert.equal(report.target, TARGET.registry);
    assert.deepEqual([...new Set(report.copies.map(({ state }) => state))], ['copied']);
    assert.equal(report.copies.length, 4);
    assert.deepEqual(
      report.images.filter(({ what }) => what === 'list'),
      [{ repo: 'app', digest: list, what: 'list', tags: ['1.0', 'latest'], platforms }],
    );
    assert.ok(report.tags.every(({ previousDigest }) => previousDigest === undefined));
    assert.deepEqual(JSON.parse(JSON.stringify(report)), report);
  });

  it('names each image, what was done with it, and each tag', async () => {
    const release = await aRelease();
    const { list, platforms } = digestsOfApp(release.info);
    const report = await reportOf(release);
    assert.equal(report.kind, 'publish');
    const [amd64] = platforms;
    const image = report.images.find(({ digest }) => digest === amd64);
    assert.deepEqual(
      [image?.repo, image?.what, image?.tags, image?.platforms],
      ['app', 'platform', ['1.0-amd64'], []],
    );
    assert.deepEqual(
      report.copies.map(({ repo, digest }) => `${repo}@${digest}`).toSorted(),
      report.images.map(({ repo, digest }) => `${repo}@${digest}`).toSorted(),
    );
    assert.deepEqual(
      report.tags.map(({ repo, tag, digest }) => [`${repo}:${tag}`, digest]),
      [
        ['app:1.0-amd64', amd64],
        ['app:1.0-arm64', platforms[1]],
        ...report.tags.slice(2, 4).map(({ tag, digest }) => [`tools/probe:${tag}`, digest]),
        ['app:1.0', list],
        ['app:latest', list],
      ],
    );
  });

  it('shows attestations neither as images nor as platforms of a list', async () => {
    const release = await aRelease();
    const facts = await release.gather();
    const { list, platforms } = digestsOfApp(release.info);
    const [image, attestation] = platforms;
    const key = `app@${list}`;
    const node = facts.nodes.get(key);
    assert.ok(node && attestation !== undefined);
    const changed = { ...node, attestations: [attestation] };
    const nodes = new Map([...facts.nodes, [key, changed] as const]);
    const plan = planPublish({ ...facts, nodes, content: nodes }, inputsOf());
    const step = plan.content.flat().find(({ digest }) => digest === attestation);
    assert.equal(step?.what, 'attestation');
    const { images } = publishReport({ ...facts, nodes }, plan, TARGET);
    assert.ok(images.every(({ digest }) => digest !== attestation));
    assert.deepEqual(images.find(({ digest }) => digest === list)?.platforms, [image]);
  });

  it('tells that everything is there already, and that no tag moved', async () => {
    const release = await aRelease();
    await release.publish({ output: '/temp/another-run/image-info.json' });
    const report = await reportOf(release);
    assert.deepEqual([...new Set(report.copies.map(({ state }) => state))], ['kept']);
    assert.ok(report.tags.every(({ digest, previousDigest }) => digest === previousDigest));
  });

  it('tells what differs from the image-info that was published before', async () => {
    const release = await aRelease();
    const facts = await release.gather();
    const { platforms } = digestsOfApp(release.info);
    const published = Buffer.from(serialiseImageInfo(release.info))
      .toString()
      .replaceAll(platforms[0] ?? '', digestOf(Buffer.from('older')));
    const baseline = parseImageInfo(Buffer.from(published), '');
    assert.ok(baseline.ok);
    const known = { ...facts, baseline: baseline.value };
    const report = publishReport(known, planPublish(known, inputsOf()), TARGET);
    const { rows = [], displaced } = report.baseline ?? {};
    assert.deepEqual(displaced, []);
    assert.deepEqual(
      rows.filter(({ changed }) => changed.length > 0),
      [
        {
          ...{ repo: 'app', digest: platforms[0] },
          ...{ previousDigest: digestOf(Buffer.from('older')), changed: ['content'] },
        },
      ],
    );
    assert.equal(rows.length, report.images.length);
    assert.equal((await reportOf(release)).baseline, undefined);
  });

  it('names the target with its prefix', async () => {
    const facts = await (await aRelease()).gather();
    const target = { registry: 'r.example', prefix: 'public' };
    const report = publishReport(facts, planPublish(facts, inputsOf()), target);
    assert.equal(report.target, 'r.example/public');
  });
});
