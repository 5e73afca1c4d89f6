import assert from 'node:assert/strict';
import { TaskError } from '../../../shared/core/errors.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import type { CopyEvent, GraphCopyRequest, GraphCounts } from '../../../shared/ports/registry.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import { makeTlsChain } from '../../support/certificates.ts';
import { startServer } from '../../support/http-server.ts';
import type { Answer, TestServer } from '../../support/http-server.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { contentOf, imageOf, jsonDocument, seed } from './graphs.ts';
import type { TestGraph } from './graphs.ts';
import { USER, aBlob, aClient, asUser, repositoryOf } from './support.ts';

const { signal } = new AbortController();

const TLS = makeTlsChain(['127.0.0.1', 'vendor.test']);
const LAYER = aBlob('windows', 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip');

/** An image with a layer that is elsewhere. */
function imageWith(urls: readonly string[]): TestGraph {
  const graph = imageOf([aBlob('{"os":"windows"}'), LAYER]);
  const root = jsonDocument({
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: graph.blobs[0]?.descriptor,
    layers: [{ ...LAYER.descriptor, ...(urls.length === 0 ? {} : { urls }) }],
  });
  return { root, manifests: [root], blobs: graph.blobs };
}

describe('RegistryClient foreign layers', () => {
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
    { root }: TestGraph,
    more: Partial<GraphCopyRequest> = {},
  ): Promise<GraphCounts> =>
    client.copyGraph(
      {
        roots: [{ manifest: root, tags: ['1'] }],
        from: repositoryOf(source, 'app'),
        to: repositoryOf(target, 'app'),
        mount: true,
        referrers: 'none',
        ...more,
      },
      signal,
    );

  it('C10 stay where their URLs point to', async () => {
    const graph = imageWith(['https://example.com/layer']);
    seed(source, 'app', [graph]);
    target.setOptions({ validateReferences: false });
    const events: CopyEvent[] = [];
    await copy(graph, { onEvent: (event) => events.push(event) });
    assert.equal(target.store.find('app')?.blobs.size, 1);
    assert.ok(events.some((event) => event.kind === 'blob' && event.placement === 'foreign'));
  });

  it('C10 are named where a registry answers 500 to them', async () => {
    const graph = imageWith(['https://example.com/layer']);
    seed(source, 'app', [graph]);
    target.addFault({
      match: { method: 'PUT', path: '/manifests/' },
      action: {
        kind: 'status',
        status: 500,
        body: JSON.stringify({ errors: [{ code: 'MANIFEST_BLOB_UNKNOWN' }] }),
      },
    });
    await assert.rejects(copy(graph), {
      code: 'REGISTRY_REJECTED',
      message: /points to 1 foreign layer outside of the registry/,
    });
  });

  const others = [
    { name: 'another refusal', status: 403, code: 'DENIED', is: 'REGISTRY_DENIED' },
    { name: 'content', status: 500, code: 'MANIFEST_BLOB_UNKNOWN', is: 'REGISTRY_REJECTED' },
  ];
  for (const { name, status, code, is } of others) {
    it(`C10 are not named where ${name === 'content' ? 'an image without them lacks' : 'they meet'} ${name}`, async () => {
      const graph = name === 'content' ? imageOf([aBlob('{}')]) : imageWith(['https://a.example/']);
      seed(source, 'app', [graph]);
      target.addFault({
        match: { method: 'PUT', path: '/manifests/' },
        action: { kind: 'status', status, body: JSON.stringify({ errors: [{ code }] }) },
      });
      const failure = await copy(graph).catch((error: unknown) => error);
      assert.ok(failure instanceof TaskError);
      assert.deepEqual([failure.code, failure.message.includes('foreign')], [is, false]);
    });
  }

  it('C11 come along when they were pushed all the same', async () => {
    const graph = imageWith([]);
    seed(source, 'app', [graph]);
    await copy(graph);
    assert.deepEqual(contentOf(target, 'app'), contentOf(source, 'app'));
  });

  it('C11 are left alone when nobody pushed them', async () => {
    const graph = imageWith([]);
    seed(source, 'app', [{ ...graph, blobs: graph.blobs.slice(0, 1) }]);
    target.setOptions({ validateReferences: false });
    await copy(graph);
    assert.deepEqual(contentOf(target, 'app'), contentOf(source, 'app'));
  });
});

describe('RegistryClient foreign layers that are to be included', () => {
  let source: EmbeddedRegistry;
  let target: EmbeddedRegistry;
  let client: RegistryClient;
  const vendors: TestServer[] = [];

  const connect = (options: Parameters<typeof aClient>[0] = {}): RegistryClient =>
    aClient({
      ...asUser(),
      headers: async () => Promise.resolve({ 'x-docker': 'for registries' }),
      network: { tls: { authorities: [TLS.rootPem] } },
      ...options,
    });
  const vendor = async (answer: Answer): Promise<TestServer> => {
    const started = await startServer(answer, { key: TLS.leafKeyPem, cert: TLS.chainPem });
    vendors.push(started);
    return started;
  };
  const urlOf = ({ host }: TestServer): string => `https://${host}/layer`;

  beforeEach(async () => {
    const auth = { kind: 'basic', ...USER } as const;
    [source, target] = await Promise.all([startRegistry({ auth }), startRegistry({ auth })]);
    client = connect();
  });
  afterEach(async () => {
    await client.close();
    await Promise.all([source.close(), target.close()]);
    for (const each of vendors.splice(0)) await each.close();
  });

  /** Copies an image whose layer its registry does not have, unless told otherwise. */
  const copy = async (urls: readonly string[], sourceHasIt = false): Promise<GraphCounts> => {
    const graph = imageWith(urls);
    seed(source, 'app', [sourceHasIt ? graph : { ...graph, blobs: graph.blobs.slice(0, 1) }]);
    return client.copyGraph(
      {
        roots: [{ manifest: graph.root, tags: ['1'] }],
        from: repositoryOf(source, 'app'),
        to: repositoryOf(target, 'app'),
        mount: true,
        referrers: 'none',
        foreignLayers: 'include',
      },
      signal,
    );
  };
  const stored = (): Uint8Array | undefined =>
    target.store.find('app')?.blobs.get(LAYER.descriptor.digest);
  const tags = (): number => target.store.find('app')?.tags.size ?? 0;

  it('C10 come from the source where it has them, and nobody else is asked', async () => {
    const cdn = await vendor((_, response) => response.end(LAYER.bytes));
    await copy([urlOf(cdn)], true);
    assert.deepEqual(contentOf(target, 'app'), contentOf(source, 'app'));
    assert.equal(cdn.requests.length, 0);
  });

  it('C10 come from their vendor otherwise, who sees no credentials', async () => {
    const cdn = await vendor((_, response) => response.end(LAYER.bytes));
    const counts = await copy([urlOf(cdn)]);
    assert.deepEqual(Buffer.from(stored() ?? []), Buffer.from(LAYER.bytes));
    assert.deepEqual([counts.uploaded, tags()], [2, 1]);
    const [seen] = cdn.requests;
    assert.equal(cdn.requests.length, 1);
    assert.equal(seen?.headers.authorization, undefined);
    assert.equal(seen?.headers['x-docker'], undefined);
  });

  it('C10 come from the next address where one does not have them', async () => {
    const empty = await vendor((_, response) => response.writeHead(404).end());
    const cdn = await vendor((_, response) => response.end(LAYER.bytes));
    await copy([urlOf(empty), urlOf(cdn)]);
    assert.deepEqual([empty.requests.length, cdn.requests.length, tags()], [1, 1, 1]);
  });

  it('C10 are asked for again when their vendor is overloaded', async () => {
    let asked = 0;
    const cdn = await vendor((_, response) => {
      asked += 1;
      if (asked === 1) response.writeHead(503).end();
      else response.end(LAYER.bytes);
    });
    await copy([urlOf(cdn)]);
    assert.equal(tags(), 1);
  });

  const answers: readonly { name: string; answer: Answer; error: object }[] = [
    {
      name: 'another content of the same length',
      answer: (_, response) => response.end('wInd0ws'),
      error: { code: 'DIGEST_MISMATCH' },
    },
    {
      name: 'another length',
      answer: (_, response) => response.end('windows 95'),
      error: { code: 'DIGEST_MISMATCH' },
    },
    {
      name: 'a refusal',
      answer: (_, response) => response.writeHead(403).end(),
      error: {
        code: 'REGISTRY_DENIED',
        message: /at 127\.0\.0\.1:\d+: 127\.0\.0\.1:\d+ answered 403/,
      },
    },
    {
      name: 'half of it',
      answer: (_, response) => {
        response.writeHead(200, { 'content-length': LAYER.bytes.byteLength });
        response.write('win', () => response.destroy());
      },
      error: { code: 'REGISTRY_UNAVAILABLE' },
    },
  ];
  for (const { name, answer, error } of answers) {
    it(`C10 fail the copy, and no tag moves, when their vendor sends ${name}`, async () => {
      const cdn = await vendor(answer);
      await assert.rejects(copy([urlOf(cdn)]), error);
      assert.deepEqual([stored(), tags()], [undefined, 0]);
    });
  }

  const refused: readonly { name: string; url: (source: EmbeddedRegistry) => string }[] = [
    { name: 'plain HTTP', url: () => 'http://127.0.0.1:1/layer' },
    { name: 'a file', url: () => 'file:///etc/passwd' },
    { name: 'no address at all', url: () => 'layer' },
    { name: 'user info', url: () => 'https://me:secret@vendor.test/layer' },
    { name: 'the metadata of a cloud', url: () => 'https://169.254.169.254/latest/meta-data' },
  ];
  for (const { name, url } of refused) {
    it(`S3 C10 are not asked for at ${name}`, async () => {
      await assert.rejects(copy([url(source)]), {
        code: 'REGISTRY_RESPONSE_INVALID',
        message: /which is not asked: it (is not HTTPS|contains user info|is an internal address)/,
      });
      assert.equal(tags(), 0);
    });
  }

  it('S3 C10 are not asked for at a name that leads further inside than the registry is', async () => {
    await client.close();
    client = connect({
      network: {
        resolver: (_, done) => {
          done(null, [{ address: '169.254.169.254', family: 4 }]);
        },
      },
    });
    await assert.rejects(copy(['https://vendor.test/layer']), {
      message: /vendor\.test.*internal address 169\.254\.169\.254/,
    });
  });

  it('S3 C10 are not asked for at the registry itself by another path', async () => {
    await client.close();
    const tls = { key: TLS.leafKeyPem, cert: TLS.chainPem };
    await source.close();
    source = await startRegistry({ tls });
    client = connect({ tlsHosts: [source.host] });
    await assert.rejects(copy([`https://${source.host}/v2/secret/blobs/x`]), {
      message: /it is the registry itself, which does not have the layer/,
    });
    assert.ok(source.requests.every(({ path }) => !path.includes('secret')));
  });
});
