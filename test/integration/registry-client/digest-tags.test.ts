import assert from 'node:assert/strict';
import type { Digest } from '../../../shared/oci/digest.ts';
import type { GraphCopyRequest, GraphCounts } from '../../../shared/ports/registry.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { contentOf, imageOf, indexOf, referrerOf, seed, smallImage } from './graphs.ts';
import type { TestGraph } from './graphs.ts';
import { aBlob, aClient, repositoryOf, requestLines } from './support.ts';

const { signal } = new AbortController();

const IMAGE = smallImage('amd64');
const OTHER = smallImage('of another release');
const INDEX = indexOf([IMAGE]);
const SIGNATURE = imageOf([aBlob('{"payload":"index"}'), aBlob('signature')]);
const SBOM = imageOf([aBlob('{}'), aBlob('bill of materials')]);
const SIGNED_SBOM = imageOf([aBlob('{"payload":"sbom"}'), aBlob('signature of the sbom')]);

/** The tag that cosign makes. */
function tagOf({ root }: TestGraph, kind: string): string {
  return `${root.descriptor.digest.replace(':', '-')}.${kind}`;
}

describe('RegistryClient tags made by cosign', () => {
  let source: EmbeddedRegistry;
  let target: EmbeddedRegistry;
  let client: RegistryClient;

  const tag = (name: string, { root }: TestGraph, registry = source): void => {
    registry.store.open('app').tags.set(name, root.descriptor.digest);
  };
  const tagsOf = ({ store }: EmbeddedRegistry): ReadonlyMap<string, Digest> =>
    new Map(store.find('app')?.tags);

  beforeEach(async () => {
    [source, target] = await Promise.all([startRegistry(), startRegistry()]);
    client = aClient();
    seed(source, 'app', [INDEX, SIGNATURE, SBOM, SIGNED_SBOM]);
    tag('1', INDEX);
    tag(tagOf(INDEX, 'sig'), SIGNATURE);
    tag(tagOf(IMAGE, 'sbom'), SBOM);
    tag(tagOf(SBOM, 'sig'), SIGNED_SBOM);
  });
  afterEach(async () => {
    await client.close();
    await Promise.all([source.close(), target.close()]);
  });

  const copy = async (more: Partial<GraphCopyRequest> = {}): Promise<GraphCounts> =>
    client.copyGraph(
      {
        roots: [{ manifest: INDEX.root, tags: ['1'] }],
        from: repositoryOf(source, 'app'),
        to: repositoryOf(target, 'app'),
        mount: true,
        referrers: 'none',
        digestTags: 'copy',
        ...more,
      },
      signal,
    );

  it('C14 come along with their content, those of children and of each other too, before the tag', async () => {
    const counts = await copy();
    assert.deepEqual(contentOf(target, 'app'), contentOf(source, 'app'));
    assert.deepEqual(tagsOf(target), tagsOf(source));
    assert.equal(counts.manifests, 5);
    assert.match(requestLines(target).at(-1) ?? '', /^PUT \/v2\/app\/manifests\/1 /);
  });

  it('C14 stay where they are unless they are asked for, and nobody lists tags', async () => {
    await copy({ digestTags: 'leave' });
    assert.deepEqual([...tagsOf(target).keys()], ['1']);
    assert.ok(source.requests.every(({ path }) => !path.includes('tags/list')));
  });

  it('C14 of other images stay where they are', async () => {
    seed(source, 'app', [OTHER]);
    tag(tagOf(OTHER, 'sig'), SIGNATURE);
    await copy();
    assert.equal(tagsOf(target).has(tagOf(OTHER, 'sig')), false);
  });

  it('C14 come along with a referrer that they are about', async () => {
    const referrer = referrerOf(INDEX.root.descriptor, 'report');
    seed(source, 'app', [referrer]);
    tag(tagOf(referrer, 'sig'), SIGNATURE);
    await copy({ referrers: 'all' });
    assert.deepEqual(tagsOf(target), tagsOf(source));
  });

  it('C14 come along later too, when the release itself is at the target; what is there costs two reads', async () => {
    await copy({ digestTags: 'leave' });
    await copy();
    assert.deepEqual(tagsOf(target), tagsOf(source));
    source.resetRequests();
    target.resetRequests();
    const counts = await copy();
    assert.equal(counts.manifests, 1);
    assert.equal(source.requests.length, 4);
    assert.deepEqual(
      target.requests.map(({ method }) => method),
      ['HEAD', 'HEAD', 'HEAD', 'HEAD', 'PUT'],
    );
  });

  it('C14 that are deleted while the copy runs are no failure', async () => {
    source.addFault({
      match: { method: 'GET', path: '.sbom' },
      action: { kind: 'status', status: 404 },
    });
    await copy();
    assert.deepEqual([...tagsOf(target).keys()].sort(), ['1', tagOf(INDEX, 'sig')].sort());
  });

  it('C14 fail the copy without a tag when one cannot be copied', async () => {
    source.addFault({
      match: { method: 'GET', path: '.sbom' },
      action: { kind: 'status', status: 403 },
    });
    await assert.rejects(copy(), { code: 'REGISTRY_DENIED' });
    assert.equal(tagsOf(target).has('1'), false);
  });
});
