import assert from 'node:assert/strict';
import { TaskError, definite } from '../../../../shared/core/errors.ts';
import { hasUnfinishedReceipt } from '../../../../tasks/PublishArtifacts/earlier-receipts.ts';
import type { Receipt } from '../../../../tasks/PublishArtifacts/receipt.ts';
import { aRelease } from './support.ts';
import type { Release } from './support.ts';

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
