import assert from 'node:assert/strict';
import { documentOf } from '../../../shared/oci/manifest-document.ts';
import type { ManifestDocument } from '../../../shared/oci/manifest-document.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import { referrersTag } from '../../../shared/oci/referrers.ts';
import type { GraphCounts } from '../../../shared/ports/registry.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import { startServer } from '../../support/http-server.ts';
import type { Answer, TestServer } from '../../support/http-server.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { contentOf, imageOf, indexOf, jsonDocument, referrerOf, seed } from './graphs.ts';
import type { TestGraph } from './graphs.ts';
import { amd64, arm64 } from './shapes.ts';
import { aBlob, aClient, repositoryOf } from './support.ts';

const { signal } = new AbortController();

const CONFIG = aBlob('{}', 'application/vnd.oci.image.config.v1+json');

/** An image whose manifest is a text of our own. */
function imageWith(text: string): TestGraph {
  const root = documentOf(Buffer.from(text), MediaType.ociManifest);
  return { root, manifests: [root], blobs: [CONFIG] };
}

describe('RegistryClient and what registries send', () => {
  let source: EmbeddedRegistry;
  let target: EmbeddedRegistry;
  let client: RegistryClient;

  const servers: TestServer[] = [];

  /** A server that ends with the test, however that ends. */
  const serve = async (answer: Answer): Promise<TestServer> => {
    const server = await startServer(answer);
    servers.push(server);
    return server;
  };

  beforeEach(async () => {
    [source, target] = await Promise.all([startRegistry(), startRegistry()]);
    client = aClient();
  });
  afterEach(async () => {
    await client.close();
    await Promise.all([source, target, ...servers.splice(0)].map(async (each) => each.close()));
  });

  const copy = async (root: ManifestDocument): Promise<GraphCounts> =>
    client.copyGraph(
      {
        roots: [{ manifest: root, tags: ['1'] }],
        from: repositoryOf(source, 'build/app'),
        to: repositoryOf(target, 'app'),
        mount: true,
        referrers: 'all',
      },
      signal,
    );

  const config = JSON.stringify(CONFIG.descriptor);
  const texts = [
    {
      name: 'blanks and members that nobody knows',
      text: `{ "schemaVersion":2,\n\n "config": ${config}, "layers":[], "x-unknown": 1.50 }\n`,
    },
    {
      name: 'a member that comes twice',
      text: `{"schemaVersion":1,"schemaVersion":2,"config":${config},"layers":[]}`,
    },
    {
      name: 'a byte order mark',
      text: `\uFEFF{"schemaVersion":2,"config":${config},"layers":[]}`,
    },
  ];
  for (const { name, text } of texts) {
    it(`M7 S5 copies a manifest with ${name} byte for byte`, async () => {
      const seen: string[] = [];
      const server = await serve(({ method, url, headers, body }, response) => {
        if (method === 'PUT' && url.includes('/manifests/')) {
          seen.push(`${headers['content-type'] ?? ''} ${body}`);
        }
        const isUpload = method === 'POST';
        response
          .writeHead(isUpload ? 202 : method === 'PUT' ? 201 : 404, { location: '/v2/app/up/1' })
          .end();
      });
      const graph = imageWith(text);
      seed(source, 'build/app', [graph]);
      const from = repositoryOf(source, 'build/app');
      const manifest = await client.getManifest(from, graph.root.descriptor.digest, signal);
      assert.ok(manifest !== undefined);
      const request = { manifest, from, to: { registry: server.host, name: 'app' }, mount: true };
      await client.copyManifest(request, signal);
      assert.deepEqual(seen, [`${MediaType.ociManifest} ${text}`]);
    });
  }

  const confused = [
    { name: 'an empty list of manifests', more: { manifests: [], layers: [] } },
    { name: 'an empty list of layers', more: { manifests: [arm64.root.descriptor], layers: [] } },
    { name: 'a config', more: { manifests: [], config: CONFIG.descriptor } },
  ];
  for (const { name, more } of confused) {
    for (const mediaType of [MediaType.ociIndex, MediaType.ociManifest]) {
      it(`M4 S5 refuses a manifest with ${name} besides, sent as ${mediaType}`, async () => {
        const root = documentOf(
          Buffer.from(JSON.stringify({ schemaVersion: 2, ...more })),
          mediaType,
        );
        seed(source, 'build/app', [{ root, manifests: [root], blobs: [CONFIG] }]);
        await assert.rejects(copy(root), {
          code: 'REGISTRY_RESPONSE_INVALID',
          message: /both manifests and layers/,
        });
        assert.equal(target.store.find('app')?.tags.size ?? 0, 0);
      });
    }
  }

  it('M1 names every type of manifest that it takes, and refuses the retired one', async () => {
    const retired = { schemaVersion: 1, mediaType: MediaType.dockerManifest, fsLayers: [] };
    const server = await serve((_, response) => {
      response
        .writeHead(200, { 'content-type': MediaType.dockerManifest })
        .end(JSON.stringify(retired));
    });
    const from = { registry: server.host, name: 'app' };
    const manifest = await client.getManifest(from, '1', signal);
    assert.ok(manifest !== undefined);
    const request = { manifest, from, to: repositoryOf(target, 'app'), mount: true };
    await assert.rejects(client.copyManifest(request, signal), {
      code: 'REGISTRY_RESPONSE_INVALID',
      message: /schemaVersion: is 1, a form that is retired/,
    });
    const accepted = server.requests[0]?.headers.accept?.split(', ') ?? [];
    const { ociIndex, ociManifest, dockerList, dockerManifest, ociArtifact } = MediaType;
    const types = [ociIndex, ociManifest, dockerList, dockerManifest, ociArtifact];
    assert.deepEqual(accepted.sort(), types.sort());
  });

  it('M5 reads a manifest whose HEAD has another length than its GET', async () => {
    const { bytes, descriptor } = amd64.root;
    const server = await serve(({ method }, response) => {
      const length = method === 'HEAD' ? 20 : bytes.byteLength;
      response
        .writeHead(200, {
          'content-type': descriptor.mediaType,
          'content-length': length,
          'docker-content-digest': descriptor.digest,
        })
        .end(method === 'HEAD' ? undefined : bytes);
    });
    const from = { registry: server.host, name: 'app' };
    assert.equal(await client.resolveTag(from, '1', signal), descriptor.digest);
    const found = await client.getManifest(from, '1', signal);
    assert.deepEqual(found?.descriptor, descriptor);
  });

  it('B12 gives the bytes of a blob back whatever they are', async () => {
    const to = repositoryOf(target, 'app');
    const heads = [
      [0x1f, 0x8b, 8, 0],
      [0x28, 0xb5, 0x2f, 0xfd],
      [0, 0x61, 0x73, 0x6d],
    ];
    for (const head of heads) {
      const blob = aBlob(Buffer.from(head));
      await client.putBlob(to, blob, signal);
      const found = await client.getBlob(to, blob.descriptor, signal);
      assert.deepEqual(Buffer.from(found), Buffer.from(blob.bytes));
    }
  });

  it('R9 never says for which registry it asks, as only mirrors want to know', async () => {
    const graph = indexOf([amd64, arm64]);
    seed(source, 'build/app', [graph]);
    await copy(graph.root);
    for (const { path } of [...source.requests, ...target.requests]) {
      assert.doesNotMatch(path, /[?&]ns=/);
    }
  });

  it('F1 asks for referrers of all types, so that no registry has to filter', async () => {
    const subject = amd64.root.descriptor;
    const other = jsonDocument({
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      artifactType: 'application/vnd.example.other',
      config: CONFIG.descriptor,
      layers: [],
      subject,
    });
    const notes = [
      referrerOf(subject, 'one'),
      { root: other, manifests: [other], blobs: [CONFIG] },
    ];
    seed(source, 'build/app', [amd64, ...notes]);
    const from = repositoryOf(source, 'build/app');
    const found = await client.listReferrers(from, subject.digest, signal);
    assert.equal(new Set(found.map(({ artifactType }) => artifactType)).size, 2);
    assert.equal(source.requests.at(-1)?.path.includes('artifactType'), false);
  });

  for (const status of [400, 404, 405]) {
    it(`F3 C12 copies referrers from under the tag where the API answers ${status}`, async () => {
      const note = referrerOf(amd64.root.descriptor, 'note');
      const list = indexOf([note]).root;
      seed(source, 'build/app', [amd64, note, { root: list, manifests: [list], blobs: [] }]);
      const tag = referrersTag(amd64.root.descriptor.digest);
      source.store.open('build/app').tags.set(tag, list.descriptor.digest);
      source.addFault({ match: { path: '/referrers/' }, action: { kind: 'status', status } });
      assert.equal((await copy(amd64.root)).manifests, 2);
      assert.ok(target.store.manifest('app', note.root.descriptor.digest) !== undefined);
    });
  }

  it('F6 does not take the children of an index for referrers where its tag resolves to itself', async () => {
    const index = indexOf([amd64, arm64]);
    seed(source, 'build/app', [index]);
    source.setOptions({ referrersApi: false });
    for (const { root } of [index, amd64, arm64]) {
      const { digest } = root.descriptor;
      source.store.open('build/app').tags.set(referrersTag(digest), digest);
    }
    const from = repositoryOf(source, 'build/app');
    assert.deepEqual(await client.listReferrers(from, index.root.descriptor.digest, signal), []);
    assert.equal((await copy(index.root)).manifests, 3);
  });

  it('F6 copies no child of another index that is found under the tag', async () => {
    const other = indexOf([arm64]);
    seed(source, 'build/app', [amd64, other]);
    source.setOptions({ referrersApi: false });
    source.store
      .open('build/app')
      .tags.set(referrersTag(amd64.root.descriptor.digest), other.root.descriptor.digest);
    assert.equal((await copy(amd64.root)).manifests, 1);
    assert.equal(target.store.manifest('app', arm64.root.descriptor.digest), undefined);
  });

  for (const size of [0, 1, 10 ** 12]) {
    it(`S6 copies a referrer whose size is listed as ${size}`, async () => {
      const note = referrerOf(amd64.root.descriptor, 'note');
      seed(source, 'build/app', [amd64, note]);
      const wrong = { ...note.root.descriptor, size };
      source.addFault({
        match: { path: `/referrers/${amd64.root.descriptor.digest}` },
        action: {
          kind: 'status',
          status: 200,
          headers: { 'content-type': MediaType.ociIndex },
          body: JSON.stringify({ schemaVersion: 2, manifests: [wrong] }),
        },
      });
      await copy(amd64.root);
      assert.deepEqual(contentOf(target, 'app'), contentOf(source, 'build/app'));
    });
  }

  it('C12 takes a referrer whose subject is nowhere', async () => {
    const orphan = referrerOf(imageOf([aBlob('gone')]).root.descriptor, 'orphan');
    seed(source, 'build/app', [orphan]);
    await copy(orphan.root);
    assert.deepEqual(contentOf(target, 'app'), contentOf(source, 'build/app'));
  });
});
