import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contentLines } from '../../support/product/fingerprint.ts';
import type { RegistrySettings } from '../../support/registry/settings.ts';
import { assertSucceeded } from './support/expect.ts';
import { killedAfter, madeIn } from './support/kill.ts';
import { publishEarlier, readJson, taskLabs } from './support/labs.ts';
import type { Lab } from './support/labs.ts';
import { PUBLIC_PREFIX, runPublish } from './support/stages.ts';
import { holesIn, tagsIn } from './support/tree.ts';

interface Target extends Pick<RegistrySettings, 'referrersApi'> {
  readonly name: string;
  /** After how many requests of the target the process is killed. */
  readonly moments: readonly number[];
}

const targets: readonly Target[] = [
  {
    name: 'a registry with a referrers API',
    referrersApi: true,
    moments: [1, 7, 20, 31, 50, 75, 100, 118, 130, 134, 141, 149],
  },
  {
    name: 'a registry that lists referrers under tags',
    referrersApi: false,
    moments: [50, 130, 170],
  },
];

interface Receipt {
  readonly tags: readonly {
    readonly repository: string;
    readonly tag: string;
    readonly digest: string;
    readonly previousDigest?: string;
  }[];
}

/** What a publish leaves behind, but for the times in it. */
async function outcomeOf(lab: Lab): Promise<readonly unknown[]> {
  const folder = join(lab.agent.temp, 'image-info-final');
  const { tags } = (await readJson(join(folder, 'receipt.json'))) as Receipt;
  return [
    contentLines(lab.target.store),
    await readFile(join(folder, 'image-info.json'), 'utf8'),
    tags.map(({ repository, tag, digest, previousDigest = 'absent' }) =>
      [repository, tag, digest, previousDigest].join(' '),
    ),
  ];
}

function repeatedIn(names: readonly string[]): readonly string[] {
  return names.filter((name, index) => names.indexOf(name) < index);
}

/** Tells what refers to something else at the target, by `repository@digest`. */
function isReferrer({ target }: Lab): (name: string) => boolean {
  return (name) => {
    const [repository = '', digest = ''] = name.split('@');
    return target.store.manifest(repository, digest)?.subject !== undefined;
  };
}

describe('PublishArtifacts killed', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  for (const { name, moments, ...settings } of targets) {
    describe(`on ${name}`, () => {
      let undisturbed: readonly unknown[];

      before(async () => {
        const calm = await labs.open('signed', { target: settings });
        assertSucceeded(await calm.publish());
        undisturbed = await outcomeOf(calm);
        const total = calm.target.requests.length;
        assert.ok(total >= Math.max(...moments), `only ${total} requests`);
      });

      for (const moment of moments) {
        it(`after ${moment} requests ends the same the second time, and makes no digest twice`, async () => {
          const lab = await labs.open('signed', { target: settings });
          await killedAfter(moment, lab.target, (step) => lab.publish({ step }));
          const view = { prefix: PUBLIC_PREFIX, referrersApi: settings.referrersApi };
          assert.deepEqual(holesIn(lab.target.store, view), []);
          assertSucceeded(await lab.publish());
          assert.deepEqual(await outcomeOf(lab), undisturbed);
          const made = madeIn(lab.target);
          assert.ok(made.length >= 60, `${made.length} digests were made`);
          // What no list names yet is put once more, with the same bytes: only then it gets into the list.
          const isExcused = settings.referrersApi ? () => false : isReferrer(lab);
          assert.deepEqual(
            repeatedIn(made).filter((one) => !isExcused(one)),
            [],
          );
        }).timeout(60_000);
      }
    });
  }

  for (const left of [4, 12]) {
    it(`${left} requests before the end can be undone after the second run: all is as before the first`, async () => {
      const lab = await labs.open('signed');
      publishEarlier(lab.target);
      const before = tagsIn(lab.target.store, PUBLIC_PREFIX);
      const calm = await labs.open('signed');
      publishEarlier(calm.target);
      assertSucceeded(await calm.publish());
      const moment = calm.target.requests.length - left;
      await killedAfter(moment, lab.target, (step) => lab.publish({ step }));
      assertSucceeded(await lab.publish());
      assert.deepEqual(await outcomeOf(lab), await outcomeOf(calm));
      const rollbackReceipt = join(lab.agent.temp, 'image-info-final/receipt.json');
      const nothing = { imageInfo: '', sourceRegistry: '', sourceRepositoryPrefix: '' };
      const inputs = { ...nothing, rollbackReceipt };
      assertSucceeded(
        await runPublish({ agent: lab.agent, source: '', target: lab.target.host, inputs }),
      );
      assert.deepEqual(tagsIn(lab.target.store, PUBLIC_PREFIX), before);
    }).timeout(60_000);
  }
});
