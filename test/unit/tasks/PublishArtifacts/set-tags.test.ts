import assert from 'node:assert/strict';
import { TaskError, definite } from '../../../../shared/core/errors.ts';
import { repositoryAt } from '../../../../shared/oci/reference.ts';
import type { Receipt } from '../../../../tasks/PublishArtifacts/receipt.ts';
import { BUILD, imageOf, pushImage } from '../../../support/release.ts';
import { NOW } from '../../../support/signing.ts';
import { TARGET, aRelease } from './support.ts';
import type { Release } from './support.ts';

const RECEIPT = '/temp/image-info-final/receipt.json';
const APP = repositoryAt(TARGET, 'app');

function receiptIn({ files }: Release): Receipt {
  const bytes = definite(files.contents.get(RECEIPT), RECEIPT);
  return JSON.parse(Buffer.from(bytes).toString()) as Receipt;
}

/** A release whose tag `latest` points to something older at the target; the digest of that. */
async function aMove(): Promise<Release & { readonly older: string }> {
  const release = await aRelease();
  const older = pushImage(release.registry, APP, { name: 'older' });
  release.registry.addManifest(APP, older, ['latest']);
  return { ...release, older: older.descriptor.digest };
}

function previousOf(receipt: Receipt | undefined, tag: string): string | undefined {
  return receipt?.tags.find((entry) => entry.repository === 'app' && entry.tag === tag)
    ?.previousDigest;
}

describe('PublishArtifacts setTags', () => {
  it('lists every referrer before the first tag', async () => {
    const release = await aRelease();
    await release.publish();
    const { writes, settledAfter } = release.registry;
    assert.deepEqual(settledAfter, [writes.findIndex(({ kind }) => kind === 'tag')]);
  });

  it('has written the receipt of all tags before it sets the first', async () => {
    const release = await aMove();
    const seen: Receipt[] = [];
    release.registry.beforeWrite = ({ kind }) => {
      if (kind === 'tag') seen.push(receiptIn(release));
    };
    await release.publish();
    const [first] = seen;
    assert.equal(first?.tags.length, 6);
    assert.equal(first.completedAt, undefined);
    assert.equal(previousOf(first, 'latest'), release.older);
    assert.ok(first.tags.every(({ setAt }) => setAt === undefined));
    const done = receiptIn(release);
    assert.equal(done.completedAt, NOW.toISOString());
    assert.ok(done.tags.every(({ setAt }) => setAt === NOW.toISOString()));
  });

  it('notes which tags it set when the next one is refused', async () => {
    const release = await aMove();
    release.registry.beforeWrite = ({ name }) => {
      if (name.endsWith('app:latest')) throw new TaskError('REGISTRY_DENIED', 'no');
    };
    await assert.rejects(release.publish(), { code: 'REGISTRY_DENIED' });
    const { tags, completedAt } = receiptIn(release);
    assert.equal(completedAt, undefined);
    assert.deepEqual(
      tags.filter(({ setAt }) => setAt === undefined).map(({ tag }) => tag),
      ['latest'],
    );
  });

  it('keeps where tags pointed before the first attempt, wherever that ended', async () => {
    for (let stop = 0; stop <= 6; stop += 1) {
      const release = await aMove();
      let tags = 0;
      release.registry.beforeWrite = ({ kind }) => {
        if (kind !== 'tag') return;
        tags += 1;
        if (tags > stop) throw new TaskError('REGISTRY_UNAVAILABLE', 'killed');
      };
      const first = release.publish();
      if (stop < 6) await assert.rejects(first, { code: 'REGISTRY_UNAVAILABLE' });
      else await first;
      release.registry.beforeWrite = () => undefined;
      const { receipt } = await release.publish();
      assert.equal(previousOf(receipt, 'latest'), release.older);
      assert.equal(previousOf(receipt, '1.0'), undefined);
    }
  });

  it('takes where a tag is now, when somebody moved it after the first attempt', async () => {
    const release = await aMove();
    release.registry.beforeWrite = ({ name }) => {
      if (name.endsWith(':2.0')) throw new TaskError('REGISTRY_DENIED', 'no');
    };
    await assert.rejects(release.publish(), { code: 'REGISTRY_DENIED' });
    release.registry.beforeWrite = () => undefined;
    const other = pushImage(release.registry, APP, { name: 'other' });
    release.registry.addManifest(APP, other, ['latest']);
    const { receipt } = await release.publish();
    assert.equal(previousOf(receipt, 'latest'), other.descriptor.digest);
  });

  it('refuses a receipt of an earlier attempt that cannot be read', async () => {
    const release = await aRelease({ files: { [RECEIPT]: { tags: [] } } });
    await assert.rejects(release.plan(), {
      code: 'RECEIPT_INVALID',
      message: /receipt\.json, has 2 problems:\n.*publishedAt/,
    });
  });

  it('sets no tag when somebody moved one while content was copied', async () => {
    const release = await aMove();
    const other = pushImage(release.registry, APP, { name: 'other' });
    release.registry.beforeWrite = () => {
      release.registry.addManifest(APP, other, ['latest']);
    };
    await assert.rejects(release.publish(), {
      code: 'TAG_MOVED',
      message: `1 tag moved at the target while content was copied; no tag was set:\n  app:latest was ${release.older}, is ${other.descriptor.digest}`,
    });
    assert.ok(release.registry.writes.every(({ kind }) => kind !== 'tag'));
    assert.equal(release.files.contents.has(RECEIPT), false);
  });

  it('sets no tag that must not exist when somebody makes it while content is copied', async () => {
    const release = await aRelease();
    const other = pushImage(release.registry, APP, { name: 'other' });
    release.registry.beforeWrite = () => {
      release.registry.addManifest(APP, other, ['1.0']);
    };
    await assert.rejects(release.publish({ existingTags: 'fail' }), {
      code: 'TAG_MOVED',
      message: / app:1\.0 was absent, is sha256:/,
    });
  });

  it('overwrites no tag that must not exist when somebody makes it while tags are set', async () => {
    const release = await aRelease();
    const other = pushImage(release.registry, APP, { name: 'other' });
    release.registry.beforeWrite = ({ kind }) => {
      if (kind === 'tag') release.registry.addManifest(APP, other, ['latest']);
    };
    await assert.rejects(release.publish({ existingTags: 'fail' }), {
      code: 'TAG_MOVED',
      message:
        /^1 tag moved at the target while tags were set; 4 tags of the release are set, as the receipt says:\n {2}app:latest was absent, is /,
    });
    const { tags } = receiptIn(release);
    assert.equal(tags.filter(({ setAt }) => setAt !== undefined).length, 4);
    const now = release.registry.tags()['public.example/app:latest'];
    assert.equal(now, other.descriptor.digest);
  });

  it('publishes what was planned when a tag moves at the source meanwhile', async () => {
    const release = await aRelease();
    const repository = repositoryAt(BUILD, 'app');
    const other = pushImage(release.registry, repository, { name: 'other' });
    release.registry.addManifest(repository, other, ['latest', '1.0']);
    await release.publish();
    const digest = imageOf(release.info, 'app').manifest?.digest;
    assert.equal(
      `mcr.example/app@${release.registry.tags()['public.example/app:latest'] ?? ''}`,
      digest,
    );
  });
});
