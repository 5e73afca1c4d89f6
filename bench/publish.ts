import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { definite } from '../shared/core/errors.ts';
import { orThrow } from '../shared/core/result.ts';
import type { ImageInfo } from '../shared/image-info/model.ts';
import { parseImageInfo } from '../shared/image-info/parse.ts';
import { serialiseImageInfo } from '../shared/image-info/write.ts';
import { medianOf } from '../test/interop/support/measurements.ts';
import { makeWorkload } from '../test/interop/support/workload.ts';
import { createLists, usageIn } from './support/list-contestants.ts';
import { seconds } from './support/list-course.ts';
import { tagsOf, withOneTag } from './support/one-tag-release.ts';
import { startProxies } from './support/proxies.ts';
import { findPublishContestants, publishRelease } from './support/publish-contestants.ts';
import type { BuiltRelease, PublishContestant } from './support/publish-contestants.ts';
import { startRegistries } from './support/registries.ts';
import type { BenchRegistries } from './support/registries.ts';
import { renderColumns } from './support/table.ts';

/**
 * Publishes 50 lists of a real product from registry to registry beside every peer on the path, as whole processes: on
 * loopback, and with each request late on both sides; then all tags of the release, and once more with nothing to do.
 *
 * Options: `--runs` on loopback (an odd number, 3), `--latency` (ms, 40), `--images` (50), `--peers` (all, or names).
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    latency: { type: 'string', default: '40' },
    images: { type: 'string', default: '50' },
    peers: { type: 'string', default: 'all' },
  },
});

const MAIN = 'image-info/image-info.dotnet-dotnet-docker-main.json';
const SOURCE_PREFIX = 'build/fifty/';

function hostOf({ url }: { readonly url: string }): string {
  return new URL(url).host;
}

interface Releases {
  /** With all its tags. */
  readonly whole: BuiltRelease;
  /** What every contestant publishes. */
  readonly oneTag: BuiltRelease;
}

/** Pushes the images, makes their lists, and keeps the image-info that says so. */
async function build({ source }: BenchRegistries, folder: string): Promise<Releases> {
  const args = ['--images', values.images, '--shared-only', '--retry-every', '0'];
  const workload = await makeWorkload({
    ...{ imageInfo: MAIN, out: join(folder, 'fifty') },
    args: [...args, '--retry10-every', '0'],
  });
  await workload.push({ url: source.url, prefix: SOURCE_PREFIX });
  await createLists({ workload, host: hostOf(source), prefix: SOURCE_PREFIX }, folder);
  const path = join(folder, 'temp', 'image-info', 'image-info.json');
  const info = orThrow(parseImageInfo(await readFile(path), path), {
    code: 'IMAGE_INFO_INVALID',
    subject: path,
  });
  const keep = async (name: string, content: ImageInfo): Promise<BuiltRelease> => {
    const imageInfo = join(folder, name);
    await writeFile(imageInfo, serialiseImageInfo(content));
    return { imageInfo, lists: tagsOf(content), sourcePrefix: SOURCE_PREFIX };
  };
  return {
    whole: await keep('whole.json', info),
    oneTag: await keep('one-tag.json', withOneTag(info)),
  };
}

/** What one contestant took. */
interface Measured {
  readonly name: string;
  readonly loopbackMs: number;
  readonly lateMs: number;
  readonly requests: number;
}

async function compare(
  registries: BenchRegistries,
  release: BuiltRelease,
  contestants: readonly PublishContestant[],
): Promise<string> {
  const direct = { source: hostOf(registries.source), target: hostOf(registries.target) };
  const loopback = new Map<PublishContestant, number[]>();
  for (let run = 0; run < Number(values.runs); run += 1) {
    // By turns, so that a busy moment of the machine meets them all.
    for (const [index, one] of contestants.entries()) {
      const { ms } = await one.publish(release, { ...direct, targetPrefix: `l${run}-${index}/` });
      loopback.set(one, [...(loopback.get(one) ?? []), ms]);
    }
  }
  const { url: source } = registries.source;
  const proxies = await startProxies([source, registries.target.url], Number(values.latency));
  const measured: Measured[] = [];
  try {
    const [slowSource = '', slowTarget = ''] = proxies.hosts;
    const slow = { source: slowSource, target: slowTarget };
    for (const [index, one] of contestants.entries()) {
      await proxies.takeTraffic();
      const { ms } = await one.publish(release, { ...slow, targetPrefix: `s-${index}/` });
      const { requests } = await proxies.takeTraffic();
      const loopbackMs = medianOf(loopback.get(one) ?? [0]);
      measured.push({ name: one.name, loopbackMs, lateMs: ms, requests });
    }
  } finally {
    await proxies.stop();
  }
  return renderMeasured(measured);
}

function renderMeasured(measured: readonly Measured[]): string {
  const ours = definite(measured[0], 'ours comes first');
  const ratio = (ms: number, of: number): string => (ms / of).toFixed(1);
  return renderColumns([
    ['', 'loopback', 'of ours', `${values.latency} ms late`, 'of ours', 'requests'],
    ...measured.map(({ name, loopbackMs, lateMs, requests }) => [
      ...[name, seconds(loopbackMs), ratio(loopbackMs, ours.loopbackMs)],
      ...[seconds(lateMs), ratio(lateMs, ours.lateMs), String(requests)],
    ]),
  ]);
}

const folder = await mkdtemp(join(tmpdir(), 'bench-'));
const registries = await startRegistries(folder);
try {
  const { whole, oneTag } = await build(registries, folder);
  console.log(
    `Two of ${registries.kind}, ${oneTag.lists.length} lists under one tag each, whole processes.`,
  );
  const all = await findPublishContestants(folder);
  const contestants = all.filter(
    ({ name, isPeer }) => !isPeer || values.peers === 'all' || values.peers.includes(name),
  );
  console.log(await compare(registries, oneTag, contestants));
  console.log(
    'goals: ten times as fast as the best peer when late, three times as four at a time;',
  );
  console.log('on loopback one and a half times as fast as the best peer.');
  const course = { source: hostOf(registries.source), target: hostOf(registries.target) };
  for (const what of ['cold', 'nothing to do']) {
    const cost = await publishRelease(
      whole,
      { ...course, targetPrefix: 'again/' },
      { folder, inputs: {} },
    );
    const { requests, megabytes } = usageIn(cost);
    console.log(
      `with all its tags, ${what}: ${seconds(cost.ms)}, ${requests} requests, ${megabytes} MB`,
    );
  }
} finally {
  await Promise.all([registries.source.stop(), registries.target.stop()]);
  await rm(folder, { recursive: true, force: true });
}
