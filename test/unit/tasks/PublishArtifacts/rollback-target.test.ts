import assert from 'node:assert/strict';
import type { Location } from '../../../../shared/oci/reference.ts';
import { repositoryAt } from '../../../../shared/oci/reference.ts';
import type { Receipt } from '../../../../tasks/PublishArtifacts/receipt.ts';
import type { RollbackInputs } from '../../../../tasks/PublishArtifacts/rollback-inputs.ts';
import { planRollback } from '../../../../tasks/PublishArtifacts/rollback-plan.ts';
import { executeRollback, gatherRollback } from '../../../../tasks/PublishArtifacts/rollback.ts';
import type { RollbackRecord } from '../../../../tasks/PublishArtifacts/rollback.ts';
import { pushImage } from '../../../support/release.ts';
import { NOW } from '../../../support/signing.ts';
import { aRelease } from './support.ts';
import type { Release } from './support.ts';

const RECEIPT = '/temp/image-info-final/receipt.json';
const OUTPUT = '/temp/image-info-final/image-info.json';
const PUBLIC: Location = { registry: 'public.example', prefix: 'public' };

function placeOf(location: Location): {
  readonly location: Location;
  readonly connection: undefined;
  readonly scheme: undefined;
} {
  return { location, connection: undefined, scheme: undefined };
}

async function rollBack({ registry, files }: Release, location = PUBLIC): Promise<RollbackRecord> {
  const { signal } = new AbortController();
  const inputs: RollbackInputs = {
    kind: 'rollback',
    receipt: RECEIPT,
    target: placeOf(location),
    registries: { trustedTokenHosts: [], referrersPerMinute: undefined },
    output: OUTPUT,
    artifactName: undefined,
    dryRun: false,
  };
  const facts = await gatherRollback(inputs, { files, registry }, signal);
  const writers = { registry, files, clock: { now: () => NOW } };
  const context = { manifests: facts.manifests, output: OUTPUT };
  return executeRollback(planRollback(facts), context, { writers, signal });
}

async function changeReceipt(
  { files }: Release,
  change: (receipt: Receipt) => Receipt,
): Promise<void> {
  const bytes = Buffer.from(files.contents.get(RECEIPT) ?? []);
  const receipt = JSON.parse(bytes.toString()) as Receipt;
  await files.write(RECEIPT, Buffer.from(JSON.stringify(change(receipt))));
}

describe('PublishArtifacts rollback of a target with a prefix', () => {
  it('undoes what was published below it', async () => {
    const release = await aRelease();
    await release.publish({ target: placeOf(PUBLIC) });
    const { tags, rolledBackAt, publishedAt } = await rollBack(release);
    assert.deepEqual([...new Set(tags.map(({ outcome }) => outcome))], ['deleted']);
    assert.deepEqual(release.registry.tags(PUBLIC.registry), {});
    assert.deepEqual([rolledBackAt, publishedAt], [NOW.toISOString(), NOW.toISOString()]);
  });

  for (const prefix of ['publi', 'ublic', 'public/app']) {
    it(`refuses the prefix ${prefix}, below which not all of it is`, async () => {
      const release = await aRelease();
      await release.publish({ target: placeOf(PUBLIC) });
      release.registry.writes.length = 0;
      await assert.rejects(rollBack(release, { ...PUBLIC, prefix }), {
        code: 'RECEIPT_INVALID',
        message: new RegExp(
          `with repositories such as public/app; the target is public\\.example/${prefix}\\.$`,
        ),
      });
      assert.deepEqual(release.registry.writes, []);
    });
  }

  it('refuses a receipt of which one repository is elsewhere', async () => {
    const release = await aRelease();
    await release.publish({ target: placeOf(PUBLIC) });
    await changeReceipt(release, ({ tags, ...receipt }) => ({
      ...receipt,
      tags: tags.map((entry, index) => (index === 1 ? { ...entry, repository: 'other' } : entry)),
    }));
    await assert.rejects(rollBack(release), { code: 'RECEIPT_INVALID' });
  });
});

describe('PublishArtifacts rollback and its record', () => {
  it('names what was kept as it names all others', async () => {
    const release = await aRelease();
    await release.publish({ target: placeOf(PUBLIC) });
    await rollBack(release);
    const { tags } = await rollBack(release);
    const app = repositoryAt(PUBLIC, 'app');
    const kept = tags.find(({ tag }) => tag === 'latest');
    assert.deepEqual(
      [kept?.kind, kept?.outcome, kept?.at, kept?.what],
      ['keep', 'kept', app, 'list'],
    );
  });

  it('names what somebody else has put back meanwhile', async () => {
    const release = await aRelease();
    const app = repositoryAt(PUBLIC, 'app');
    const older = pushImage(release.registry, app, { name: 'older' });
    release.registry.addManifest(app, older, ['latest']);
    await release.publish({ target: placeOf(PUBLIC) });
    let asked = 0;
    release.registry.beforeRead = (name) => {
      asked += name.endsWith('app:latest') ? 1 : 0;
      if (asked === 2) release.registry.addManifest(app, older, ['latest']);
    };
    const { tags } = await rollBack(release);
    const latest = tags.find(({ tag }) => tag === 'latest');
    assert.deepEqual(
      [latest?.kind, latest?.outcome, latest?.at, latest?.previousDigest],
      ['keep', 'kept', app, older.descriptor.digest],
    );
  });
});
