import assert from 'node:assert/strict';
import { documentOf } from '../../../shared/oci/manifest-document.ts';
import type { ManifestDocument } from '../../../shared/oci/manifest-document.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import { addReferrers } from '../../../shared/oci/referrers.ts';
import { STANDARD_PROFILE } from '../../../shared/registry/profiles.ts';
import { aNote, digestsOf } from './notes.ts';
import { referrersLab } from './referrers-lab.ts';
import { requestLines } from './support.ts';

const { signal } = new AbortController();

/** As long as a capability that was learned is believed. */
const CAPABILITY_LIFETIME_MS = 5 * 60_000;

describe('RegistryClient whether there is a referrers API', () => {
  const lab = referrersLab({ referrersApi: false });

  it('F4 asks once whether there is an API, however many want to know at once', async () => {
    await Promise.all([1, 2, 3, 4, 5].map(async () => lab.listed()));
    const asked = lab.registry.requests.filter(({ path }) => path.includes('/referrers/'));
    assert.equal(asked.length, 1);
  });

  it('F4 asks again after five minutes whether there is an API now', async () => {
    await lab.listed();
    await lab.listed();
    const asked = (): number =>
      lab.registry.requests.filter(({ path }) => path.includes('/referrers/')).length;
    assert.equal(asked(), 1);
    await lab.timing.sleep(CAPABILITY_LIFETIME_MS, signal);
    lab.registry.setOptions({ referrersApi: true });
    const note = await lab.attach('by API');
    assert.deepEqual(await lab.listed(), digestsOf(note));
    assert.equal(asked(), 2);
  });

  const falseAnswers = [
    { name: 'a page in HTML', status: 200, type: 'text/html', body: '<html></html>' },
    { name: 'an empty list of another type', status: 200, type: 'application/json', body: '{}' },
    { name: '404 with the type of a list', status: 404, type: MediaType.ociIndex, body: '{}' },
    { name: '400', status: 400, type: 'text/plain', body: 'bad' },
    { name: '405', status: 405, type: 'text/plain', body: 'no' },
    { name: '406', status: 406, type: 'text/plain', body: 'no' },
    { name: '501', status: 501, type: 'text/plain', body: 'no' },
  ];
  for (const { name, status, type, body } of falseAnswers) {
    it(`F3 M11 takes ${name} for "no API"`, async () => {
      lab.registry.addFault({
        match: { path: '/referrers/' },
        action: { kind: 'status', status, headers: { 'content-type': type }, body },
      });
      const note = await lab.attach('note');
      assert.deepEqual(lab.listedUnderTag(), digestsOf(note));
      assert.deepEqual(await lab.listed(), digestsOf(note));
    });
  }

  it('F3 looks under the tag when the API does not know the repository, and asks again next time', async () => {
    const note = await lab.attach('note');
    const other = lab.open();
    lab.registry.addFault({
      match: { path: '/referrers/' },
      action: { kind: 'status', status: 404, body: '{"errors":[{"code":"NAME_UNKNOWN"}]}' },
    });
    lab.registry.resetRequests();
    assert.deepEqual(await lab.listed(other), digestsOf(note));
    assert.deepEqual(await lab.listed(other), digestsOf(note));
    assert.equal(lab.registry.requests.length, 4);
  });

  describe('on a registry that says it lists and does not', () => {
    beforeEach(() => {
      lab.registry.addFault({
        match: { method: 'PUT', path: '/manifests/sha256:' },
        action: { kind: 'headers', headers: { 'oci-subject': lab.subject.digest } },
      });
    });

    it('M11 writes the tag when a list shows that there is no API', async () => {
      const notes = [await lab.attach('one'), await lab.attach('two')];
      assert.deepEqual(await lab.listed(), digestsOf(...notes));
      assert.deepEqual(lab.listedUnderTag(), digestsOf(...notes));
    });

    it('M11 finds out at the end', async () => {
      const note = await lab.attach('one');
      await lab.client.settle(signal);
      assert.deepEqual(lab.listedUnderTag(), digestsOf(note));
      lab.registry.resetRequests();
      await lab.client.settle(signal);
      assert.deepEqual(requestLines(lab.registry), []);
    });

    it('M11 asks at once where the header is known to prove nothing', async () => {
      const careful = lab.open({
        profileOf: () => ({ ...STANDARD_PROFILE, subjectHeaderIsProof: false }),
      });
      const note = await lab.attach('one', careful);
      assert.deepEqual(lab.listedUnderTag(), digestsOf(note));
    });
  });

  it('M11 does not believe a header that names another subject', async () => {
    lab.registry.addFault({
      match: { method: 'PUT', path: '/manifests/sha256:' },
      action: { kind: 'headers', headers: { 'oci-subject': `sha256:${'0'.repeat(64)}` } },
    });
    const note = await lab.attach('one');
    assert.deepEqual(lab.listedUnderTag(), digestsOf(note));
  });
});

describe('RegistryClient referrers by API', () => {
  const lab = referrersLab();

  it('M11 looks once for a repository at the end, not where a list has proven it, and writes no tag', async () => {
    const notes = [await lab.attach('one'), await lab.attach('two')];
    lab.registry.resetRequests();
    await lab.client.settle(signal);
    assert.deepEqual(requestLines(lab.registry), ['GET /v2/app/referrers/sha256:… 200']);
    await lab.client.settle(signal);
    await lab.attach('three');
    assert.equal((await lab.listed()).length, notes.length + 1);
    lab.registry.resetRequests();
    await lab.client.settle(signal);
    assert.deepEqual(requestLines(lab.registry), []);
    assert.equal(lab.registry.store.manifest('app', lab.tag), undefined);
  });

  const noLists = [
    { name: '404', status: 404, type: 'text/plain', body: 'no' },
    { name: '400', status: 400, type: 'text/plain', body: 'bad' },
    { name: '501', status: 501, type: 'text/plain', body: 'no' },
    { name: 'a page in HTML', status: 200, type: 'text/html', body: '<html></html>' },
  ];
  for (const { name, status, type, body } of noLists) {
    const answer = { kind: 'status', status, headers: { 'content-type': type }, body } as const;

    it(`F3 does not take ${name} in place of the second page for "no referrers"`, async () => {
      lab.registry.setOptions({ referrersPageSize: 1 });
      const notes = [await lab.attach('one'), await lab.attach('two')];
      lab.registry.addFault({ match: { path: '/referrers/', nth: 2 }, action: answer });
      await assert.rejects(lab.listed(), { name: 'RegistryError', message: /list the referrers/ });
      assert.deepEqual(await lab.listed(), digestsOf(...notes));
    });

    it(`F4 does not take ${name} of an API that has listed for "no API"`, async () => {
      const note = await lab.attach('note');
      assert.deepEqual(await lab.listed(), digestsOf(note));
      lab.registry.addFault({ match: { path: '/referrers/', nth: 1 }, action: answer });
      await assert.rejects(lab.listed(), { name: 'RegistryError', message: /list the referrers/ });
      assert.deepEqual(await lab.listed(), digestsOf(note));
    });
  }

  it('F3 writes the tag when an API that has listed does not know the subject yet', async () => {
    await lab.listed();
    lab.registry.addFault({
      match: { method: 'PUT', path: '/manifests/' },
      action: { kind: 'headers', headers: { 'oci-subject': null } },
    });
    lab.registry.addFault({
      match: { path: '/referrers/' },
      action: { kind: 'status', status: 404, body: '{"errors":[{"code":"MANIFEST_UNKNOWN"}]}' },
    });
    const note = await lab.attach('note');
    assert.deepEqual(lab.listedUnderTag(), digestsOf(note));
  });

  describe('that lists nothing although it says so', () => {
    const listsOnly = (...notes: readonly ManifestDocument[]): void => {
      const list = addReferrers(
        undefined,
        notes.map(({ descriptor }) => descriptor),
      );
      assert.ok(list.ok);
      lab.registry.addFault({
        match: { path: '/referrers/' },
        action: {
          ...{ kind: 'status', status: 200, body: Buffer.from(list.value.bytes).toString() },
          headers: { 'content-type': MediaType.ociIndex },
        },
      });
    };

    it('M11 F7 writes the tag at the end, and finds there what the API does not list', async () => {
      const theirs = aNote('theirs', lab.subject);
      listsOnly(theirs);
      const ours = await lab.attach('ours');
      await lab.client.settle(signal);
      assert.deepEqual(lab.listedUnderTag(), digestsOf(ours));
      assert.deepEqual(await lab.listed(), digestsOf(ours, theirs));
    });

    it('M11 names once what is in both lists', async () => {
      listsOnly();
      const ours = await lab.attach('ours');
      await lab.client.settle(signal);
      lab.registry.clearFaults();
      assert.deepEqual(await lab.listed(), digestsOf(ours));
    });
  });

  describe('that does not say that it lists', () => {
    beforeEach(() => {
      lab.registry.addFault({
        match: { method: 'PUT', path: '/manifests/' },
        action: { kind: 'headers', headers: { 'oci-subject': null } },
      });
    });

    it('M11 writes no tag when the list shows it', async () => {
      const note = await lab.attach('note');
      assert.deepEqual(await lab.listed(), digestsOf(note));
      assert.equal(lab.registry.store.manifest('app', lab.tag), undefined);
    });

    it('F4 does not take another 404 of an API that has listed for "not listed"', async () => {
      await lab.listed();
      lab.registry.addFault({
        match: { path: '/referrers/' },
        action: { kind: 'status', status: 404, body: 'no such page' },
      });
      await assert.rejects(lab.attach('note'), { name: 'RegistryError' });
      assert.equal(lab.registry.store.manifest('app', lab.tag), undefined);
    });

    for (const status of [401, 403, 500]) {
      it(`F4 takes ${status} neither for "not listed" nor for "no API"`, async () => {
        lab.registry.addFault({
          match: { path: '/referrers/' },
          action: { kind: 'status', status, body: '{"errors":[{"code":"MANIFEST_UNKNOWN"}]}' },
        });
        await assert.rejects(lab.attach('note'), { name: 'RegistryError' });
        assert.equal(lab.registry.store.manifest('app', lab.tag), undefined);
      });
    }
  });

  it('F2 gives up on a list without an end', async () => {
    lab.registry.addFault({
      match: { path: '/referrers/' },
      action: {
        kind: 'headers',
        headers: { link: `</v2/app/referrers/${lab.subject.digest}?page=0>; rel="next"` },
      },
    });
    await assert.rejects(lab.client.listReferrers(lab.app, lab.subject.digest, signal), {
      code: 'REGISTRY_RESPONSE_INVALID',
      message: /1000 pages/,
    });
    assert.equal(lab.registry.requests.length, 1000);
  });

  it('S6 gives up on a list of very long pages', async () => {
    const page = `{"manifests":[],"annotations":{"long":"${'x'.repeat(7 * 1024 * 1024)}"}}`;
    const link = `</v2/app/referrers/${lab.subject.digest}?page=0>; rel="next"`;
    lab.registry.addFault({
      match: { path: '/referrers/' },
      action: {
        ...{ kind: 'status', status: 200, body: page },
        headers: { link, 'content-type': MediaType.ociIndex },
      },
    });
    await assert.rejects(lab.client.listReferrers(lab.app, lab.subject.digest, signal), {
      code: 'REGISTRY_RESPONSE_INVALID',
      message: /33554432 bytes/,
    });
    assert.equal(lab.registry.requests.length, 5);
  });

  it('F10 reads an artifact manifest of the old kind', async () => {
    const old = documentOf(
      Buffer.from(
        JSON.stringify({
          mediaType: MediaType.ociArtifact,
          artifactType: 'application/vnd.example.old',
          blobs: [],
          subject: lab.subject,
        }),
      ),
      MediaType.ociArtifact,
    );
    await lab.client.putManifest(lab.app, { manifest: old }, signal);
    const found = await lab.client.getManifest(lab.app, old.descriptor.digest, signal);
    assert.deepEqual(found?.descriptor, old.descriptor);
    assert.equal((await lab.client.listReferrers(lab.app, lab.subject.digest, signal)).length, 1);
  });
});
