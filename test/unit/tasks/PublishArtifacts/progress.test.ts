import assert from 'node:assert/strict';
import { trackProgress } from '../../../../tasks/PublishArtifacts/progress.ts';
import { renderSummary } from '../../../../tasks/PublishArtifacts/summary.ts';
import { aRelease } from './support.ts';

describe('PublishArtifacts progress', () => {
  it('tells items and bytes of all every ten seconds, and the percent', async () => {
    const plan = await (await aRelease()).plan();
    const lines: string[] = [];
    const percents: number[] = [];
    let nowMs = 0;
    const log = {
      info: (line: string) => void lines.push(line),
      progress: (percent: number) => void percents.push(percent),
    };
    const progress = trackProgress(plan, log, () => nowMs);
    const steps = plan.content.flat();
    for (const step of steps.slice(0, 4)) progress.copied(step);
    assert.deepEqual(lines, []);
    nowMs = 10_000;
    for (const step of steps.slice(4)) progress.copied(step);
    nowMs = 20_000;
    for (const step of [...plan.platformTags, ...plan.sharedTags]) progress.tagged(step);
    assert.deepEqual(lines, [
      '5 of 8 manifests with blobs of 0.0 MB of 0.0 MB, 0 of 6 tags.',
      '8 of 8 manifests with blobs of 0.0 MB of 0.0 MB, 1 of 6 tags.',
    ]);
    assert.deepEqual(percents, [35, 64]);
  });

  it('tells how far it is inside of one long blob, and does not count twice what goes again', async () => {
    const plan = await (await aRelease()).plan();
    const [first, ...others] = plan.content.flat();
    assert.ok(first !== undefined);
    const long = { ...first, blobBytes: 200_000_000 };
    const lines: string[] = [];
    const percents: number[] = [];
    let nowMs = 0;
    const log = {
      info: (line: string) => void lines.push(line.replace(/ manifests.*blobs of /, ', ')),
      progress: (percent: number) => void percents.push(percent),
    };
    const progress = trackProgress({ ...plan, content: [[long, ...others]] }, log, () => nowMs);
    const move = (bytes: number): void => {
      nowMs += 10_000;
      progress.moved(long, bytes);
    };
    move(50_000_000);
    move(100_000_000);
    move(-150_000_000);
    move(250_000_000);
    nowMs += 10_000;
    progress.copied(long);
    assert.deepEqual(lines, [
      '0 of 8, 50.0 MB of 200.0 MB, 0 of 6 tags.',
      '0 of 8, 150.0 MB of 200.0 MB, 0 of 6 tags.',
      '0 of 8, 0.0 MB of 200.0 MB, 0 of 6 tags.',
      '0 of 8, 200.0 MB of 200.0 MB, 0 of 6 tags.',
      '1 of 8, 200.0 MB of 200.0 MB, 0 of 6 tags.',
    ]);
    assert.deepEqual(percents, [24, 73, 0, 98, 98]);
  });
});

describe('PublishArtifacts renderSummary', () => {
  it('says what was done, and names every tag that moved', async () => {
    const release = await aRelease();
    const plan = await release.plan();
    const text = renderSummary(plan, await release.publish());
    assert.match(text, /^\| tags moved or new \| 6 \|$/m);
    assert.match(text, /^\| tags kept \| 0 \|$/m);
    assert.match(text, /^\| manifests copied \| 8 \|$/m);
    assert.match(
      text,
      /^\| signatures \| every digest has a signature; whose it is was not checked \|$/m,
    );
    assert.match(text, /^\| `public\.example\/app:latest` \| `[0-9a-f]{12}` \| new \|$/m);
  });

  it('leaves the table of tags out where none moved, and shows warnings', async () => {
    const release = await aRelease();
    await release.publish();
    const plan = { ...(await release.plan()), warnings: ['look here'] };
    const text = renderSummary(plan, await release.publish());
    assert.match(text, /^⚠ look here$/m);
    assert.ok(!text.includes('| tag |'));
    assert.match(text, /^\| tags kept \| 6 \|$/m);
  });

  it('shows some of very many tags', async () => {
    const release = await aRelease();
    const plan = await release.plan();
    const [tag] = plan.sharedTags;
    assert.ok(tag !== undefined);
    const many = { ...plan, platformTags: Array.from({ length: 300 }, () => tag), sharedTags: [] };
    assert.match(
      renderSummary(many, await release.publish()),
      /^and 100 more: see receipt\.json$/m,
    );
  });
});
