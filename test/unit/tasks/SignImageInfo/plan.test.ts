import assert from 'node:assert/strict';
import { planSigning } from '../../../../tasks/SignImageInfo/plan.ts';
import type { Inputs } from '../../../../tasks/SignImageInfo/inputs.ts';
import type { TestChain } from '../../../support/certificates.ts';
import { NOW, pushSignature } from '../../../support/signing.ts';
import { CHAIN, STRANGER, TRUST, aSigningRun, digestsIn, firstOf, inputsOf } from './support.ts';

const DAY_MS = 24 * 3_600_000;

/** The same image in two repositories. */
const TWO_PLACES = ['app', 'mirror'].map((repo) => ({ repo, platforms: [{ name: 'amd64' }] }));

describe('SignImageInfo planSigning', () => {
  it('signs every digest of a release that has no signatures', async () => {
    const run = aSigningRun();
    const facts = await run.gather();
    const plan = planSigning(facts, inputsOf());
    assert.deepEqual(
      digestsIn(plan, 'sign'),
      facts.subjects.map(({ descriptor }) => descriptor.digest),
    );
    assert.deepEqual(digestsIn(plan, 'skip'), []);
    assert.equal(plan.signingTime, NOW.toISOString());
    assert.equal(plan.expiry, undefined);
  });

  it('signs a digest of two repositories once', async () => {
    const plan = await aSigningRun({ images: TWO_PLACES }).plan();
    assert.equal(plan.steps.length, 1);
    const [step] = plan.steps;
    assert.ok(step?.kind === 'sign');
    assert.deepEqual(
      step.repositories.map(({ publicName }) => publicName),
      ['mcr.example/app', 'mcr.example/mirror'],
    );
  });

  it('skips a digest only in the repository where it is signed', async () => {
    const run = aSigningRun({ images: TWO_PLACES });
    await pushSignature(run.registry, firstOf(await run.gather()), { chain: CHAIN });
    const { steps } = await run.plan();
    assert.deepEqual(
      steps.map((step) =>
        step.kind === 'skip'
          ? [step.place.publicName]
          : step.repositories.map((at) => at.publicName),
      ),
      [['mcr.example/mirror'], ['mcr.example/app']],
    );
  });

  const skipping: readonly {
    readonly name: string;
    readonly chain: TestChain;
    readonly changes?: Parameters<ReturnType<typeof aSigningRun>['plan']>[0];
    readonly skipped: number;
  }[] = [
    { name: 'skips what is signed by the same certificate', chain: CHAIN, skipped: 1 },
    { name: 'signs what another certificate signed', chain: STRANGER, skipped: 0 },
    {
      name: 'signs again in another format',
      chain: CHAIN,
      changes: { format: 'jws' },
      skipped: 0,
    },
    {
      name: 'signs again when told to add',
      chain: CHAIN,
      changes: { existingSignatures: 'add' },
      skipped: 0,
    },
    {
      name: 'skips what the trust policy accepts too',
      chain: CHAIN,
      changes: { trust: TRUST },
      skipped: 1,
    },
  ];
  for (const { name, chain, changes, skipped } of skipping) {
    it(name, async () => {
      const run = aSigningRun();
      const target = firstOf(await run.gather());
      const signature = await pushSignature(run.registry, target, { chain });
      const plan = await run.plan(changes);
      const skips = plan.steps.filter((step) => step.kind === 'skip');
      assert.equal(skips.length, skipped);
      assert.equal(digestsIn(plan, 'sign').length, 4 - skipped);
      for (const skip of skips) assert.equal(skip.signature, signature.descriptor.digest);
    });
  }

  it('goes by who signed, whatever thumbprints the manifest of a signature shows', async () => {
    const run = aSigningRun();
    const [first, second] = (await run.gather()).subjects.map(
      ({ repository, descriptor: subject }) => ({ repository, subject }),
    );
    assert.ok(first !== undefined && second !== undefined);
    await pushSignature(run.registry, first, { chain: STRANGER, claims: CHAIN });
    await pushSignature(run.registry, second, { chain: CHAIN, claims: STRANGER });
    assert.deepEqual(digestsIn(await run.plan(), 'skip'), [second.subject.digest]);
  });

  const DAY = { expiryMs: DAY_MS };
  const DAYS = { expiryMs: 90 * DAY_MS };
  const BUILD_42 = { userMetadata: new Map([['build', '42']]) };
  const binding: readonly {
    readonly name: string;
    readonly before: Partial<Inputs>;
    readonly wanted: Partial<Inputs>;
    readonly skips: boolean;
  }[] = [
    { name: 'the same metadata', before: BUILD_42, wanted: BUILD_42, skips: true },
    { name: 'more metadata than is wanted', before: BUILD_42, wanted: {}, skips: true },
    { name: 'no metadata where some is wanted', before: {}, wanted: BUILD_42, skips: false },
    {
      name: 'other metadata',
      before: { userMetadata: new Map([['build', '41']]) },
      wanted: BUILD_42,
      skips: false,
    },
    { name: 'an end where one is wanted', before: DAYS, wanted: DAYS, skips: true },
    { name: 'a later end than is wanted', before: DAYS, wanted: DAY, skips: true },
    { name: 'an end long before the one that is wanted', before: DAY, wanted: DAYS, skips: false },
    { name: 'no end where one is wanted', before: {}, wanted: DAYS, skips: false },
    { name: 'an end where none is wanted', before: DAYS, wanted: {}, skips: false },
  ];
  for (const { name, before, wanted, skips } of binding) {
    it(`${skips ? 'skips' : 'signs again'} what has a signature of its own with ${name}`, async () => {
      const run = aSigningRun();
      await run.sign(before);
      const plan = await run.plan(wanted);
      assert.equal(digestsIn(plan, 'skip').length, skips ? 4 : 0);
    });
  }

  const ages = [
    { days: 9, verb: 'skips', skipped: 4 },
    { days: 10, verb: 'renews', skipped: 0 },
  ];
  for (const { days, verb, skipped } of ages) {
    it(`${verb} signatures of 90 days that were made ${days} days ago`, async () => {
      const run = aSigningRun();
      await run.sign(DAYS);
      const later = { ...(await run.gather()), now: new Date(NOW.getTime() + days * DAY_MS) };
      assert.equal(digestsIn(planSigning(later, inputsOf(DAYS)), 'skip').length, skipped);
    });
  }

  it('does not skip a signature over something else', async () => {
    const run = aSigningRun();
    const { repository, subject } = firstOf(await run.gather());
    const other = { ...subject, size: subject.size + 1 };
    await pushSignature(run.registry, { repository, subject: other }, { chain: CHAIN });
    assert.deepEqual(digestsIn(await run.plan(), 'skip'), []);
  });

  it('does not skip what the trust policy does not accept', async () => {
    const run = aSigningRun({ trusted: STRANGER });
    await pushSignature(run.registry, firstOf(await run.gather()), { chain: CHAIN });
    assert.deepEqual(digestsIn(await run.plan({ trust: TRUST }), 'skip'), []);
  });

  it('survives JSON and is the same when planned again', async () => {
    const run = aSigningRun();
    await pushSignature(run.registry, firstOf(await run.gather()), { chain: CHAIN });
    const facts = await run.gather();
    const options = inputsOf({ expiryMs: DAY_MS, userMetadata: new Map([['build', '42']]) });
    const plan = planSigning(facts, options);
    assert.deepEqual(JSON.parse(JSON.stringify(plan)), plan);
    assert.deepEqual(planSigning(facts, options), plan);
    assert.deepEqual(plan.userMetadata, { build: '42' });
  });

  it('gives times in whole seconds', async () => {
    const facts = await aSigningRun().gather();
    const now = new Date('2026-03-04T05:06:07.890Z');
    const plan = planSigning({ ...facts, now }, inputsOf({ expiryMs: DAY_MS }));
    assert.equal(plan.signingTime, '2026-03-04T05:06:07.000Z');
    assert.equal(plan.expiry, '2026-03-05T05:06:07.000Z');
  });
});
