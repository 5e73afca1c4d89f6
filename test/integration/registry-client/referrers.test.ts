import assert from 'node:assert/strict';
import type { ManifestDocument } from '../../../shared/oci/manifest-document.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import {
  EMPTY_CONFIG,
  EMPTY_CONFIG_BYTES,
  buildSignatureManifest,
} from '../../../shared/oci/signature-manifest.ts';
import { referrersLab } from './referrers-lab.ts';
import { aBlob, aClient, anImage, pushImage, repositoryOf, requestLines } from './support.ts';

const { signal } = new AbortController();

describe('RegistryClient referrers', () => {
  const lab = referrersLab();

  const attach = async (text: string, by = lab.client): Promise<ManifestDocument> => {
    const { app } = lab;
    const envelope = aBlob(text, 'application/cose');
    const manifest = buildSignatureManifest({
      subject: lab.subject,
      envelope: envelope.descriptor,
      thumbprints: ['ab'.repeat(32)],
      signingTime: new Date('2026-11-22T03:53:12Z'),
    });
    await by.putBlob(app, envelope, signal);
    await by.putBlob(app, { descriptor: EMPTY_CONFIG, bytes: EMPTY_CONFIG_BYTES }, signal);
    await by.putManifest(app, { manifest }, signal);
    return manifest;
  };

  it('attaches in 5 requests for the first and 3 for each other signature where there is an API', async () => {
    lab.registry.setOptions({ singlePost: false });
    await attach('first');
    assert.equal(lab.registry.requests.length, 5);
    await attach('second');
    assert.equal(lab.registry.requests.length, 8);
    assert.equal((await lab.listed()).length, 2);
  });

  it('follows the pages of the API', async () => {
    lab.registry.setOptions({ referrersPageSize: 2 });
    const attached: string[] = [];
    for (const text of ['a', 'b', 'c', 'd', 'e'])
      attached.push((await attach(text)).descriptor.digest);
    assert.deepEqual(await lab.listed(), attached.sort());
  });

  it('S6 gives up on a list of over 20,000 entries', async () => {
    const entries = Array.from({ length: 8000 }, (_, index) => {
      const hex = index.toString(16).padStart(64, '0');
      return { mediaType: 'a/b', digest: `sha256:${hex}`, size: 1 };
    });
    const link = `</v2/app/referrers/${lab.subject.digest}?page=0>; rel="next"`;
    lab.registry.addFault({
      match: { path: '/referrers/' },
      action: {
        ...{ kind: 'status', status: 200 },
        body: JSON.stringify({ schemaVersion: 2, manifests: entries }),
        headers: { link, 'content-type': MediaType.ociIndex },
      },
    });
    await assert.rejects(lab.listed(), { code: 'REGISTRY_RESPONSE_INVALID', message: /20000/ });
    assert.equal(lab.registry.requests.length, 3);
  });

  it('keeps a list under a tag where there is no API, and reads it back in the end', async () => {
    lab.registry.setOptions({ referrersApi: false });
    const { descriptor } = await attach('first');
    await lab.client.settle(signal);
    assert.deepEqual(requestLines(lab.registry).slice(-5), [
      `PUT /v2/app/manifests/sha256:… 201`,
      `GET /v2/app/referrers/sha256:… 404`,
      `GET /v2/app/manifests/sha256-… 404`,
      `PUT /v2/app/manifests/sha256-… 201`,
      `GET /v2/app/manifests/sha256-… 200`,
    ]);
    assert.deepEqual(await lab.client.listReferrers(lab.app, lab.subject.digest, signal), [
      {
        ...descriptor,
        artifactType: 'application/vnd.cncf.notary.signature',
        annotations: Object.assign(Object.create(null) as object, {
          'io.cncf.notary.x509chain.thumbprint#S256': `["${'ab'.repeat(32)}"]`,
          'org.opencontainers.image.created': '2026-11-22T03:53:12Z',
        }),
      },
    ]);
  });

  it('asks a repository only once whether it has the API', async () => {
    lab.registry.setOptions({ referrersApi: false });
    await attach('first');
    await attach('second');
    const asked = lab.registry.requests.filter(({ path }) => path.includes('/referrers/'));
    assert.equal(asked.length, 1);
  });

  it('says that there are no referrers where there is neither list nor repository', async () => {
    assert.deepEqual(await lab.listed(), []);
    lab.registry.setOptions({ referrersApi: false });
    assert.deepEqual(await lab.listed(aClient()), []);
    const none = repositoryOf(lab.registry, 'none');
    assert.deepEqual(await lab.client.listReferrers(none, lab.subject.digest, signal), []);
  });

  it('loses none of many that are attached at once', async () => {
    lab.registry.setOptions({ referrersApi: false, latencyMs: 5 });
    const texts = Array.from({ length: 20 }, (_, index) => `signature ${index}`);
    const attached = await Promise.all(texts.map(async (text) => attach(text)));
    assert.deepEqual(
      await lab.listed(),
      attached.map(({ descriptor }) => descriptor.digest).sort(),
    );
    const writes = lab.registry.requests.filter(
      ({ method, path }) => method === 'PUT' && path.includes(lab.tag),
    );
    assert.ok(writes.length < 20, `${writes.length} writes of the list`);
  });

  it('writes again when another writer has overwritten the list', async () => {
    lab.registry.setOptions({ referrersApi: false });
    const other = aClient();
    await attach('theirs', other);
    const theirs = lab.registry.store.find('app')?.tags.get(lab.tag);
    assert.ok(theirs !== undefined);
    const original = lab.registry.store
      .find('app')
      ?.tags.set.bind(lab.registry.store.find('app')?.tags);
    let overwritten = 0;
    Object.assign(lab.registry.store.find('app')?.tags ?? {}, {
      set(name: string, digest: typeof theirs) {
        overwritten += 1;
        return original?.(name, overwritten === 1 ? theirs : digest);
      },
    });
    await attach('ours');
    assert.equal(overwritten, 2);
    assert.equal((await lab.listed()).length, 2);
    await other.close();
  });

  it('does not take the subject for the list, as one registry offers it', async () => {
    lab.registry.setOptions({ referrersApi: false });
    lab.registry.store.find('app')?.tags.set(lab.tag, lab.subject.digest);
    assert.deepEqual(await lab.listed(), []);
    const { descriptor } = await attach('first');
    assert.deepEqual(await lab.listed(), [descriptor.digest]);
  });

  it('refuses something else under the tag of the list', async () => {
    lab.registry.setOptions({ referrersApi: false });
    const other = anImage('other', []);
    await pushImage(lab.client, lab.app, other);
    lab.registry.store.find('app')?.tags.set(lab.tag, other.manifest.descriptor.digest);
    await assert.rejects(lab.listed(), {
      code: 'REGISTRY_RESPONSE_INVALID',
      message: /is not a list of referrers/,
    });
  });

  for (const status of [401, 403, 500]) {
    it(`does not take ${status} for "no referrers"`, async () => {
      lab.registry.addFault({ match: { path: '/referrers/' }, action: { kind: 'status', status } });
      await assert.rejects(lab.listed(), { name: 'RegistryError' });
    });
  }

  it('does not follow a list to another server', async () => {
    lab.registry.addFault({
      match: { path: '/referrers/' },
      action: { kind: 'headers', headers: { link: '<http://127.0.0.1:9/v2/>; rel="next"' } },
    });
    await assert.rejects(lab.listed(), { code: 'REGISTRY_RESPONSE_INVALID' });
  });
});
