import assert from 'node:assert/strict';
import type { GraphCounts } from '../../../shared/ports/registry.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import type { FaultAction } from '../../support/registry/faults.ts';
import { virtualTiming } from '../../support/virtual-timing.ts';
import {
  contentOf,
  copyAndClose,
  imageOf,
  indexOf,
  referrerOf,
  seed,
  smallImage,
} from './graphs.ts';
import type { TestGraph } from './graphs.ts';
import { USER, aBlob, aClient, asUser } from './support.ts';

const IMAGES = [smallImage('amd64'), smallImage('arm64')];
const INDEX = indexOf(IMAGES);
const REFERRERS = [INDEX, ...IMAGES].map(({ root }, index) =>
  referrerOf(root.descriptor, `signature ${index}`),
);

/** An image whose layers are too long to be held in memory. */
function largeImage(name: string): TestGraph {
  const config = aBlob(`{"name":"${name}"}`, 'application/vnd.oci.image.config.v1+json');
  const layers = [1, 2, 3].map((layer) => aBlob(`${name} ${layer} `.repeat(40_000)));
  return imageOf([config, ...layers]);
}

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

  interface CopyOptions {
    readonly graph?: TestGraph;
    /** One at a time, so that the same requests are struck in every run; absent, as many as the tasks send. */
    readonly maxInFlight?: number;
  }
  const copy = async ({ graph = INDEX, ...limit }: CopyOptions = {}): Promise<GraphCounts> => {
    const client = aClient({ ...asUser(), timing: virtualTiming(), ...limit });
    return copyAndClose(client, { source, target }, graph);
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
      await copy({ maxInFlight: 1 });
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

  /** Tokens of either registry end after so many requests. */
  const endTokensAfter = (count: number): void => {
    for (const registry of [source, target]) {
      let asked = 0;
      const accessOf = registry.tokens.accessOf.bind(registry.tokens);
      registry.tokens.accessOf = (token) => {
        asked += 1;
        if (asked % count === 0) registry.tokens.clear();
        return accessOf(token);
      };
    }
  };

  it('gets through tokens that are good for so many requests only', async () => {
    endTokensAfter(7);
    await copy();
    assertCopied();
    const tokens = target.requests.filter(({ path }) => path.startsWith('/token'));
    assert.ok(tokens.length > 2, `${tokens.length} tokens`);
  });

  it('gets through tokens that end while layers are sent, several at once (A11)', async () => {
    const graph = indexOf(['one', 'two'].map(largeImage));
    seed(source, 'build/app', [graph]);
    endTokensAfter(7);
    await copy({ graph });
    assert.equal(target.store.find('app')?.tags.get('1'), graph.root.descriptor.digest);
    assert.equal(target.store.find('app')?.blobs.size, graph.blobs.length);
  });

  it('gives up on a registry that is down for good, with one error and without a tag', async () => {
    strikeEach(1, { kind: 'status', status: 503 });
    await assert.rejects(copy({ maxInFlight: 1 }), { code: 'REGISTRY_UNAVAILABLE' });
    assert.equal(target.store.find('app')?.tags.size ?? 0, 0);
  });
});
