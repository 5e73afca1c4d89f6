import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { mapLimit } from '../../../shared/core/concurrency.ts';
import { definite } from '../../../shared/core/errors.ts';
import type { ReleasedDigest } from '../../../shared/image-info/select.ts';
import { digestOf } from '../../../shared/oci/digest.ts';
import type { StepResult } from '../../support/agent/step-finish.ts';
import { assertSucceeded } from './assertions.ts';
import { outputOf } from './commands.ts';
import { startCountingProxy } from './counting-proxy.ts';
import type { Traffic } from './counting-proxy.ts';

/** What of a plan these checks read. */
interface PublishPlan {
  readonly content: readonly (readonly PlannedStep[])[];
  readonly platformTags: readonly PlannedStep[];
  readonly sharedTags: readonly PlannedStep[];
}

interface PlannedStep {
  readonly kind: string;
}

/** A repository prefix at a host: `127.0.0.1:5000/public/`. */
type Place = string;

/** Some of many, spread over all of them. */
export function spread<T>(items: readonly T[], count: number): readonly T[] {
  return items.filter(
    (_, index) =>
      Math.floor((index * count) / items.length) > Math.floor(((index - 1) * count) / items.length),
  );
}

/** Checks with skopeo that every list has its bytes of the build under its first tag. */
export async function assertListsAsBuilt(
  released: readonly ReleasedDigest[],
  { build, target }: { readonly build: Place; readonly target: Place },
): Promise<void> {
  const lists = released.filter(({ kind }) => kind === 'list');
  const check = async ({ repo, digest, tags }: ReleasedDigest): Promise<void> => {
    const [published, built] = await Promise.all([
      rawOf(`${target}${repo}:${definite(tags[0], 'a tag')}`),
      rawOf(`${build}${repo}@${digest}`),
    ]);
    assert.equal(published, built);
    assert.equal(digestOf(Buffer.from(published)), digest);
  };
  await mapLimit(lists, check, { limit: 2, signal: AbortSignal.timeout(120_000) });
}

async function rawOf(reference: string): Promise<string> {
  return outputOf('skopeo', ['inspect', '--raw', '--tls-verify=false', `docker://${reference}`]);
}

/**
 * Publishes what is published: only `keep` is planned, nothing is written, and the target is asked once a tag, and
 * once a digest for what refers to it.
 */
export async function publishedAgain(
  released: readonly ReleasedDigest[],
  targetUrl: string,
  publish: (targetHost: string) => Promise<StepResult>,
): Promise<StepResult> {
  const proxy = await startCountingProxy(targetUrl);
  try {
    const step = await publish(proxy.host);
    assertSucceeded(step);
    await assertNothingLeft(step, released, proxy.takeTraffic());
    return step;
  } finally {
    await proxy.close();
  }
}

async function assertNothingLeft(
  step: StepResult,
  released: readonly ReleasedDigest[],
  { requests, writes }: Traffic,
): Promise<void> {
  const file = join(dirname(step.outputs['receiptPath'] ?? ''), 'plan.json');
  const plan = JSON.parse(await readFile(file, 'utf8')) as PublishPlan;
  const steps = [...plan.content.flat(), ...plan.platformTags, ...plan.sharedTags];
  assert.deepEqual([...new Set(steps.map(({ kind }) => kind))], ['keep']);
  assert.equal(writes, 0);
  const tags = released.reduce((sum, row) => sum + row.tags.length, 0);
  // One more for each repository tells whether it has a referrers API.
  const repositories = new Set(released.map(({ repo }) => repo)).size;
  const most = tags + released.length + repositories;
  assert.ok(requests <= most, `${requests} requests, at most ${most} are allowed`);
}
