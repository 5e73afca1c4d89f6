import assert from 'node:assert/strict';
import { documentOf } from '../../../shared/oci/manifest-document.ts';
import type { ManifestDocument } from '../../../shared/oci/manifest-document.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import { referrersTag } from '../../../shared/oci/referrers.ts';
import { STANDARD_PROFILE } from '../../../shared/registry/profiles.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import type { Timing } from '../../../shared/registry/timing.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { virtualTiming } from '../../support/virtual-timing.ts';
import { aNote, digestsOf } from './notes.ts';
import { aClient, anImage, pushImage, repositoryOf } from './support.ts';

const { signal } = new AbortController();

/** As long as a capability that was learned is believed. */
const CAPABILITY_LIFETIME_MS = 5 * 60_000;

describe('RegistryClient whether there is a referrers API', () => {
  let registry: EmbeddedRegistry;
  let client: RegistryClient;
  let timing: Timing;
  const clients: RegistryClient[] = [];
  const image = anImage('app', []);
  const subject = image.manifest.descriptor;

  const open = (...[options]: Parameters<typeof aClient>): RegistryClient => {
    const opened = aClient({ timing, ...options });
    clients.push(opened);
    return opened;
  };
  const attach = async (text: string, by = client): Promise<ManifestDocument> => {
    const manifest = aNote(text, subject);
    await by.putManifest(repositoryOf(registry, 'app'), { manifest }, signal);
    return manifest;
  };
  const listed = async (by = client): Promise<readonly string[]> => {
    const found = await by.listReferrers(repositoryOf(registry, 'app'), subject.digest, signal);
    return found.map(({ digest }) => digest).sort();
  };
  const listedUnderTag = (): readonly string[] => {
    const list = registry.store.manifest('app', referrersTag(subject.digest));
    const { manifests } = JSON.parse(Buffer.from(list?.bytes ?? []).toString('utf8')) as {
      readonly manifests: readonly { readonly digest: string }[];
    };
    return manifests.map(({ digest }) => digest).sort();
  };

  beforeEach(async () => {
    registry = await startRegistry({ referrersApi: false });
    timing = virtualTiming();
    client = open();
    await pushImage(client, repositoryOf(registry, 'app'), image);
    registry.resetRequests();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map(async (each) => each.close()));
    await registry.close();
  });

  it('F4 asks again after five minutes whether there is an API now', async () => {
    await listed();
    await listed();
    const asked = (): number =>
      registry.requests.filter(({ path }) => path.includes('/referrers/')).length;
    assert.equal(asked(), 1);
    await timing.sleep(CAPABILITY_LIFETIME_MS, signal);
    registry.setOptions({ referrersApi: true });
    const note = await attach('by API');
    assert.deepEqual(await listed(), digestsOf(note));
    assert.equal(asked(), 2);
  });

  const falseAnswers = [
    { name: 'a page in HTML', status: 200, type: 'text/html', body: '<html></html>' },
    { name: 'an empty list of another type', status: 200, type: 'application/json', body: '{}' },
    { name: '400', status: 400, type: 'text/plain', body: 'bad' },
    { name: '405', status: 405, type: 'text/plain', body: 'no' },
    { name: '406', status: 406, type: 'text/plain', body: 'no' },
    { name: '501', status: 501, type: 'text/plain', body: 'no' },
  ];
  for (const { name, status, type, body } of falseAnswers) {
    it(`F3 M11 takes ${name} for "no API"`, async () => {
      registry.addFault({
        match: { path: '/referrers/' },
        action: { kind: 'status', status, headers: { 'content-type': type }, body },
      });
      const note = await attach('note');
      assert.deepEqual(listedUnderTag(), digestsOf(note));
      assert.deepEqual(await listed(), digestsOf(note));
    });
  }

  it('F3 looks under the tag when the API does not know the repository, and asks again next time', async () => {
    const note = await attach('note');
    const other = open();
    registry.addFault({
      match: { path: '/referrers/' },
      action: { kind: 'status', status: 404, body: '{"errors":[{"code":"NAME_UNKNOWN"}]}' },
    });
    registry.resetRequests();
    assert.deepEqual(await listed(other), digestsOf(note));
    assert.deepEqual(await listed(other), digestsOf(note));
    assert.equal(registry.requests.length, 4);
  });

  describe('on a registry that says it lists and does not', () => {
    beforeEach(() => {
      registry.addFault({
        match: { method: 'PUT', path: '/manifests/sha256:' },
        action: { kind: 'headers', headers: { 'oci-subject': subject.digest } },
      });
    });

    it('M11 writes the tag when a list shows that there is no API', async () => {
      const notes = [await attach('one'), await attach('two')];
      assert.deepEqual(await listed(), digestsOf(...notes));
      assert.deepEqual(listedUnderTag(), digestsOf(...notes));
    });

    it('M11 finds out at the end', async () => {
      const note = await attach('one');
      await client.settle(signal);
      assert.deepEqual(listedUnderTag(), digestsOf(note));
    });

    it('M11 asks at once where the header is known to prove nothing', async () => {
      const careful = open({
        profileOf: () => ({ ...STANDARD_PROFILE, subjectHeaderIsProof: false }),
      });
      const note = await attach('one', careful);
      assert.deepEqual(listedUnderTag(), digestsOf(note));
    });
  });

  it('M11 does not believe a header that names another subject', async () => {
    registry.addFault({
      match: { method: 'PUT', path: '/manifests/sha256:' },
      action: { kind: 'headers', headers: { 'oci-subject': `sha256:${'0'.repeat(64)}` } },
    });
    const note = await attach('one');
    assert.deepEqual(listedUnderTag(), digestsOf(note));
  });
});

describe('RegistryClient referrers by API', () => {
  let registry: EmbeddedRegistry;
  let client: RegistryClient;
  const image = anImage('app', []);
  const { digest } = image.manifest.descriptor;

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

  it('F2 gives up on a list without an end', async () => {
    registry.addFault({
      match: { path: '/referrers/' },
      action: {
        kind: 'headers',
        headers: { link: `</v2/app/referrers/${digest}?page=0>; rel="next"` },
      },
    });
    await assert.rejects(client.listReferrers(repositoryOf(registry, 'app'), digest, signal), {
      code: 'REGISTRY_RESPONSE_INVALID',
      message: /1000 pages/,
    });
    assert.equal(registry.requests.length, 1000);
  });

  it('F10 reads an artifact manifest of the old kind', async () => {
    const old = documentOf(
      Buffer.from(
        JSON.stringify({
          mediaType: MediaType.ociArtifact,
          artifactType: 'application/vnd.example.old',
          blobs: [],
          subject: image.manifest.descriptor,
        }),
      ),
      MediaType.ociArtifact,
    );
    await client.putManifest(repositoryOf(registry, 'app'), { manifest: old }, signal);
    const found = await client.getManifest(
      repositoryOf(registry, 'app'),
      old.descriptor.digest,
      signal,
    );
    assert.deepEqual(found?.descriptor, old.descriptor);
    assert.equal(
      (await client.listReferrers(repositoryOf(registry, 'app'), digest, signal)).length,
      1,
    );
  });
});
