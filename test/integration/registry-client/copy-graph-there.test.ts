import assert from 'node:assert/strict';
import type { CopyEvent, GraphCopyRequest, GraphCounts } from '../../../shared/ports/registry.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { contentOf, indexOf, referrerOf, seed, smallImage } from './graphs.ts';
import type { TestGraph } from './graphs.ts';
import { amd64, arm64 } from './shapes.ts';
import { aBlob, aClient, repositoryOf, requestLines } from './support.ts';

const { signal } = new AbortController();

describe('RegistryClient copyGraph of what is there in part', () => {
  let source: EmbeddedRegistry;
  let target: EmbeddedRegistry;
  let client: RegistryClient;

  beforeEach(async () => {
    [source, target] = await Promise.all([startRegistry(), startRegistry()]);
    client = aClient();
  });
  afterEach(async () => {
    await client.close();
    await Promise.all([source.close(), target.close()]);
  });

  const copy = async (
    graph: Pick<TestGraph, 'root'>,
    more: Partial<GraphCopyRequest> = {},
  ): Promise<GraphCounts> =>
    client.copyGraph(
      {
        roots: [{ manifest: graph.root, tags: ['1'] }],
        from: repositoryOf(source, 'build/app'),
        to: repositoryOf(target, 'app'),
        mount: true,
        referrers: 'all',
        ...more,
      },
      signal,
    );

  const assertSame = (): void => {
    assert.deepEqual(contentOf(target, 'app'), contentOf(source, 'build/app'));
  };

  it('puts a root without tags by its digest, and not where it is already', async () => {
    const graph = indexOf([amd64]);
    const roots = [{ manifest: graph.root, tags: [] }];
    seed(source, 'build/app', [graph]);
    assert.equal((await copy(graph, { roots })).manifests, 2);
    assertSame();
    assert.equal(target.store.find('app')?.tags.size, 0);
    target.resetRequests();
    assert.equal((await copy(graph, { roots })).manifests, 0);
    assert.ok(!target.requests.some(({ method }) => method === 'PUT'));
  });

  it('finds the referrers of what is in an index of an index that is there', async () => {
    const graph = indexOf([indexOf([amd64]), arm64]);
    const recent = referrerOf(amd64.root.descriptor, 'recent');
    seed(source, 'build/app', [graph, recent]);
    seed(target, 'app', [graph]);
    await copy(graph);
    assertSame();
  });

  it('stops at nesting over eight levels also where the root is there', async () => {
    let graph = smallImage('deep');
    for (let level = 0; level < 9; level += 1) graph = indexOf([graph]);
    seed(source, 'build/app', [graph]);
    seed(target, 'app', [graph]);
    await assert.rejects(copy(graph), { code: 'CONTENT_TOO_LARGE' });
  });

  it('reads nothing below a root that is there when no referrers are wanted', async () => {
    const graph = indexOf([indexOf([amd64]), arm64]);
    seed(source, 'build/app', [graph]);
    seed(target, 'app', [graph]);
    await copy(graph, { referrers: 'none' });
    assert.deepEqual(requestLines(source), []);
  });

  it('takes an index that is there as it is when the source has lost what is in it', async () => {
    const inner = indexOf([amd64]);
    const graph = indexOf([inner, arm64]);
    seed(source, 'build/app', [{ ...graph, manifests: [graph.root] }]);
    seed(target, 'app', [graph]);
    await copy(graph);
    assert.equal(target.store.find('app')?.tags.get('1'), graph.root.descriptor.digest);
  });

  it('counts and tells of the blobs that an index lists, and refuses one that is nowhere (C9)', async () => {
    const cache = aBlob('cache', 'application/vnd.buildkit.cacheconfig.v0');
    const root = { descriptor: cache.descriptor, bytes: cache.bytes };
    const graph = indexOf([{ root, manifests: [], blobs: [cache] }]);
    target.setOptions({ validateReferences: false });
    seed(source, 'build/app', [{ ...graph, blobs: [] }]);
    await assert.rejects(copy(graph), {
      code: 'CONTENT_NOT_FOUND',
      message: /its child sha256:[0-9a-f]{64} is not in the repository/,
    });
    seed(source, 'build/app', [graph]);
    const events: CopyEvent[] = [];
    const { uploaded } = await copy(graph, { onEvent: (event) => events.push(event) });
    assert.equal(uploaded, 1);
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['blob', 'tag'],
    );
    assertSame();
  });
});
