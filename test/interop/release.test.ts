import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mapLimit } from '../../shared/core/concurrency.ts';
import { definite } from '../../shared/core/errors.ts';
import type { ReleasedDigest } from '../../shared/image-info/select.ts';
import { rawClient } from '../support/registry/raw-client.ts';
import type { StepResult } from '../support/agent/step-finish.ts';
import { assertRefused, assertSucceeded } from './support/assertions.ts';
import { Measurements, usageOf } from './support/measurements.ts';
import { createProduct, releasedDigests } from './support/product.ts';
import type { Product } from './support/product.ts';
import { assertListsAsBuilt, publishedAgain, spread } from './support/published.ts';
import { REGISTRY_KINDS } from './support/registry-kinds.ts';
import { createSite } from './support/site.ts';
import type { Site } from './support/site.ts';
import { REAL_MANIFEST } from './support/workload.ts';

/** What a release of dotnet-docker's main branch is made of. */
const MAIN = { platforms: 599, lists: 207, digests: 806, platformTags: 1336, sharedTags: 516 };

/** Platforms that are in a list. */
const LISTED_PLATFORMS = 545;

const NOT_UPLOADED = { artifactName: '' };
const COSE = 'application/cose';
const JWS = 'application/jose+json';

describe('a release of real products', function () {
  this.timeout(600_000);
  const numbers = new Measurements();
  let site: Site;
  let main: Product;
  let samples: Product;

  before(async () => {
    site = await createSite();
    const manifest = REAL_MANIFEST;
    const files = {
      main: 'image-info.dotnet-dotnet-docker-main.json',
      samples: 'image-info.dotnet-dotnet-docker-main-samples.json',
    };
    main = await createProduct(site, { name: 'main', imageInfo: files.main, manifest });
    samples = await createProduct(site, { name: 'samples', imageInfo: files.samples });
  });

  after(async () => {
    console.log(`\n${numbers.render()}\n`);
    await main.dispose();
    await samples.dispose();
    await site.dispose();
  });

  async function publishedTo(product: Product): Promise<readonly ReleasedDigest[]> {
    return releasedDigests(join(product.artifact('image-info-final'), 'image-info.json'));
  }

  function referenceAt(product: Product, { repo, digest }: ReleasedDigest): string {
    return `${site.target.host}/${product.targetPrefix}${repo}@${digest}`;
  }

  /** Publishes once more, through a proxy that counts: there must be nothing to do. */
  async function publishAgain(product: Product, url: string): Promise<StepResult> {
    return publishedAgain(await publishedTo(product), url, async (targetRegistry) =>
      product.publish({ targetRegistry, ...NOT_UPLOADED }),
    );
  }

  /** Repositories of the target. */
  async function repositoriesAtTarget(): Promise<unknown> {
    return (await rawClient(site.target.url)('/v2/_catalog')).json();
  }

  async function verifyAll(references: readonly string[]): Promise<void> {
    const started = performance.now();
    const results = await mapLimit(references, (reference) => site.notation.verify(reference), {
      limit: 2,
      signal: AbortSignal.timeout(120_000),
    });
    for (const { exitCode, stdout, stderr } of results) assert.equal(exitCode, 0, stdout + stderr);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    numbers.add(`notation verify, digests: ${references.length}`, `${seconds} s`);
  }

  describe('CreateManifestLists', () => {
    let created: string;

    it('creates the 207 lists of main under their 516 tags, as the reference does', async () => {
      site.proxy.takeCount();
      const step = await main.createLists({ manifest: REAL_MANIFEST });
      const requests = site.proxy.takeCount();
      assertSucceeded(step);
      numbers.addStep('CreateManifestLists, main', step);
      assert.equal(step.outputs['manifestListCount'], String(MAIN.lists));
      assert.deepEqual(step.uploads, ['image-info']);
      created = join(main.artifact('image-info'), 'image-info.json');
      const place = { url: site.build.url, prefix: main.buildPrefix };
      const verdict = await main.workload.verify(place, created);
      assert.deepEqual(
        [verdict.tags, verdict.ok, verdict.first],
        [MAIN.sharedTags, MAIN.sharedTags, []],
      );
      assert.equal(verdict.imageInfo, 'equal');
      assert.equal(verdict.listCreatedMissing, 0);
      assert.equal(usageOf(step).requests, requests);
      const most = 2 * LISTED_PLATFORMS + MAIN.sharedTags + 3;
      assert.ok(requests <= most, `${requests} requests, at most ${most} are allowed`);
    });

    it('gives the same digests without the build manifest', async () => {
      const step = await main.createLists(NOT_UPLOADED);
      assertSucceeded(step);
      const rows = async (file: string): Promise<readonly string[]> =>
        (await releasedDigests(file)).map((row) => JSON.stringify(row)).sort();
      const again = definite(step.outputs['imageInfoPath'], 'the merged file');
      const expected = await rows(created);
      assert.equal(expected.length, MAIN.digests);
      assert.deepEqual(await rows(again), expected);
    });

    it('creates the lists of the samples', async () => {
      assertSucceeded(await samples.createLists());
      const place = { url: site.build.url, prefix: samples.buildPrefix };
      const file = join(samples.artifact('image-info'), 'image-info.json');
      const verdict = await samples.workload.verify(place, file);
      assert.deepEqual([verdict.ok, verdict.first, verdict.imageInfo], [9, [], 'equal']);
    });
  });

  describe('the gate', () => {
    it('refuses samples of which all but one image is signed, and writes nothing', async () => {
      const file = join(samples.artifact('image-info'), 'image-info.json');
      const document = JSON.parse(await readFile(file, 'utf8')) as {
        repos: { images: unknown[] }[];
      };
      document.repos[0]?.images.splice(0, 1);
      const incomplete = join(site.folder, 'incomplete.json');
      await writeFile(incomplete, JSON.stringify(document));
      const signed = await releasedDigests(incomplete);
      const unsigned = (await releasedDigests(file)).filter(
        ({ digest }) => !signed.some((other) => other.digest === digest),
      );
      assert.ok(unsigned.length > 0 && signed.length > 0);
      const format = { signatureFormat: 'jws' };
      assertSucceeded(await samples.sign({ imageInfo: incomplete, ...format, ...NOT_UPLOADED }));
      const message = assertRefused(await samples.publish(), 'SIGNATURE_MISSING');
      for (const { digest } of unsigned) assert.ok(message.includes(digest), message);
      for (const { digest } of signed) assert.ok(!message.includes(digest), message);
      const [first] = unsigned;
      const reference = `${site.build.host}/${samples.buildPrefix}${first?.repo ?? ''}`;
      const verified = await site.notation.verify(`${reference}@${first?.digest ?? ''}`);
      assert.notEqual(verified.exitCode, 0);
      assert.deepEqual(await repositoriesAtTarget(), { repositories: [] });
    });
  });

  describe('SignImageInfo', () => {
    it('signs the 806 digests of main', async () => {
      const step = await main.sign();
      assertSucceeded(step);
      numbers.addStep('SignImageInfo, main, cose', step);
      const { signedCount, skippedCount } = step.outputs;
      assert.deepEqual([signedCount, skippedCount], [String(MAIN.digests), '0']);
      const names = ['image-info', 'image-info-signed'];
      const files = names.map((name) => join(main.artifact(name), 'image-info.json'));
      const [given, handedOver] = await Promise.all(files.map((file) => readFile(file)));
      assert.deepEqual(handedOver, given);
    });

    it('skips all of them the second time', async () => {
      const step = await main.sign(NOT_UPLOADED);
      assertSucceeded(step);
      numbers.addStep('SignImageInfo, main, again', step);
      const { signedCount, skippedCount } = step.outputs;
      assert.deepEqual([signedCount, skippedCount], ['0', String(MAIN.digests)]);
    });

    it('signs what is left of the samples, in the other format', async () => {
      const step = await samples.sign({ signatureFormat: 'jws' });
      assertSucceeded(step);
      assert.notEqual(step.outputs['signedCount'], '0');
      assert.notEqual(step.outputs['skippedCount'], '0');
    });
  });

  describe('PublishArtifacts', () => {
    it('refuses main when its signatures are by somebody else, and writes nothing', async () => {
      const { trustStore } = site.stranger;
      assertRefused(await main.publish({ trustStore }), 'SIGNATURE_INVALID');
      assert.deepEqual(await repositoriesAtTarget(), { repositories: [] });
    });

    it('publishes main to another registry: every digest, every tag', async () => {
      const step = await main.publish();
      assertSucceeded(step);
      numbers.addStep('PublishArtifacts, main', step);
      assert.equal(step.outputs['publishedImageCount'], String(MAIN.digests));
      const tags = MAIN.platformTags + MAIN.sharedTags;
      assert.equal(step.outputs['publishedTagCount'], String(tags));
      const place = { url: site.target.url, prefix: main.targetPrefix };
      const file = join(main.artifact('image-info-final'), 'image-info.json');
      const verdict = await main.workload.verify(place, file);
      assert.deepEqual(
        [verdict.ok, verdict.first, verdict.imageInfo],
        [MAIN.sharedTags, [], 'equal'],
      );
    });

    it('publishes the bytes of every list of main', async () => {
      const target = `${site.target.host}/${main.targetPrefix}`;
      const build = `${site.build.host}/${main.buildPrefix}`;
      await assertListsAsBuilt(await publishedTo(main), { build, target });
    });

    it('has nothing to do the second time', async () => {
      const step = await publishAgain(main, site.target.url);
      numbers.addStep('PublishArtifacts, main, again', step);
      const log = step.lines.join('\n');
      assert.match(log, /^Copied 0 manifests; .* 0 were streamed/m);
      assert.match(log, /^Set 0 tags;/m);
    });

    it('publishes the samples, signed in the other format', async () => {
      assertSucceeded(await samples.publish());
      const place = { url: site.target.url, prefix: samples.targetPrefix };
      assert.deepEqual((await samples.workload.verify(place)).first, []);
    });

    for (const [what, name] of [
      ['main', 'olareg'],
      ['samples', "crane's registry"],
    ] as const) {
      it(`publishes ${what} to ${name} as well, and has nothing to do the second time`, async () => {
        const product = what === 'main' ? main : samples;
        const kind = REGISTRY_KINDS.find((one) => one.name === name);
        const other = await definite(kind, name).start(join(site.folder, name));
        try {
          const step = await product.publish({ targetRegistry: other.host, ...NOT_UPLOADED });
          assertSucceeded(step);
          numbers.addStep(`PublishArtifacts, ${what}, to ${name}`, step);
          const released = await publishedTo(product);
          const target = `${other.host}/${product.targetPrefix}`;
          const build = `${site.build.host}/${product.buildPrefix}`;
          await assertListsAsBuilt(released, { build, target });
          await verifyAll(spread(released, 8).map((row) => `${target}${row.repo}@${row.digest}`));
          await publishAgain(product, `http://${other.host}`);
        } finally {
          await other.stop();
        }
      });
    }
  });

  describe('notation, with a strict trust policy', () => {
    it('verifies published lists and platforms of main, signed as COSE', async () => {
      const released = await publishedTo(main);
      const ofKind = (kind: ReleasedDigest['kind']): readonly ReleasedDigest[] =>
        released.filter((row) => row.kind === kind);
      assert.deepEqual([ofKind('list').length, ofKind('platform').length], [207, 599]);
      const chosen = [...spread(ofKind('list'), 12), ...spread(ofKind('platform'), 12)];
      assert.equal(chosen.length, 24);
      const references = chosen.map((row) => referenceAt(main, row));
      assert.deepEqual(await site.notation.envelopesOf(references[0] ?? ''), [COSE]);
      await verifyAll(references);
    });

    it('verifies all published lists and platforms of the samples, signed as JWS', async () => {
      const released = await publishedTo(samples);
      const references = released.map((row) => referenceAt(samples, row));
      assert.equal(references.length, 18);
      assert.deepEqual(await site.notation.envelopesOf(references[0] ?? ''), [JWS]);
      await verifyAll(references);
    });

    it('trusts nobody else', async () => {
      const [first] = await publishedTo(main);
      const reference = referenceAt(main, definite(first, 'a published digest'));
      const { exitCode } = await site.stranger.verify(reference);
      assert.notEqual(exitCode, 0);
    });
  });

  describe('a second signature', () => {
    it('is added to the samples in the other format, and published alone', async () => {
      const step = await samples.sign({ existingSignatures: 'add', ...NOT_UPLOADED });
      assertSucceeded(step);
      assert.equal(step.outputs['signedCount'], '18');
      const published = await samples.publish(NOT_UPLOADED);
      assertSucceeded(published);
      const log = published.lines.join('\n');
      assert.match(log, /^Copied 18 manifests;/m);
      assert.match(log, /^Set 0 tags;/m);
      const [first] = await publishedTo(samples);
      const reference = referenceAt(samples, definite(first, 'a published digest'));
      assert.deepEqual((await site.notation.envelopesOf(reference)).toSorted(), [COSE, JWS]);
      await verifyAll([reference]);
    });
  });
});
