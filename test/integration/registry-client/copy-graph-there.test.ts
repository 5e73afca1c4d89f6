import assert from 'node:assert/strict';
import type { CopyEvent } from '../../../shared/ports/registry.ts';
import { eachInCopyLab } from './copy-lab.ts';
import { indexOf, referrerOf, seed, smallImage } from './graphs.ts';
import { amd64, arm64 } from './shapes.ts';
import { aBlob, requestLines } from './support.ts';

describe('RegistryClient copyGraph of what is there in part', () => {
  const lab = eachInCopyLab();

  it('puts a root without tags by its digest, and not where it is already', async () => {
    const graph = indexOf([amd64]);
    const roots = [{ manifest: graph.root, tags: [] }];
    seed(lab().source, 'build/app', [graph]);
    assert.equal((await lab().copy(graph, { roots })).manifests, 2);
    lab().assertSame();
    assert.equal(lab().target.store.find('app')?.tags.size, 0);
    lab().target.resetRequests();
    assert.equal((await lab().copy(graph, { roots })).manifests, 0);
    assert.ok(!lab().target.requests.some(({ method }) => method === 'PUT'));
  });

  it('finds the referrers of what is in an index of an index that is there', async () => {
    const graph = indexOf([indexOf([amd64]), arm64]);
    const recent = referrerOf(amd64.root.descriptor, 'recent');
    seed(lab().source, 'build/app', [graph, recent]);
    seed(lab().target, 'app', [graph]);
    await lab().copy(graph);
    lab().assertSame();
  });

  it('stops at nesting over eight levels also where the root is there', async () => {
    let graph = smallImage('deep');
    for (let level = 0; level < 9; level += 1) graph = indexOf([graph]);
    seed(lab().source, 'build/app', [graph]);
    seed(lab().target, 'app', [graph]);
    await assert.rejects(lab().copy(graph), { code: 'CONTENT_TOO_LARGE' });
  });

  it('reads nothing below a root that is there when no referrers are wanted', async () => {
    const graph = indexOf([indexOf([amd64]), arm64]);
    seed(lab().source, 'build/app', [graph]);
    seed(lab().target, 'app', [graph]);
    await lab().copy(graph, { referrers: 'none' });
    assert.deepEqual(requestLines(lab().source), []);
  });

  it('takes an index that is there as it is when the source has lost what is in it', async () => {
    const inner = indexOf([amd64]);
    const graph = indexOf([inner, arm64]);
    seed(lab().source, 'build/app', [{ ...graph, manifests: [graph.root] }]);
    seed(lab().target, 'app', [graph]);
    await lab().copy(graph);
    assert.equal(lab().target.store.find('app')?.tags.get('1'), graph.root.descriptor.digest);
  });

  it('counts and tells of the blobs that an index lists, and refuses one that is nowhere (C9)', async () => {
    const cache = aBlob('cache', 'application/vnd.buildkit.cacheconfig.v0');
    const root = { descriptor: cache.descriptor, bytes: cache.bytes };
    const graph = indexOf([{ root, manifests: [], blobs: [cache] }]);
    lab().target.setOptions({ validateReferences: false });
    seed(lab().source, 'build/app', [{ ...graph, blobs: [] }]);
    await assert.rejects(lab().copy(graph), {
      code: 'CONTENT_NOT_FOUND',
      message: /its child sha256:[0-9a-f]{64} is not in the repository/,
    });
    seed(lab().source, 'build/app', [graph]);
    const events: CopyEvent[] = [];
    const { uploaded } = await lab().copy(graph, { onEvent: (event) => events.push(event) });
    assert.equal(uploaded, 1);
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['blob', 'tag'],
    );
    lab().assertSame();
  });
});
