import assert from 'node:assert/strict';
import type { ManifestDocument } from '../../../shared/oci/manifest-document.ts';
import { referrersTag } from '../../../shared/oci/referrers.ts';
import {
  EMPTY_CONFIG,
  EMPTY_CONFIG_BYTES,
  buildSignatureManifest,
} from '../../../shared/oci/signature-manifest.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { aBlob, aClient, anImage, pushImage, repositoryOf, requestLines } from './support.ts';

const { signal } = new AbortController();

describe('RegistryClient referrers', () => {
  let registry: EmbeddedRegistry;
  let client: RegistryClient;
  const image = anImage('app', []);
  const subject = image.manifest.descriptor;
  const tag = referrersTag(subject.digest);

  beforeEach(async () => {
    registry = await startRegistry();
    client = aClient();
    await pushImage(client, repositoryOf(registry, 'app'), image);
    registry.resetRequests();
  });
  afterEach(async () => {
    await client.close();
    await registry.close();
  });

  const attach = async (text: string, by = client): Promise<ManifestDocument> => {
    const app = repositoryOf(registry, 'app');
    const envelope = aBlob(text, 'application/cose');
    const manifest = buildSignatureManifest({
      subject,
      envelope: envelope.descriptor,
      thumbprints: ['ab'.repeat(32)],
      signingTime: new Date('2026-11-22T03:53:12Z'),
    });
    await by.putBlob(app, envelope, signal);
    await by.putBlob(app, { descriptor: EMPTY_CONFIG, bytes: EMPTY_CONFIG_BYTES }, signal);
    await by.putManifest(app, { manifest }, signal);
    return manifest;
  };

  const listed = async (by = client): Promise<readonly string[]> => {
    const found = await by.listReferrers(repositoryOf(registry, 'app'), subject.digest, signal);
    return found.map(({ digest }) => digest).sort();
  };

  it('attaches in 5 requests for the first and 3 for each other signature where there is an API', async () => {
    registry.setOptions({ singlePost: false });
    await attach('first');
    assert.equal(registry.requests.length, 5);
    await attach('second');
    assert.equal(registry.requests.length, 8);
    assert.equal((await listed()).length, 2);
  });

  it('follows the pages of the API', async () => {
    registry.setOptions({ referrersPageSize: 2 });
    const attached: string[] = [];
    for (const text of ['a', 'b', 'c', 'd', 'e'])
      attached.push((await attach(text)).descriptor.digest);
    assert.deepEqual(await listed(), attached.sort());
  });

  it('keeps a list under a tag where there is no API, and reads it back in the end', async () => {
    registry.setOptions({ referrersApi: false });
    const { descriptor } = await attach('first');
    await client.settle(signal);
    assert.deepEqual(requestLines(registry).slice(-5), [
      `PUT /v2/app/manifests/sha256:… 201`,
      `GET /v2/app/referrers/sha256:… 404`,
      `GET /v2/app/manifests/sha256-… 404`,
      `PUT /v2/app/manifests/sha256-… 201`,
      `GET /v2/app/manifests/sha256-… 200`,
    ]);
    assert.deepEqual(
      await client.listReferrers(repositoryOf(registry, 'app'), subject.digest, signal),
      [
        {
          ...descriptor,
          artifactType: 'application/vnd.cncf.notary.signature',
          annotations: Object.assign(Object.create(null) as object, {
            'io.cncf.notary.x509chain.thumbprint#S256': `["${'ab'.repeat(32)}"]`,
            'org.opencontainers.image.created': '2026-11-22T03:53:12Z',
          }),
        },
      ],
    );
  });

  it('asks a repository only once whether it has the API', async () => {
    registry.setOptions({ referrersApi: false });
    await attach('first');
    await attach('second');
    const asked = registry.requests.filter(({ path }) => path.includes('/referrers/'));
    assert.equal(asked.length, 1);
  });

  it('says that there are no referrers where there is neither list nor repository', async () => {
    assert.deepEqual(await listed(), []);
    registry.setOptions({ referrersApi: false });
    assert.deepEqual(await listed(aClient()), []);
    const none = repositoryOf(registry, 'none');
    assert.deepEqual(await client.listReferrers(none, subject.digest, signal), []);
  });

  it('loses none of many that are attached at once', async () => {
    registry.setOptions({ referrersApi: false, latencyMs: 5 });
    const texts = Array.from({ length: 20 }, (_, index) => `signature ${index}`);
    const attached = await Promise.all(texts.map(async (text) => attach(text)));
    assert.deepEqual(await listed(), attached.map(({ descriptor }) => descriptor.digest).sort());
    const writes = registry.requests.filter(
      ({ method, path }) => method === 'PUT' && path.includes(tag),
    );
    assert.ok(writes.length < 20, `${writes.length} writes of the list`);
  });

  it('writes again when another writer has overwritten the list', async () => {
    registry.setOptions({ referrersApi: false });
    const other = aClient();
    await attach('theirs', other);
    const theirs = registry.store.find('app')?.tags.get(tag);
    assert.ok(theirs !== undefined);
    const original = registry.store.find('app')?.tags.set.bind(registry.store.find('app')?.tags);
    let overwritten = 0;
    Object.assign(registry.store.find('app')?.tags ?? {}, {
      set(name: string, digest: typeof theirs) {
        overwritten += 1;
        return original?.(name, overwritten === 1 ? theirs : digest);
      },
    });
    await attach('ours');
    assert.equal(overwritten, 2);
    assert.equal((await listed()).length, 2);
    await other.close();
  });

  it('does not take the subject for the list, as one registry offers it', async () => {
    registry.setOptions({ referrersApi: false });
    registry.store.find('app')?.tags.set(tag, subject.digest);
    assert.deepEqual(await listed(), []);
    const { descriptor } = await attach('first');
    assert.deepEqual(await listed(), [descriptor.digest]);
  });

  it('refuses something else under the tag of the list', async () => {
    registry.setOptions({ referrersApi: false });
    const other = anImage('other', []);
    await pushImage(client, repositoryOf(registry, 'app'), other);
    registry.store.find('app')?.tags.set(tag, other.manifest.descriptor.digest);
    await assert.rejects(listed(), {
      code: 'REGISTRY_RESPONSE_INVALID',
      message: /is not a list of referrers/,
    });
  });

  for (const status of [401, 403, 500]) {
    it(`does not take ${status} for "no referrers"`, async () => {
      registry.addFault({ match: { path: '/referrers/' }, action: { kind: 'status', status } });
      await assert.rejects(listed(), { name: 'RegistryError' });
    });
  }

  it('does not follow a list to another server', async () => {
    registry.addFault({
      match: { path: '/referrers/' },
      action: { kind: 'headers', headers: { link: '<http://127.0.0.1:9/v2/>; rel="next"' } },
    });
    await assert.rejects(listed(), { code: 'REGISTRY_RESPONSE_INVALID' });
  });
});
