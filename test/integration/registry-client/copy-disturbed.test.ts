import assert from 'node:assert/strict';
import type { GraphCounts } from '../../../shared/ports/registry.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import type { FaultAction } from '../../support/registry/faults.ts';
import { virtualTiming } from '../../support/virtual-timing.ts';
import { copyAndClose, contentOf, indexOf, referrerOf, seed, smallImage } from './graphs.ts';
import { USER, aClient, asUser } from './support.ts';

const IMAGES = [smallImage('amd64'), smallImage('arm64')];
const INDEX = indexOf(IMAGES);
const REFERRERS = [INDEX, ...IMAGES].map(({ root }, index) =>
  referrerOf(root.descriptor, `signature ${index}`),
);

/** More requests than any of these copies sends. */
const MANY = 1000;

describe('RegistryClient copyGraph between registries in trouble', () => {
  let source: EmbeddedRegistry;
  let target: EmbeddedRegistry;

  beforeEach(async () => {
    const auth = { kind: 'bearer', ...USER } as const;
    [source, target] = await Promise.all([startRegistry({ auth }), startRegistry({ auth })]);
    seed(source, 'build/app', [INDEX, ...REFERRERS]);
  });
  afterEach(async () => {
    await Promise.all([source.close(), target.close()]);
  });

  const copy = async (): Promise<GraphCounts> => {
    // One at a time, so that the same requests are struck in every run.
    const client = aClient({ ...asUser(), timing: virtualTiming(), maxInFlight: 1 });
    return copyAndClose(client, { source, target }, INDEX);
  };
  /** Strikes every so-manieth request of both registries. */
  const strikeEach = (every: number, action: FaultAction, path = /^/): void => {
    for (const registry of [source, target]) {
      for (let nth = every; nth < MANY; nth += every) {
        registry.addFault({ match: { path, nth }, action });
      }
    }
  };
  const assertCopied = (): void => {
    assert.deepEqual(contentOf(target, 'app'), contentOf(source, 'build/app'));
    assert.equal(target.store.find('app')?.tags.get('1'), INDEX.root.descriptor.digest);
  };
  const statusesOf = (): ReadonlySet<number | undefined> =>
    new Set([...source.requests, ...target.requests].map(({ status }) => status));

  const storms: readonly { readonly name: string; readonly action: FaultAction }[] = [
    { name: '503', action: { kind: 'status', status: 503 } },
    {
      name: '429 that asks for a wait',
      action: { kind: 'status', status: 429, headers: { 'retry-after': '7' } },
    },
    { name: '429 that does not', action: { kind: 'status', status: 429 } },
    { name: '502 in HTML', action: { kind: 'status', status: 502, body: '<html>bad</html>' } },
    { name: 'broken connections', action: { kind: 'reset' } },
    { name: 'lost replies', action: { kind: 'dropReplyAfterCommit' } },
  ];
  for (const { name, action } of storms) {
    it(`gets through a storm of ${name}: a fifth of all answers`, async () => {
      strikeEach(5, action);
      await copy();
      assertCopied();
      if (action.kind === 'status') assert.ok(statusesOf().has(action.status));
    });
  }

  it('gets through answers that doubt its tokens now and then (401 at random)', async () => {
    const refused = { 'www-authenticate': `Bearer realm="${target.url}/token",service="x"` };
    strikeEach(5, { kind: 'status', status: 401, headers: refused }, /^\/v2\/app\//);
    await copy();
    assertCopied();
    assert.ok(statusesOf().has(401));
  });

  it('gets through tokens that are good for so many requests only', async () => {
    for (const registry of [source, target]) {
      let asked = 0;
      const accessOf = registry.tokens.accessOf.bind(registry.tokens);
      registry.tokens.accessOf = (token) => {
        asked += 1;
        if (asked % 7 === 0) registry.tokens.clear();
        return accessOf(token);
      };
    }
    await copy();
    assertCopied();
    const tokens = target.requests.filter(({ path }) => path.startsWith('/token'));
    assert.ok(tokens.length > 2, `${tokens.length} tokens`);
  });

  it('gives up on a registry that is down for good, with one error and without a tag', async () => {
    strikeEach(1, { kind: 'status', status: 503 });
    await assert.rejects(copy(), { code: 'REGISTRY_UNAVAILABLE' });
    assert.equal(target.store.find('app')?.tags.size ?? 0, 0);
  });
});
