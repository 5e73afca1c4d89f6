import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RegistrySettings } from '../../support/registry/settings.ts';
import { assertSucceeded } from './support/expect.ts';
import { taskLabs } from './support/labs.ts';
import type { Lab } from './support/labs.ts';
import { PUBLIC_PREFIX } from './support/stages.ts';
import { holesIn, tagsIn } from './support/tree.ts';
import type { View } from './support/tree.ts';

const targets: readonly (Partial<RegistrySettings> & { readonly name: string })[] = [
  { name: 'a registry with a referrers API', referrersApi: true },
  { name: 'a registry that lists referrers under tags', referrersApi: false },
];

/** What a consumer sees over time: tags that led to nothing, and how many tags there were. */
interface Sightings {
  readonly holes: ReadonlySet<string>;
  readonly tagCounts: ReadonlySet<number>;
}

/** Looks at the target every millisecond until told to stop, and once more. */
async function observe({ target }: Lab, view: View, stop: AbortSignal): Promise<Sightings> {
  const holes = new Set<string>();
  const tagCounts = new Set<number>();
  let isLast = false;
  while (!isLast) {
    isLast = stop.aborted;
    for (const hole of holesIn(target.store, view)) holes.add(hole);
    tagCounts.add(Object.keys(tagsIn(target.store, view.prefix)).length);
    await sleep(1);
  }
  return { holes, tagCounts };
}

describe('PublishArtifacts as consumers see it', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  for (const { name, ...settings } of targets) {
    it(`shows no tag without all that belongs to it on ${name}`, async () => {
      const lab = await labs.open('signed', { target: { ...settings, latencyMs: 4 } });
      const referrersApi = settings.referrersApi ?? true;
      const stop = new AbortController();
      const watching = observe(lab, { prefix: PUBLIC_PREFIX, referrersApi }, stop.signal);
      assertSucceeded(await lab.publish());
      stop.abort();
      const { holes, tagCounts } = await watching;
      assert.deepEqual([...holes], []);
      // Seen before, among and after the tags: otherwise nothing was observed.
      const counts = [...tagCounts];
      assert.deepEqual([counts.at(0), counts.at(-1)], [0, 18]);
      assert.ok(counts.length > 2, counts.join());
    });
  }

  it('are told when a signature is missing', async () => {
    const lab = await labs.open('signed');
    assertSucceeded(await lab.publish());
    const { manifests } = lab.target.store.open('public/shop/web');
    const signature = [...manifests.values()].find(({ subject }) => subject !== undefined);
    assert.ok(signature !== undefined);
    manifests.delete(signature.digest);
    const found = holesIn(lab.target.store, { prefix: PUBLIC_PREFIX, referrersApi: true });
    assert.ok(found.length > 0);
    for (const hole of found) assert.match(hole, /^public\/shop\/web:\S+ .* has no signature$/);
  });

  it('are told through the tags of a list when a platform in it has no signature', async () => {
    const lab = await labs.open('signed');
    assertSucceeded(await lab.publish());
    const { manifests, tags } = lab.target.store.open('public/shop/web');
    const platform = tags.get('2.1.0-noble-arm64');
    tags.delete('2.1.0-noble-arm64');
    const signature = [...manifests.values()].find(({ subject }) => subject === platform);
    assert.ok(signature !== undefined);
    manifests.delete(signature.digest);
    const found = holesIn(lab.target.store, { prefix: PUBLIC_PREFIX, referrersApi: true });
    assert.deepEqual(
      found.toSorted(),
      ['2.1.0', '2.1', 'latest'].map(
        (tag) => `public/shop/web:${tag}: ${platform ?? ''} has no signature`,
      ),
    );
  });
});
