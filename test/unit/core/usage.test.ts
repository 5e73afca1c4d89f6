import assert from 'node:assert/strict';
import { renderUsage } from '../../../shared/core/usage.ts';

describe('usage renderUsage', () => {
  it('gives seconds, requests and megabytes, the same in every locale', () => {
    const usage = { elapsedMs: 2449, requests: 1813, peakMemoryBytes: 120_600_000 };
    assert.equal(renderUsage(usage), '2.4 s, 1,813 requests, 121 MB of memory at most');
  });
});
