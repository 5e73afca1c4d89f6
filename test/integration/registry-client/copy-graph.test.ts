import assert from 'node:assert/strict';
import type { CopyEvent } from '../../../shared/ports/registry.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import { eachInCopyLab } from './copy-lab.ts';
import { imageOf, indexOf, referrerOf, seed, smallImage } from './graphs.ts';
import type { TestGraph } from './graphs.ts';
import { SHAPES, amd64, arm64 } from './shapes.ts';
import { aBlob, repositoryOf, requestLines } from './support.ts';

const { signal } = new AbortController();

describe('RegistryClient copyGraph', () => {
  const lab = eachInCopyLab();

  for (const { name, graph, isLoose = false } of SHAPES) {
    it(`copies ${name} byte for byte`, async () => {
      lab().target.setOptions({ validateReferences: !isLoose });
      seed(lab().source, 'build/app', [graph]);
      await lab().copy(graph);
      lab().assertSame();
      assert.equal(lab().target.store.find('app')?.tags.get('1'), graph.root.descriptor.digest);
    });
  }

  it('does not ask for the layers in an index as for manifests, to which one registry answers 500 (C9)', async () => {
    const layer = aBlob('cache', 'application/vnd.oci.image.layer.v1.tar+gzip');
    const root = { descriptor: layer.descriptor, bytes: layer.bytes };
    const cache = indexOf([{ root, manifests: [], blobs: [layer] }]);
    lab().target.setOptions({ validateReferences: false });
    seed(lab().source, 'build/app', [cache]);
    lab().source.addFault({
      match: { path: '/manifests/' },
      action: { kind: 'status', status: 500 },
    });
    await lab().copy(cache);
    lab().assertSame();
  });

  it('copies referrers, their referrers, and those of children, before the tag', async () => {
    const index = indexOf([amd64, arm64]);
    const signature = referrerOf(index.root.descriptor, 'signature');
    const countersignature = referrerOf(signature.root.descriptor, 'countersignature');
    const sbom = referrerOf(arm64.root.descriptor, 'sbom');
    seed(lab().source, 'build/app', [index, signature, countersignature, sbom]);
    const counts = await lab().copy(index);
    lab().assertSame();
    assert.equal(counts.manifests, 6);
    assert.match(requestLines(lab().target).at(-1) ?? '', /^PUT \/v2\/app\/manifests\/1 /);
  });

  it('copies only what of the referrers is missing when the root is there', async () => {
    const old = referrerOf(amd64.root.descriptor, 'old');
    const recent = referrerOf(amd64.root.descriptor, 'recent');
    seed(lab().source, 'build/app', [amd64, old, recent]);
    seed(lab().target, 'app', [amd64, old]);
    const counts = await lab().copy(amd64);
    lab().assertSame();
    assert.deepEqual(counts.manifests, 2);
    assert.ok(
      !lab().source.requests.some(
        ({ path }) => path.includes(old.root.descriptor.digest) && !path.includes('referrers'),
      ),
    );
  });

  it('leaves out referrers that are gone or refer to something else (F6)', async () => {
    const gone = referrerOf(amd64.root.descriptor, 'gone');
    const other = referrerOf(arm64.root.descriptor, 'of another image');
    const list = indexOf([gone, other]);
    seed(lab().source, 'build/app', [amd64, other]);
    lab().source.addFault({
      match: { path: `referrers/${amd64.root.descriptor.digest}` },
      action: {
        kind: 'status',
        status: 200,
        headers: { 'content-type': MediaType.ociIndex },
        body: Buffer.from(list.root.bytes).toString(),
      },
    });
    const counts = await lab().copy(amd64);
    assert.equal(counts.manifests, 1);
  });

  it('ends where a referrer contains its subject', async () => {
    const root = indexOf([amd64], { subject: amd64.root.descriptor });
    seed(lab().source, 'build/app', [root]);
    await lab().copy(root);
    lab().assertSame();
  });

  it('ends where lists of referrers lead round in a circle', async () => {
    const signature = referrerOf(amd64.root.descriptor, 'signature');
    seed(lab().source, 'build/app', [amd64, signature]);
    const circle = indexOf([amd64, signature]);
    lab().source.addFault({
      match: { path: '/referrers/' },
      action: {
        kind: 'status',
        status: 200,
        headers: { 'content-type': MediaType.ociIndex },
        body: Buffer.from(circle.root.bytes).toString(),
      },
    });
    const counts = await lab().copy(amd64);
    lab().assertSame();
    assert.equal(counts.manifests, 2);
  });

  it('puts children before parents and the tags last (C8)', async () => {
    const graph = indexOf([indexOf([amd64]), arm64]);
    seed(lab().source, 'build/app', [graph]);
    await lab().copy(graph, { roots: [{ manifest: graph.root, tags: ['1', '1.0', 'latest'] }] });
    const puts = lab().target.requests.filter(({ path }) => path.includes('/manifests/'));
    const order = puts
      .filter(({ method }) => method === 'PUT')
      .map(({ path }) => path.split('/').at(-1));
    const at = (graphOf: TestGraph): number => order.indexOf(graphOf.root.descriptor.digest);
    assert.ok(at(amd64) < at(indexOf([amd64])));
    assert.equal(order.at(-3), '1');
    assert.deepEqual(order.slice(-2).sort(), ['1.0', 'latest']);
    assert.equal(order.length, 6);
  });

  it('tells what it does', async () => {
    seed(lab().source, 'build/app', [amd64]);
    const events: CopyEvent[] = [];
    await lab().copy(indexOf([amd64]), { onEvent: (event) => events.push(event) });
    const count = (kind: CopyEvent['kind']): number =>
      events.filter((event) => event.kind === kind).length;
    assert.deepEqual([count('blob'), count('manifest'), count('tag')], [4, 1, 1]);
    assert.equal(events.at(-1)?.kind, 'tag');
  });

  it('reads and writes content that is shared only once', async () => {
    const graph = indexOf([indexOf([amd64, arm64]), indexOf([arm64, amd64])]);
    seed(lab().source, 'build/app', [graph]);
    await lab().copy(graph);
    const gets = lab()
      .source.requests.filter(({ method }) => method === 'GET')
      .map(({ path }) => path);
    assert.equal(new Set(gets).size, gets.length);
    lab().assertSame();
  });

  it('refuses an index whose child is nowhere (C13), without touching a tag', async () => {
    const index = indexOf([amd64, arm64]);
    seed(lab().source, 'build/app', [{ ...index, manifests: [index.root, amd64.root] }]);
    await assert.rejects(lab().copy(index), {
      code: 'CONTENT_NOT_FOUND',
      message: `Cannot copy ${lab().source.host}/build/app@${index.root.descriptor.digest}: its child ${arm64.root.descriptor.digest} is not in the repository.`,
    });
    assert.equal(lab().target.store.find('app')?.tags.size, 0);
  });

  it('takes a child that the target has when the source lacks it (sparse)', async () => {
    const index = indexOf([amd64, arm64]);
    seed(lab().source, 'build/app', [{ ...index, manifests: [index.root, amd64.root] }]);
    seed(lab().target, 'app', [arm64]);
    await lab().copy(index);
    assert.ok(lab().target.store.manifest('app', '1'));
  });

  it('keeps the holes of a sparse index when asked to (C13)', async () => {
    const index = indexOf([amd64, arm64]);
    seed(lab().source, 'build/app', [{ ...index, manifests: [index.root, amd64.root] }]);
    lab().target.setOptions({ validateReferences: false });
    await lab().copy(index, { missingChildren: 'keep' });
    const stored = lab().target.store.find('app')?.manifests;
    assert.deepEqual(
      [...(stored?.keys() ?? [])].sort(),
      [index.root, amd64.root].map(({ descriptor }) => descriptor.digest).sort(),
    );
    const copied = stored?.get(index.root.descriptor.digest);
    assert.deepEqual(Buffer.from(copied?.bytes ?? []), Buffer.from(index.root.bytes));
  });

  it('stops at nesting over eight levels (deep nesting)', async () => {
    let graph = smallImage('deep');
    for (let level = 0; level < 9; level += 1) graph = indexOf([graph]);
    seed(lab().source, 'build/app', [graph]);
    await assert.rejects(lab().copy(graph), { code: 'CONTENT_TOO_LARGE' });
    assert.equal(lab().target.store.find('app')?.tags.size ?? 0, 0);
  });

  it('copies eight levels', async () => {
    let graph = smallImage('deep');
    for (let level = 0; level < 8; level += 1) graph = indexOf([graph]);
    seed(lab().source, 'build/app', [graph]);
    await lab().copy(graph);
    lab().assertSame();
  });

  it('copies a manifest of 4 MiB and 1 byte, and says so when the target does not take it', async () => {
    const text = 'x'.repeat(4 * 1024 * 1024 + 1 - 189);
    const graph = imageOf([aBlob('c')], { annotations: { text } });
    assert.ok(graph.root.bytes.byteLength > 4 * 1024 * 1024);
    seed(lab().source, 'build/app', [graph]);
    await assert.rejects(lab().copy(graph), { code: 'CONTENT_TOO_LARGE' });
    lab().target.setOptions({ manifestMaxLength: 8 * 1024 * 1024 });
    await lab().copy(graph);
    lab().assertSame();
  });

  it('copies what the root was when its tag moves during the copy', async () => {
    seed(lab().source, 'build/app', [amd64, arm64]);
    const { tags } = lab().source.store.open('build/app');
    tags.set('1', amd64.root.descriptor.digest);
    const from = repositoryOf(lab().source, 'build/app');
    const manifest = await lab().client.getManifest(from, '1', signal);
    assert.ok(manifest !== undefined);
    const onEvent = (): void => void tags.set('1', arm64.root.descriptor.digest);
    await lab().copy({ root: manifest }, { onEvent });
    assert.equal(tags.get('1'), arm64.root.descriptor.digest);
    assert.equal(lab().target.store.find('app')?.tags.get('1'), amd64.root.descriptor.digest);
  });

  it('copies again what the target lost in the meantime', async () => {
    const graph = indexOf([amd64]);
    seed(lab().source, 'build/app', [graph]);
    await lab().copy(graph);
    const stored = lab().target.store.open('app');
    const lost = amd64.blobs[1]?.descriptor.digest ?? amd64.root.descriptor.digest;
    stored.blobs.delete(lost);
    stored.manifests.clear();
    await lab().copy(graph, { rootsAtTarget: 'absent' });
    lab().assertSame();
  });
});
