import assert from 'node:assert/strict';
import { TaskError } from '../../../../shared/core/errors.ts';
import { repositoryAt } from '../../../../shared/oci/reference.ts';
import type { Location } from '../../../../shared/oci/reference.ts';
import type { Timer } from '../../../../shared/ports/clock.ts';
import type { WaitTools } from '../../../../tasks/PublishArtifacts/wait.ts';
import { waitForTags } from '../../../../tasks/PublishArtifacts/wait.ts';
import { documentOf } from '../../../../shared/oci/manifest-document.ts';
import { NOW } from '../../../support/signing.ts';
import { aRelease } from './support.ts';
import type { Release } from './support.ts';

/** Where the published content shows up after a while. */
const MIRROR: Location = { registry: 'mcr.example', prefix: 'dotnet' };

interface Waiting {
  readonly slept: number[];
  readonly lines: string[];
  readonly run: () => Promise<void>;
}

/** Waits for the tags of a release; `onPause` is what happens at the mirror meanwhile. */
async function waitFor(
  release: Release,
  onPause: (round: number) => void | Promise<void>,
  signal = new AbortController().signal,
): Promise<Waiting> {
  const slept: number[] = [];
  const lines: string[] = [];
  const timer: Timer = {
    now: () => new Date(NOW.getTime() + slept.reduce((sum, ms) => sum + ms, 0)),
    sleep: async (ms) => {
      slept.push(ms);
      await onPause(slept.length);
    },
  };
  const { platformTags, sharedTags } = await release.plan();
  const log = { info: (line: string) => void lines.push(line) };
  const wait = { location: MIRROR, timeoutMs: 120_000 };
  const tools = { registry: release.registry, timer, log };
  const steps = [...platformTags, ...sharedTags];
  const run = async (): Promise<void> => waitForTags(steps, { wait, tools }, signal);
  return { slept, lines, run };
}

/** Shows what the source has at the mirror, under all tags or all but some. */
async function mirror(release: Release, leftOut: readonly string[] = []): Promise<void> {
  const { platformTags, sharedTags } = await release.plan();
  const { signal } = new AbortController();
  for (const { repo, tag, digest } of [...platformTags, ...sharedTags]) {
    const place = repositoryAt({ registry: 'build.example', prefix: 'run/1' }, repo);
    const manifest = await release.registry.getManifest(place, digest, signal);
    if (manifest === undefined || leftOut.includes(tag)) continue;
    release.registry.addManifest(repositoryAt(MIRROR, repo), manifest, [tag]);
  }
}

describe('wait waitForTags', () => {
  it('does not wait for what is there', async () => {
    const release = await aRelease();
    await mirror(release);
    const { slept, run } = await waitFor(release, () => undefined);
    await run();
    assert.deepEqual(slept, []);
  });

  it('asks for what is missing with growing pauses until it is there', async () => {
    const release = await aRelease();
    const { slept, lines, run } = await waitFor(release, async (round) => {
      if (round === 7) await mirror(release);
    });
    await run();
    assert.deepEqual(slept, [1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 30_000]);
    assert.equal(lines.length, 7);
    assert.equal(lines[0], 'Waiting for 6 tags of 6 at mcr.example.');
  });

  it('lists what is missing in the end, and what is there in its place', async () => {
    const release = await aRelease();
    await mirror(release, ['latest', '2']);
    const other = documentOf(
      Buffer.from(
        '{"mediaType":"application/vnd.oci.image.index.v1+json","schemaVersion":2,"manifests":[]}',
      ),
      'application/vnd.oci.image.index.v1+json',
    );
    release.registry.addManifest(repositoryAt(MIRROR, 'app'), other, ['latest']);
    const { run, slept } = await waitFor(release, () => undefined);
    await assert.rejects(run(), {
      code: 'WAIT_TIMEOUT',
      message: new RegExp(
        '^2 tags did not appear at mcr\\.example within 2 minutes:\\n' +
          ' {2}mcr\\.example/dotnet/tools/probe:2 is absent, to be sha256:[0-9a-f]+\\n' +
          ` {2}mcr\\.example/dotnet/app:latest is ${other.descriptor.digest}, to be sha256:[0-9a-f]+$`,
      ),
    });
    assert.equal(
      slept.reduce((sum, ms) => sum + ms, 0),
      120_000,
    );
  });

  for (const code of [
    'REGISTRY_UNAVAILABLE',
    'REGISTRY_DENIED',
    'REGISTRY_UNAUTHORIZED',
  ] as const) {
    it(`goes on while there is no answer (${code}), and says why`, async () => {
      const release = await aRelease();
      await mirror(release);
      let isDown = true;
      const { run, slept, lines } = await waitFor(release, () => {
        isDown = false;
      });
      release.registry.beforeRead = (name) => {
        if (isDown && name.includes('mcr.example')) throw new TaskError(code, 'Nothing yet.');
      };
      await run();
      assert.deepEqual(slept, [1_000]);
      assert.deepEqual(lines, ['Waiting for 6 tags of 6 at mcr.example: Nothing yet.']);
    });
  }

  it('does not take a mistake of its own for a registry that is not ready', async () => {
    const release = await aRelease();
    const bug = new RangeError('bug');
    release.registry.beforeRead = (name) => {
      if (name.includes('mcr.example')) throw bug;
    };
    const { run } = await waitFor(release, () => undefined);
    await assert.rejects(run(), bug);
  });

  it('does not say that a tag is absent when the registry never answered', async () => {
    const release = await aRelease();
    release.registry.beforeRead = (name) => {
      if (name.includes('mcr.example')) throw new TaskError('REGISTRY_UNAVAILABLE', 'Status 503.');
    };
    const { run } = await waitFor(release, () => undefined);
    await assert.rejects(run(), {
      code: 'WAIT_TIMEOUT',
      message: /mcr\.example\/dotnet\/app:latest is not known \(Status 503\.\), to be sha256:/,
      hint: /Check waitForRegistry/,
    });
  });

  it('keeps its time when the registry lets every question hang', async () => {
    const release = await aRelease();
    const { sharedTags } = await release.plan();
    const registry: WaitTools['registry'] = {
      resolveTag: (_repository, _tag, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(signal.reason as Error);
          });
        }),
    };
    const timer: Timer = { now: () => new Date(), sleep: async () => Promise.resolve() };
    const tools = { registry, timer, log: { info: () => undefined } };
    const wait = { location: MIRROR, timeoutMs: 50 };
    await assert.rejects(waitForTags(sharedTags, { wait, tools }, new AbortController().signal), {
      code: 'WAIT_TIMEOUT',
      message: /app:latest is not known \(There was no answer in time\.\)/,
    });
  }).timeout(10_000);

  it('ends when the run is cancelled', async () => {
    const release = await aRelease();
    const controller = new AbortController();
    const { run } = await waitFor(
      release,
      () => {
        controller.abort();
      },
      controller.signal,
    );
    await assert.rejects(run(), { name: 'AbortError' });
  });
});
