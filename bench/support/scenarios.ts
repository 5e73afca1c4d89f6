import type { Repository } from '../../shared/oci/reference.ts';
import type { RegistryClient } from '../../shared/registry/registry-client.ts';
import type { Contestant } from './contestants.ts';
import { makeImage, pushBlobs, pushImage } from './image.ts';
import type { Proxies } from './proxies.ts';

/** What is copied, in the order of the table. */
export const SCENARIOS = ['cold', 'no-op', 'new tag', 'blobs exist', 'mount'] as const;

/** The name of a scenario. */
export type Scenario = (typeof SCENARIOS)[number];

/** What one copy took. */
export interface Sample {
  readonly contestant: string;
  readonly isPeer: boolean;
  readonly scenario: Scenario;
  readonly ms: number;
  readonly requests: number;
  /** In both directions, at both registries. */
  readonly bytes: number;
  readonly peakBytes?: number;
}

/** Where the copies happen. */
export interface Course {
  /** Prepares, past the proxies. */
  readonly client: RegistryClient;
  /** Hosts of the registries themselves. */
  readonly direct: Hosts;
  /** Hosts of their proxies. */
  readonly slow: Hosts;
  readonly proxies: Pick<Proxies, 'takeTraffic'>;
}

interface Hosts {
  readonly source: string;
  readonly target: string;
}

interface Leg {
  readonly scenario: Scenario;
  readonly to: Repository;
  readonly tag: string;
}

/** Lets a contestant copy once in every scenario; images and repositories are new each time. */
export async function runScenarios(
  course: Course,
  contestant: Contestant,
  run: string,
): Promise<readonly Sample[]> {
  const { source, target } = course.slow;
  const at = (registry: string, what: string): Repository => ({
    registry,
    name: `bench/${run}/${what}`,
  });
  const samples: Sample[] = [];
  const copied = at(target, 'copied');
  await prepare(course, at(course.direct.source, 'first'));
  for (const leg of [
    { scenario: 'cold', to: copied, tag: '1' },
    { scenario: 'no-op', to: copied, tag: '1' },
    { scenario: 'new tag', to: copied, tag: '2' },
  ] as const) {
    samples.push(await measure(course, contestant, { ...leg, from: at(source, 'first') }));
  }
  const partial = { scenario: 'blobs exist', to: at(target, 'partial'), tag: '1' } as const;
  await prepare(course, at(course.direct.source, 'second'), at(course.direct.target, 'partial'));
  samples.push(await measure(course, contestant, { ...partial, from: at(source, 'second') }));
  const mounted = { scenario: 'mount', to: at(source, 'mounted'), tag: '1' } as const;
  await prepare(course, at(course.direct.source, 'third'));
  samples.push(await measure(course, contestant, { ...mounted, from: at(source, 'third') }));
  return samples;
}

/** Pushes a new image, and its blobs to where they shall exist already. */
async function prepare(
  { client }: Course,
  source: Repository,
  blobsAt?: Repository,
): Promise<void> {
  const image = makeImage();
  await pushImage(client, { to: source, tag: '1' }, image);
  if (blobsAt !== undefined) await pushBlobs(client, blobsAt, image);
}

async function measure(
  { proxies }: Course,
  { name, isPeer, copy }: Contestant,
  { scenario, from, to, tag }: Leg & { readonly from: Repository },
): Promise<Sample> {
  await proxies.takeTraffic();
  const cost = await copy({ ...from, tag: '1' }, { ...to, tag });
  const { requests, bytes } = await proxies.takeTraffic();
  const { ms, peakBytes } = cost;
  return {
    ...{ contestant: name, isPeer, scenario, ms, requests, bytes },
    ...(peakBytes === undefined ? {} : { peakBytes }),
  };
}
