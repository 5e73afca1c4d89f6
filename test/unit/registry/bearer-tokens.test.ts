import assert from 'node:assert/strict';
import { BearerTokens } from '../../../shared/registry/bearer-tokens.ts';

const SECOND = 1000;

describe('bearer-tokens BearerTokens', () => {
  const cases = [
    { name: 'long before its end', lifetime: 3600, age: 3000, duration: 0, renewed: false },
    { name: 'in its last minute', lifetime: 3600, age: 3541, duration: 0, renewed: true },
    { name: 'when its last minute begins', lifetime: 3600, age: 3540, duration: 0, renewed: true },
    {
      name: 'that a long upload outlives',
      lifetime: 3600,
      age: 3000,
      duration: 900,
      renewed: true,
    },
    {
      name: 'that outlives a long upload',
      lifetime: 3600,
      age: 3000,
      duration: 500,
      renewed: false,
    },
    {
      name: 'in the first third of a short life',
      lifetime: 300,
      age: 90,
      duration: 9000,
      renewed: false,
    },
    {
      name: 'after the first third, for an endless upload',
      lifetime: 300,
      age: 110,
      duration: 9000,
      renewed: true,
    },
    {
      name: 'in the last third of a very short life',
      lifetime: 60,
      age: 41,
      duration: 0,
      renewed: true,
    },
  ];
  for (const { name, lifetime, age, duration, renewed } of cases) {
    it(`A12 ${renewed ? 'replaces' : 'uses'} a token ${name}`, async () => {
      let now = 0;
      let count = 0;
      const tokens = new BearerTokens(() => now);
      const get = async (durationMs: number): Promise<string> =>
        tokens.get({ scopes: ['s:pull'], wanted: ['s:pull'], durationMs }, () => {
          count += 1;
          const lifetimeMs = lifetime * SECOND;
          return Promise.resolve({ value: `t${count}`, lifetimeMs, expiresAtMs: now + lifetimeMs });
        });
      await get(0);
      now = age * SECOND;
      assert.equal(await get(duration * SECOND), renewed ? 'Bearer t2' : 'Bearer t1');
    });
  }

  it('A11 tells a token that has ended from one that was never good', async () => {
    const tokens = new BearerTokens(() => 0);
    const header = await tokens.get({ scopes: ['s'], wanted: ['s'], durationMs: 0 }, () =>
      Promise.resolve({ value: 't', lifetimeMs: 600_000, expiresAtMs: 600_000 }),
    );
    assert.equal(tokens.hasEnded(header), false);
    tokens.accept(header);
    assert.equal(tokens.hasEnded(header), true);
    tokens.drop(header);
    assert.equal(tokens.hasEnded(header), true, 'another request has dropped it');
  });

  it('asks once for each scope of a registry that gives the same text for all', async () => {
    const tokens = new BearerTokens(() => 0);
    let count = 0;
    const get = async (scope: string): Promise<string> =>
      tokens.get({ scopes: [scope], wanted: [scope], durationMs: 0 }, () => {
        count += 1;
        return Promise.resolve({ value: 't', lifetimeMs: 600_000, expiresAtMs: 600_000 });
      });
    for (const scope of ['a:pull', 'b:pull', 'a:pull', 'b:pull']) await get(scope);
    assert.equal(count, 2);
  });

  it('A11 does not take a token for ended that is given again after it was refused', async () => {
    const tokens = new BearerTokens(() => 0);
    const get = async (): Promise<string> =>
      tokens.get({ scopes: ['s'], wanted: ['s'], durationMs: 0 }, () =>
        Promise.resolve({ value: 't', lifetimeMs: 600_000, expiresAtMs: 600_000 }),
      );
    const header = await get();
    tokens.accept(header);
    assert.equal(tokens.hasEnded(header), true);
    tokens.drop(header);
    assert.equal(await get(), header);
    tokens.accept(header);
    assert.equal(tokens.hasEnded(header), false);
  });

  it('A12 uses the newest of several tokens', async () => {
    let now = 0;
    const tokens = new BearerTokens(() => now);
    const get = async (value: string, durationMs: number): Promise<string> =>
      tokens.get({ scopes: ['s:pull'], wanted: ['s:pull'], durationMs }, () =>
        Promise.resolve({ value, lifetimeMs: 600_000, expiresAtMs: now + 600_000 }),
      );
    await get('first', 0);
    now = 300_000;
    await get('second', 390_000);
    assert.equal(await get('third', 0), 'Bearer second');
  });

  it('A11 forgets a token that was refused, and no other', async () => {
    const tokens = new BearerTokens(() => 0);
    const get = async (scope: string, value: string): Promise<string> =>
      tokens.get({ scopes: [scope], wanted: [scope], durationMs: 0 }, () =>
        Promise.resolve({ value, lifetimeMs: 600_000, expiresAtMs: 600_000 }),
      );
    await get('a:pull', 'a');
    await get('b:pull', 'b');
    tokens.drop('Bearer a');
    assert.equal(tokens.hasEnded('Bearer a'), true, 'another request has dropped it');
    assert.equal(tokens.hasEnded('Bearer b'), false, 'it was never good');
    assert.deepEqual(
      [await get('a:pull', 'new'), await get('b:pull', 'new')],
      ['Bearer new', 'Bearer b'],
    );
  });
});
