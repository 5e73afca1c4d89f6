import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  decideRetry,
  failureKind,
  parseRetryAfter,
  requestRetries,
  uploadRetries,
} from '../../../shared/registry/retry.ts';

const FIRST = { failures: 1, ofThisKind: 1, elapsedMs: 0, lastBackoffMs: 0 };
const NONE = { registryCodes: [] };

describe('retry decideRetry', () => {
  const decisions = [
    { name: 'a first failure', given: { retries: 7 }, history: FIRST, is: 500 },
    {
      name: 'a later failure',
      given: { retries: 7 },
      history: { ...FIRST, lastBackoffMs: 1000 },
      is: 1625,
    },
    {
      name: 'a long row of failures',
      given: { retries: 7 },
      history: { ...FIRST, lastBackoffMs: 30_000 },
      is: 30_000,
    },
    {
      name: 'a wait that was asked for',
      given: { retries: 7, retryAfterMs: 60_000 },
      history: FIRST,
      is: 60_000,
    },
    {
      name: 'a wait of nothing',
      given: { retries: 7, retryAfterMs: 0 },
      history: { ...FIRST, lastBackoffMs: 1000 },
      is: 1625,
    },
    {
      name: 'a long wait that was asked for',
      given: { retries: 7, retryAfterMs: 150_000 },
      history: FIRST,
      is: 120_000,
    },
    {
      name: 'a wait that no longer fits the budget',
      given: { retries: 7, retryAfterMs: 150_000 },
      history: { ...FIRST, elapsedMs: 450_001 },
      is: undefined,
    },
    {
      name: 'a wait that just fits the budget',
      given: { retries: 7, retryAfterMs: 150_000 },
      history: { ...FIRST, elapsedMs: 450_000 },
      is: 120_000,
    },
    { name: 'a failure that deserves none', given: { retries: 0 }, history: FIRST, is: undefined },
    {
      name: 'one failure too many',
      given: { retries: 2 },
      history: { ...FIRST, failures: 3, ofThisKind: 3 },
      is: undefined,
    },
    {
      name: 'others that have used up what this one deserves',
      given: { retries: 1 },
      history: { ...FIRST, failures: 3 },
      is: 500,
    },
    {
      name: 'one failure too many of all kinds',
      given: { retries: 1 },
      history: { ...FIRST, failures: 8 },
      is: undefined,
    },
    {
      name: 'a budget that is used up',
      given: { retries: 7 },
      history: { ...FIRST, elapsedMs: 599_800 },
      is: undefined,
    },
  ];
  for (const { name, given, history, is } of decisions) {
    const decision = is === undefined ? 'gives up' : `waits ${is} ms`;
    it(`X5 ${decision} after ${name}`, () => {
      const decision = decideRetry(given, history, 0.5);
      assert.equal(decision.kind === 'retry' ? decision.waitMs : undefined, is);
    });
  }

  it('X4 never waits longer than two minutes nor beyond ten minutes in all', () => {
    fc.assert(
      fc.property(
        fc.option(fc.nat(10 ** 9), { nil: undefined }),
        fc.record({
          failures: fc.integer({ min: 1, max: 10 }),
          ofThisKind: fc.integer({ min: 1, max: 10 }),
          elapsedMs: fc.nat(10 ** 6),
          lastBackoffMs: fc.nat(120_000),
        }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (retryAfterMs, history, random) => {
          const failure = { retries: 7, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
          const decision = decideRetry(failure, history, random);
          if (decision.kind === 'give-up') return;
          assert.ok(decision.waitMs <= 120_000);
          assert.ok(history.elapsedMs + decision.waitMs <= 600_000);
        },
      ),
    );
  });
});

describe('retry requestRetries', () => {
  const many = [408, 425, 429, 499, 500, 502, 503, 504, 520, 521, 522, 523, 524].map((status) => ({
    ...NONE,
    status,
  }));
  const network = [
    'EAI_AGAIN',
    'ECONNABORTED',
    'ECONNRESET',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'EPIPE',
    'ETIMEDOUT',
    'UND_ERR_BODY_TIMEOUT',
    'UND_ERR_CONNECT_TIMEOUT',
    'UND_ERR_HEADERS_TIMEOUT',
    'UND_ERR_SOCKET',
  ];
  const cases = [
    ...many.map((failure) => ({ failure, is: 7 })),
    ...network.map((networkCode) => ({ failure: { ...NONE, networkCode }, is: 7 })),
    { failure: { ...NONE, networkCode: 'ENOTFOUND' }, is: 1 },
    { failure: { ...NONE, networkCode: 'ECONNREFUSED' }, is: 2 },
    { failure: { ...NONE, networkCode: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, is: 0 },
    { failure: { status: 500, registryCodes: ['MANIFEST_BLOB_UNKNOWN'] }, is: 0 },
    { failure: { status: 500, registryCodes: ['UNKNOWN'] }, is: 7 },
    { failure: { status: 429, registryCodes: ['DENIED'] }, is: 7 },
    ...[400, 401, 403, 404, 405, 413, 501].map((status) => ({
      failure: { ...NONE, status },
      is: 0,
    })),
    { failure: NONE, is: 0 },
    { failure: { ...NONE, status: 403, isElsewhere: true }, is: 2 },
    { failure: { ...NONE, status: 404, isElsewhere: true }, is: 0 },
    { failure: { ...NONE, status: 503, isElsewhere: true }, is: 7 },
  ];
  for (const { failure, is } of cases) {
    const id = 'networkCode' in failure ? 'X2' : 'X1';
    it(`${id} gives ${is} to ${JSON.stringify(failure)}`, () => {
      assert.equal(requestRetries(failure), is);
    });
  }

  for (const networkCode of ['ECONNREFUSED', 'ENOTFOUND']) {
    it(`X2 gives 7 to ${networkCode} of a host that has answered before`, () => {
      assert.equal(requestRetries({ ...NONE, networkCode }, true), 7);
    });
  }
});

describe('retry failureKind', () => {
  const kinds = [
    { failure: { ...NONE, networkCode: 'ENOTFOUND' }, is: 'ENOTFOUND' },
    { failure: { ...NONE, networkCode: 'ECONNREFUSED' }, is: 'ECONNREFUSED' },
    { failure: { ...NONE, status: 401 }, is: '401' },
    { failure: { ...NONE, status: 403 }, is: '403' },
    { failure: { ...NONE, status: 503 }, is: 'other' },
    { failure: { ...NONE, networkCode: 'ECONNRESET' }, is: 'other' },
  ];
  for (const { failure, is } of kinds) {
    it(`X2 counts ${JSON.stringify(failure)} as ${is}`, () => {
      assert.equal(failureKind(failure), is);
    });
  }
});

describe('retry uploadRetries', () => {
  const cases = [
    { failure: { ...NONE, status: 401 }, is: 1 },
    { failure: { ...NONE, status: 401, tokenHasEnded: true }, is: 7 },
    { failure: { status: 404, registryCodes: ['BLOB_UPLOAD_UNKNOWN'] }, is: 7 },
    { failure: { status: 416, registryCodes: ['BLOB_UPLOAD_INVALID'] }, is: 7 },
    { failure: { status: 404, registryCodes: ['UNKNOWN', 'BLOB_UNKNOWN'] }, is: 7 },
    { failure: { status: 400, registryCodes: ['BLOB_UPLOAD_INVALID'] }, is: 0 },
    { failure: { status: 404, registryCodes: ['NAME_UNKNOWN'] }, is: 0 },
    { failure: { ...NONE, status: 503 }, is: 7 },
    { failure: { ...NONE, status: 403 }, is: 0 },
  ];
  for (const { failure, is } of cases) {
    it(`U12 gives ${is} to ${JSON.stringify(failure)}`, () => {
      assert.equal(uploadRetries(failure), is);
    });
  }
});

describe('retry parseRetryAfter', () => {
  const now = Date.parse('2026-11-22T00:00:00Z');
  const cases = [
    { header: undefined, is: undefined },
    { header: '0', is: 0 },
    { header: ' 7 ', is: 7000 },
    { header: 'Sun, 22 Nov 2026 00:01:00 GMT', is: 60_000 },
    { header: ' Sunday, 22 Nov 2026 00:01:00 GMT ', is: 60_000 },
    { header: 'no Sun, 22 Nov 2026 00:01:00 GMT', is: undefined },
    { header: 'Sat, 21 Nov 2026 00:00:00 GMT', is: 0 },
    { header: '-1', is: undefined },
    { header: 'soon', is: undefined },
    { header: '1.5', is: undefined },
    { header: 'Sun, nonsense', is: undefined },
    { header: '99999999999', is: undefined },
  ];
  for (const { header, is } of cases) {
    it(`X4 reads ${header ?? 'no header'} as ${is ?? 'nothing'}`, () => {
      assert.equal(parseRetryAfter(header, now), is);
    });
  }
});
