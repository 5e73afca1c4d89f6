import assert from 'node:assert/strict';
import { mutate, randomFrom } from '../../support/fuzz/mutate.ts';
import { fuzz } from '../../support/fuzz/run.ts';
import { fuzzTargets } from '../../support/fuzz/targets.ts';

/** A longer run with other seeds: npm run fuzz. */
const INPUTS = 400;
const SEED = 20261122;

describe('readers of what comes from outside', () => {
  it('stand damaged input, and take none of it for signed', async () => {
    const goesOn = (inputs: number): boolean => inputs < INPUTS;
    const targets = await fuzzTargets();
    const findings = targets.flatMap((target) => fuzz(target, { seed: SEED, goesOn }) ?? []);
    assert.deepEqual(findings, [], `seed ${SEED}`);
  }).timeout(60_000);

  it('are given the same input again for the same seed', () => {
    const seed = Buffer.from('a signature');
    const inputs = (): readonly string[] => {
      const random = randomFrom(SEED);
      return Array.from({ length: 20 }, () => Buffer.from(mutate(seed, random)).toString('hex'));
    };
    assert.deepEqual(inputs(), inputs());
    assert.ok(new Set(inputs()).size > 15);
  });

  it('are caught when they throw, or take what they must not', () => {
    const goesOn = (inputs: number): boolean => inputs < 1;
    const throwing = (): undefined => {
      throw new TypeError('no');
    };
    const seeds = [Buffer.from('a')];
    const broken = fuzz({ name: 'broken', seeds, read: throwing }, { seed: 1, goesOn });
    assert.match(broken?.what ?? '', /^throws TypeError: no/);
    const lax = fuzz({ name: 'lax', seeds, read: () => 'verifies' }, { seed: 1, goesOn });
    assert.equal(lax?.what, 'verifies');
  });
});
