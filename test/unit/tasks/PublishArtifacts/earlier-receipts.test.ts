import assert from 'node:assert/strict';
import { TaskError, definite } from '../../../../shared/core/errors.ts';
import type { Digest } from '../../../../shared/oci/digest.ts';
import type { ManifestDocument } from '../../../../shared/oci/manifest-document.ts';
import { repositoryAt } from '../../../../shared/oci/reference.ts';
import {
  hasUnfinishedReceipt,
  readEarlierTags,
} from '../../../../tasks/PublishArtifacts/earlier-receipts.ts';
import type { ReceiptReaders } from '../../../../tasks/PublishArtifacts/earlier-receipts.ts';
import type { Facts } from '../../../../tasks/PublishArtifacts/gather.ts';
import { planPublish } from '../../../../tasks/PublishArtifacts/plan.ts';
import type { Receipt } from '../../../../tasks/PublishArtifacts/receipt.ts';
import { pushImage } from '../../../support/release.ts';
import { TARGET, aRelease, inputsOf } from './support.ts';
import type { Release } from './support.ts';

const APP = repositoryAt(TARGET, 'app');
const OUTPUT = '/temp/image-info-final/image-info.json';
const RECEIPT = '/temp/image-info-final/receipt.json';

/** A release of which the last tag could not be set. */
async function aFailedPublish(): Promise<Release> {
  const release = await aRelease();
  release.registry.beforeWrite = ({ name }) => {
    if (name.endsWith('app:latest')) throw new TaskError('REGISTRY_DENIED', 'no');
  };
  await assert.rejects(release.publish(), { code: 'REGISTRY_DENIED' });
  release.registry.beforeWrite = () => undefined;
  return release;
}

async function changeReceipt(
  { files }: Release,
  change: (receipt: Receipt) => object,
): Promise<void> {
  const bytes = definite(files.contents.get(RECEIPT), RECEIPT);
  const receipt = JSON.parse(Buffer.from(bytes).toString()) as Receipt;
  await files.write(RECEIPT, Buffer.from(JSON.stringify(change(receipt))));
}

describe('earlier receipts hasUnfinishedReceipt', () => {
  it('knows what this publish has begun', async () => {
    const release = await aFailedPublish();
    assert.equal(await hasUnfinishedReceipt(await release.plan(), OUTPUT, release.files), true);
  });

  const others: readonly {
    readonly name: string;
    readonly change: (receipt: Receipt) => object;
  }[] = [
    { name: 'of a complete publish', change: (one) => ({ ...one, completedAt: 'then' }) },
    {
      name: 'of another registry',
      change: (one) => ({ ...one, registry: 'other.example' }),
    },
    {
      name: 'of other digests',
      change: ({ tags, ...one }) => ({
        ...one,
        tags: tags.map((entry) => ({ ...entry, digest: `sha256:${'0'.repeat(64)}` })),
      }),
    },
    {
      name: 'of one other digest',
      change: ({ tags: [first, ...tags], ...one }) => ({
        ...one,
        tags: [{ ...first, digest: `sha256:${'0'.repeat(64)}` }, ...tags],
      }),
    },
    { name: 'of fewer tags', change: (one) => ({ ...one, tags: one.tags.slice(1) }) },
    { name: 'that cannot be read', change: () => ({}) },
  ];
  for (const { name, change } of others) {
    it(`does not take a receipt ${name} for it`, async () => {
      const release = await aFailedPublish();
      const plan = await release.plan();
      await changeReceipt(release, change);
      assert.equal(await hasUnfinishedReceipt(plan, OUTPUT, release.files), false);
    });
  }

  it('knows that there is none', async () => {
    const release = await aRelease();
    assert.equal(await hasUnfinishedReceipt(await release.plan(), OUTPUT, release.files), false);
  });
});

describe('earlier receipts readEarlierTags', () => {
  /** A published release, whose tag `latest` pointed to something older; the digest of that. */
  async function aCompletePublish(): Promise<Release & { readonly older: Digest }> {
    const release = await aRelease();
    const { descriptor } = older(release);
    await release.publish();
    return { ...release, older: descriptor.digest };
  }

  function older({ registry }: Release, name = 'older'): ManifestDocument {
    const manifest = pushImage(registry, APP, { name });
    registry.addManifest(APP, manifest, ['latest']);
    return manifest;
  }

  const latestOf = ({ earlierTags }: Facts): string | undefined =>
    earlierTags.get('app:latest')?.previousDigest;

  it('knows from a complete receipt of the same release where tags were before it', async () => {
    const release = await aCompletePublish();
    assert.equal(latestOf(await release.gather()), release.older);
  });

  it('knows it no less after any number of publishes', async () => {
    const release = await aCompletePublish();
    await release.publish();
    await release.publish();
    assert.equal(latestOf(await release.gather()), release.older);
  });

  it('notes what a tag pointed to just before, when a later publish moves it again', async () => {
    const release = await aCompletePublish();
    const { digest } = older(release, 'other').descriptor;
    const { receipt } = await release.publish();
    const latest = receipt?.tags.find(
      ({ repository, tag }) => `${repository}:${tag}` === 'app:latest',
    );
    assert.equal(latest?.previousDigest, digest);
  });

  it('does not mix a release with the one before it in the same folder', async () => {
    const release = await aCompletePublish();
    await changeReceipt(release, ({ tags, ...one }) => ({ ...one, tags: tags.slice(1) }));
    assert.equal((await release.gather()).earlierTags.size, 0);
  });

  it('knows more from the artifact of an attempt than from a receipt that tells no change', async () => {
    const release = await aCompletePublish();
    const uploaded = '/temp/artifacts/receipt.json';
    await release.files.write(uploaded, definite(release.files.contents.get(RECEIPT), RECEIPT));
    await changeReceipt(release, ({ tags, ...one }) => ({
      ...{ ...one, publishedAt: '2099-01-01T00:00:00.000Z' },
      tags: tags.map((entry) => ({ ...entry, previousDigest: entry.digest })),
    }));
    const asked: unknown[] = [];
    const handOver: ReceiptReaders['handOver'] = {
      earlierAttempt: async (...[names, file]) => {
        asked.push(names, file);
        return Promise.resolve(uploaded);
      },
    };
    const { digests } = await release.gather();
    const inputs = inputsOf({ artifactName: 'final' });
    const { signal } = new AbortController();
    const { files } = release;
    const { earlierTags } = await readEarlierTags({ inputs, digests }, { files, handOver }, signal);
    assert.equal(earlierTags.get('app:latest')?.previousDigest, release.older);
    assert.deepEqual(asked, [['final', 'final-unfinished'], 'receipt.json']);
  });

  it('warns when nobody can tell what the attempt before uploaded', async () => {
    const release = await aCompletePublish();
    const { digests } = await release.gather();
    const handOver: ReceiptReaders['handOver'] = {
      earlierAttempt: async () =>
        Promise.reject(new TaskError('SERVICE_UNAVAILABLE', 'Cannot call dev.azure.example.')),
    };
    const inputs = inputsOf({ artifactName: 'final' });
    const { signal } = new AbortController();
    const { files } = release;
    const { earlierTags, unknown } = await readEarlierTags(
      { inputs, digests },
      { files, handOver },
      signal,
    );
    assert.equal(earlierTags.get('app:latest')?.previousDigest, release.older);
    assert.match(unknown[0] ?? '', /could not be looked for: Cannot call dev\.azure\.example\. /);
    const facts = { ...(await release.gather()), unknown };
    assert.deepEqual(planPublish(facts, inputs).warnings.slice(-1), unknown);
  });
});
