import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { runDemo } from '../../scripts/demo/demo.ts';
import { provePublished, proveRepetition, snapshotOf } from '../../scripts/demo/proofs.ts';
import type { Proof } from '../../scripts/demo/proofs.ts';
import { readPublished } from '../../scripts/demo/published.ts';
import { publishBeside, runRelease } from '../../scripts/demo/release.ts';
import { styleOf } from '../../scripts/demo/style.ts';
import { withWorld } from '../../scripts/demo/world.ts';
import type { World } from '../../scripts/demo/world.ts';
import { definite } from '../../shared/core/errors.ts';
import { bundleOf } from '../support/bundles.ts';
import type { RepositoryContent } from '../support/registry/store.ts';

/** Runs of ten tasks on a busy machine. */
const TIMEOUT_MS = 120_000;

async function extensionFolder(): Promise<string> {
  return dirname(dirname(await bundleOf('SignImageInfo')));
}

function notTrue(proofs: readonly Proof[]): readonly string[] {
  return proofs.filter(({ holds }) => !holds).map(({ claim }) => claim);
}

function apiRepository({ target }: World): RepositoryContent {
  return definite(target.store.find('shop/api'), 'the published repository');
}

/** Damage to what was published, and what the demonstration must then no longer claim. */
const DAMAGES = [
  {
    name: 'other content beside the build',
    apply: ({ build }: World): void => {
      definite(build.store.find('staging/shop/web'), 'the staged repository').tags.delete('2.1');
    },
    claim: /^staging\/ beside the build has the same digests/,
  },
  {
    name: 'a shared tag that points to one platform',
    apply: (world: World): void => {
      const { tags } = apiRepository(world);
      tags.set('latest', definite(tags.get('2.1.0-noble-amd64'), 'the tag of a platform'));
    },
    claim: /^every shared tag is a manifest list/,
  },
  {
    name: 'an image of a superseded attempt',
    apply: (world: World): void => {
      const stale = definite(
        world.built.find(({ image, isSuperseded }) => isSuperseded && image.repo === 'shop/api'),
        'a superseded image',
      );
      const { digest, mediaType } = stale.manifest.descriptor;
      const { bytes } = stale.manifest;
      apiRepository(world).manifests.set(digest, { digest, mediaType, bytes });
    },
    claim: /^none of the 3 superseded images/,
  },
  {
    name: 'a signature that is lost',
    apply: (world: World): void => {
      const { manifests } = apiRepository(world);
      const signature = [...manifests.values()].find(({ subject }) => subject !== undefined);
      manifests.delete(definite(signature, 'a signature').digest);
    },
    claim: /^11 of 12 digests have a signature that verifies/,
  },
] as const;

describe('demo runDemo', function () {
  this.timeout(TIMEOUT_MS);

  const page: string[] = [];
  let proofs: readonly Proof[] = [];

  before(async () => {
    const print = (line: string): void => void page.push(line);
    const extension = await extensionFolder();
    proofs = await runDemo({ extension, style: styleOf(false, {}), print });
  });

  it('proves all that it claims of the release and of its repetition', () => {
    assert.deepEqual(notTrue(proofs), []);
    assert.deepEqual(
      proofs.map(({ claim }) => claim.replace(/[0-9a-f]{12}/, '<fingerprint>')),
      [
        'every shared tag is a manifest list of all platforms that were built',
        'none of the 3 superseded images was published',
        '12 of 12 digests have a signature that verifies under the strict trust policy',
        'staging/ beside the build has the same digests under the same shared tags',
        'no step broke a rule of the agent or let a secret out',
        'the same 12 digests',
        '0 signed, 12 skipped as they were signed already',
        '0 manifests copied, 0 tags moved, 0 write requests to the target',
        'the content of the build registry is unchanged (fingerprint <fingerprint>)',
        'the content of the target registry is unchanged (fingerprint <fingerprint>)',
        'no step broke a rule of the agent or let a secret out',
      ],
    );
  });

  const shown = [
    { name: 'the stage of CreateManifestLists', line: /^── Post_Build · .* Succeeded \d/ },
    { name: 'the stage of SignImageInfo', line: /^── Sign · SignImageInfo@1 .* Succeeded \d/ },
    { name: 'the stage of PublishArtifacts', line: /^── Publish · .* Succeeded \d/ },
    {
      name: 'the attempt that was replaced',
      line: /A later attempt replaces .*arm64-image-info-1/,
    },
    { name: 'an output variable', line: /output +manifestListCount 3$/ },
    { name: 'an artifact with its files', line: /artifact image-info-final .*receipt\.json$/ },
    { name: 'what was mounted', line: /Copied 24 manifests; .* 0 were streamed .*, 42 mounted/ },
    {
      name: 'a list with its signer',
      line: /2\.1 · 2\.1\.0 · latest → index .* ✔ CN=Shop Release/,
    },
    {
      name: 'a Windows version',
      line: /windows\/amd64 \(10\.0\.26100\.6584\) +[0-9a-f]{12} +✔ CN=/,
    },
    { name: 'a variant', line: /linux\/arm\/v7 +[0-9a-f]{12} +✔ CN=Shop Release/ },
  ] as const;
  for (const { name, line } of shown) {
    it(`shows ${name}`, () => {
      assert.ok(
        page.some((text) => line.test(text)),
        page.join('\n'),
      );
    });
  }

  it('writes no escape sequences, no temporary folder and no key', () => {
    assert.doesNotMatch(page.join('\n'), /\u001B|_work|PRIVATE KEY|not-in-any-log/);
  });
});

describe('demo proofs', function () {
  this.timeout(TIMEOUT_MS);

  const broken = new Map<string, readonly string[]>();
  let unrepeated: readonly string[] = [];

  before(async () => {
    await withWorld(await extensionFolder(), async (world) => {
      const release = await runRelease(world, () => undefined);
      await publishBeside(world, release, () => undefined);
      const before = snapshotOf(world);
      for (const { name, apply } of DAMAGES) {
        const earlier = new Set(notTrue(provePublished(world, await readPublished(world))));
        apply(world);
        const found = notTrue(provePublished(world, await readPublished(world)));
        broken.set(
          name,
          found.filter((claim) => !earlier.has(claim)),
        );
      }
      const after = snapshotOf(world);
      unrepeated = notTrue(proveRepetition({ first: release, second: release, before, after }));
    });
  });

  for (const { name, claim } of DAMAGES) {
    it(`find ${name}`, () => {
      const found = broken.get(name) ?? [];
      assert.ok(
        found.some((text) => claim.test(text)),
        found.join('\n'),
      );
    });
  }

  it('do not take a first run for a repetition, nor changed content for the same', () => {
    assert.deepEqual(
      unrepeated.map((claim) => claim.replace(/ \(.*/, '')),
      [
        '12 signed, 0 skipped as they were signed already',
        '24 manifests copied, 18 tags moved, 0 write requests to the target',
        'the content of the build registry has changed',
        'the content of the target registry has changed',
      ],
    );
  });
});

describe('demo styleOf', () => {
  const cases = [
    { name: 'a terminal', isTerminal: true, env: {}, isColoured: true },
    { name: 'a file', isTerminal: false, env: {}, isColoured: false },
    {
      name: 'a terminal with NO_COLOR',
      isTerminal: true,
      env: { NO_COLOR: '1' },
      isColoured: false,
    },
    { name: 'an empty NO_COLOR', isTerminal: true, env: { NO_COLOR: '' }, isColoured: true },
  ] as const;
  for (const { name, isTerminal, env, isColoured } of cases) {
    it(`gives ${isColoured ? 'colours' : 'plain text'} for ${name}`, () => {
      assert.equal(styleOf(isTerminal, env)('red', 'text') !== 'text', isColoured);
    });
  }
});
