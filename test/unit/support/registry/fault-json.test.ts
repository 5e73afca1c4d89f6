import assert from 'node:assert/strict';
import type { Fault } from '../../../support/registry/faults.ts';
import { parseFault } from '../../../support/registry/fault-json.ts';

describe('registry fault-json parseFault', () => {
  const faults: readonly Fault[] = [
    {
      match: { method: 'GET', path: '/manifests/', nth: 2, times: 3 },
      action: { kind: 'status', status: 429, headers: { 'retry-after': '1' }, body: 'slow' },
    },
    { match: {}, action: { kind: 'reset' } },
    { match: {}, action: { kind: 'reset', afterBytes: 0 } },
    { match: {}, action: { kind: 'resetUpload', afterBytes: 10 } },
    { match: {}, action: { kind: 'stall', ms: 5 } },
    { match: {}, action: { kind: 'delay', ms: 5 } },
    { match: {}, action: { kind: 'wrongDigestHeader' } },
    { match: {}, action: { kind: 'headers', headers: { a: 'b', c: null } } },
    { match: {}, action: { kind: 'corruptBody' } },
    { match: {}, action: { kind: 'truncateBody', bytes: 5 } },
    { match: {}, action: { kind: 'dropReplyAfterCommit' } },
  ];
  for (const fault of faults) {
    it(`reads ${JSON.stringify(fault.action)}`, () => {
      assert.deepEqual(parseFault(JSON.stringify(fault), 'fault'), { ok: true, value: fault });
    });
  }

  it('reads a pattern for the path', () => {
    const text = '{"match":{"pathPattern":"^/v2/a"},"action":{"kind":"reset"}}';
    assert.deepEqual(parseFault(text, 'fault'), {
      ok: true,
      value: { match: { path: /^\/v2\/a/ }, action: { kind: 'reset' } },
    });
  });

  const refused = [
    { text: '', paths: ['fault'] },
    { text: '[]', paths: ['fault'] },
    { text: '{}', paths: ['fault.action'] },
    { text: '{"match":1,"action":{"kind":"reset"}}', paths: ['fault.match'] },
    { text: '{"action":{"kind":"toString"}}', paths: ['fault.action.kind'] },
    { text: '{"action":{"kind":"status"}}', paths: ['fault.action.status'] },
    { text: '{"action":{"kind":"delay","ms":-1}}', paths: ['fault.action.ms'] },
    { text: '{"action":{"kind":"headers","headers":{"a":1}}}', paths: ['fault.action.headers'] },
    {
      text: '{"match":{"nht":1,"nth":"1"},"action":{"kind":"reset"}}',
      paths: ['fault.match.nht', 'fault.match.nth'],
    },
    {
      text: '{"match":{"pathPattern":"("},"action":{"kind":"reset"}}',
      paths: ['fault.match.pathPattern'],
    },
  ];
  for (const { text, paths } of refused) {
    it(`refuses ${text || 'nothing'}`, () => {
      const result = parseFault(text, 'fault');
      assert.deepEqual(result.ok ? [] : result.problems.map(({ path }) => path), paths);
    });
  }
});
