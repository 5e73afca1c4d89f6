import assert from 'node:assert/strict';
import { OwnWrites } from '../../../shared/registry/own-writes.ts';
import { virtualTiming } from '../../support/virtual-timing.ts';

const { signal } = new AbortController();
const THING = { registry: 'r.example', name: 'app', at: 'manifests/1' };

describe('own-writes OwnWrites', () => {
  const answering = (
    ...statuses: readonly number[]
  ): (() => Promise<{ readonly status: number }>) => {
    const left = [...statuses];
    return () => Promise.resolve({ status: left.shift() ?? 404 });
  };

  it('X13 looks for half a minute for what this run wrote, and lets go of each answer', async () => {
    const timing = virtualTiming();
    const writes = new OwnWrites(timing);
    writes.note(THING);
    const startMs = timing.now();
    let discarded = 0;
    const discard = async (): Promise<void> => {
      discarded += 1;
      return Promise.resolve();
    };
    const send = (): Promise<{ readonly status: number; readonly discard: typeof discard }> =>
      Promise.resolve({ status: 404, discard });
    assert.equal((await writes.read(THING, send, signal)).status, 404);
    assert.equal(timing.now() - startMs, 30_000);
    assert.equal(discarded, 5);
  });

  it('X13 stops looking when it is there', async () => {
    const timing = virtualTiming();
    const writes = new OwnWrites(timing);
    writes.note(THING);
    const startMs = timing.now();
    assert.equal((await writes.read(THING, answering(404, 404, 200), signal)).status, 200);
    assert.equal(timing.now() - startMs, 3000);
  });

  const others = [
    { name: 'another registry', thing: { ...THING, registry: 's.example' } },
    { name: 'another repository', thing: { ...THING, name: 'other' } },
    { name: 'another tag', thing: { ...THING, at: 'manifests/2' } },
  ];
  for (const { name, thing } of others) {
    it(`X13 believes a 404 for ${name} at once`, async () => {
      const timing = virtualTiming();
      const writes = new OwnWrites(timing);
      writes.note(THING);
      const startMs = timing.now();
      assert.equal((await writes.read(thing, answering(404, 200), signal)).status, 404);
      assert.equal(timing.now(), startMs);
    });
  }
});
