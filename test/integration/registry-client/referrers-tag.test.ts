import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { documentOf } from '../../../shared/oci/manifest-document.ts';
import type { ManifestDocument } from '../../../shared/oci/manifest-document.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import { addReferrers } from '../../../shared/oci/referrers.ts';
import { aNote, digestsOf } from './notes.ts';
import { referrersLab } from './referrers-lab.ts';
import { requestLines } from './support.ts';

const { signal } = new AbortController();

const PROCESSES = 8;
const EACH = 2;

describe('RegistryClient referrers without an API', () => {
  const lab = referrersLab({ referrersApi: false });

  /** Makes the tag name a list as somebody writes it who has not seen the one that is there. */
  const overwriteBy = (...notes: readonly ManifestDocument[]): void => {
    lab.registry.setOptions({ validateReferences: false });
    const list = addReferrers(
      undefined,
      notes.map(({ descriptor }) => descriptor),
    );
    const app = lab.registry.store.find('app');
    assert.ok(list.ok && app !== undefined);
    const { descriptor, bytes } = list.value;
    const facts = { subject: undefined, artifactType: undefined, annotations: undefined };
    const { digest, mediaType } = descriptor;
    app.manifests.set(digest, { digest, mediaType, bytes, ...facts });
    app.tags.set(lab.tag, digest);
  };
  it('F7 loses none when eight processes attach to one subject at once', async function () {
    this.timeout(120_000);
    lab.registry.setOptions({ conditionalPut: false, latencyMs: 20 });
    const run = promisify(execFile);
    const outputs = await Promise.all(
      Array.from({ length: PROCESSES }, async (_, index) => {
        const script = ['--import', 'tsx', 'test/support/attach-process.ts'];
        const place = [lab.registry.host, lab.subject.digest, String(lab.subject.size)];
        return run(process.execPath, [...script, ...place, `writer ${index}`, String(EACH)]);
      }),
    );
    const attached = outputs.flatMap(({ stdout }) => JSON.parse(stdout) as readonly string[]);
    assert.equal(attached.length, PROCESSES * EACH);
    assert.deepEqual(lab.listedUnderTag(), [...attached].sort());
  });

  it('F7 writes again at the end what another has overwritten after it was read back', async () => {
    const ours = await lab.attach('ours');
    const theirs = aNote('theirs', lab.subject);
    overwriteBy(theirs);
    await lab.client.settle(signal);
    assert.deepEqual(lab.listedUnderTag(), digestsOf(ours, theirs));
  });

  it('F7 looks again at the end only at what was written, and only once', async () => {
    await lab.attach('ours');
    lab.registry.resetRequests();
    await lab.client.settle(signal);
    await lab.client.settle(signal);
    assert.deepEqual(requestLines(lab.registry), ['GET /v2/app/manifests/sha256-… 200']);
  });

  describe('F7 waits at the end until writers that have read an old list are done', () => {
    const waitedMs = async (): Promise<number> => {
      const startMs = lab.timing.now();
      await lab.client.settle(signal);
      return lab.timing.now() - startMs;
    };

    it('for a moment where nobody else was seen', async () => {
      await lab.attach('ours');
      assert.equal(await waitedMs(), 500);
    });

    it('for as long as anybody could need where somebody was', async () => {
      await lab.attach('ours');
      overwriteBy(aNote('theirs', lab.subject));
      assert.ok((await waitedMs()) >= 2000);
    });

    it('also where others keep what is ours, but no longer for all that they add', async () => {
      const ours = await lab.attach('ours');
      const theirs = aNote('theirs', lab.subject);
      overwriteBy(ours, theirs);
      lab.registry.resetRequests();
      const ms = await waitedMs();
      assert.ok(ms >= 2000 && ms <= 2200, `${ms} ms`);
      const looks = requestLines(lab.registry);
      assert.deepEqual(looks, new Array(2).fill('GET /v2/app/manifests/sha256-… 200'));
    });

    it('also where others were there before us', async () => {
      lab.registry.addFault({
        match: { method: 'PUT', path: lab.tag, nth: 1 },
        action: { kind: 'status', status: 412 },
      });
      const startMs = lab.timing.now();
      await lab.attach('ours');
      await lab.client.settle(signal);
      assert.ok(lab.timing.now() - startMs >= 2000);
    });
  });

  it('F7 reads again when the list has changed before it is written', async () => {
    await lab.attach('first');
    const theirs = await lab.attach('theirs', lab.open());
    lab.registry.addFault({
      match: { method: 'PUT', path: lab.tag, nth: 1 },
      action: { kind: 'status', status: 412 },
    });
    lab.registry.resetRequests();
    const ours = await lab.attach('ours');
    assert.ok(lab.listedUnderTag().includes(ours.descriptor.digest));
    assert.ok(lab.listedUnderTag().includes(theirs.descriptor.digest));
    const onTag = requestLines(lab.registry).filter((line) => line.includes('sha256-'));
    assert.deepEqual(
      onTag.map((line) =>
        line
          .split(' ')
          .filter((word) => !word.startsWith('/'))
          .join(' '),
      ),
      ['GET 200', 'PUT 412', 'GET 200', 'PUT 201', 'GET 200'],
    );
  });

  it('F7 writes in the end where no condition is ever fulfilled', async () => {
    lab.registry.addFault({
      match: { method: 'PUT', path: lab.tag, nth: 1, times: 4 },
      action: { kind: 'status', status: 412 },
    });
    const ours = await lab.attach('ours');
    assert.deepEqual(lab.listedUnderTag(), digestsOf(ours));
  });

  it('F7 reads the list again before it repeats a write that was refused for a while', async () => {
    lab.registry.addFault({
      match: { method: 'PUT', path: lab.tag, nth: 1 },
      action: { kind: 'status', status: 429, headers: { 'retry-after': '5' } },
    });
    const ours = await lab.attach('ours');
    assert.deepEqual(lab.listedUnderTag(), digestsOf(ours));
    const onTag = lab.registry.requests.filter(({ path }) => path.includes('sha256-'));
    assert.deepEqual(
      onTag.map(({ method }) => method),
      ['GET', 'PUT', 'GET', 'PUT', 'GET'],
    );
  });

  it('F7 says so when others keep overwriting the list', async () => {
    const theirs = aNote('theirs', lab.subject);
    overwriteBy(theirs);
    const app = lab.registry.store.find('app');
    const digest = app?.tags.get(lab.tag);
    assert.ok(app !== undefined && digest !== undefined);
    Object.assign(app.tags, { set: () => app.tags });
    await assert.rejects(lab.attach('ours'), {
      code: 'REGISTRY_UNAVAILABLE',
      message: /others keep overwriting the list/,
    });
  });

  it('F7 gives up at the end when others overwrite the list after every look', async () => {
    const { timing } = lab;
    let others = 0;
    const client = lab.open({
      timing: {
        now: () => timing.now(),
        random: () => timing.random(),
        async sleep(ms, stop) {
          others += 1;
          if (others <= 20) overwriteBy(aNote(`theirs ${others}`, lab.subject));
          return timing.sleep(ms, stop);
        },
      },
    });
    await lab.attach('ours', client);
    await assert.rejects(client.settle(signal), {
      code: 'REGISTRY_UNAVAILABLE',
      message: /others keep overwriting the list/,
    });
    assert.ok(others < 20, `${others} waits`);
  });

  it('F7 fails at once when the list must not be written', async () => {
    lab.registry.addFault({
      match: { method: 'PUT', path: lab.tag },
      action: { kind: 'status', status: 403 },
    });
    await assert.rejects(lab.attach('ours'), { code: 'REGISTRY_DENIED' });
    const puts = lab.registry.requests.filter(({ path }) => path.includes(lab.tag));
    assert.deepEqual(
      puts.map(({ method }) => method),
      ['GET', 'PUT'],
    );
  });

  it('F9 never deletes an old list', async () => {
    await lab.attach('first');
    await lab.attach('second');
    await lab.client.settle(signal);
    assert.ok(!lab.registry.requests.some(({ method }) => method === 'DELETE'));
  });

  it('F5 cuts the tag of a long digest', async () => {
    const bytes = lab.image.manifest.bytes;
    const long = documentOf(bytes, MediaType.ociManifest, 'sha512').descriptor;
    const manifest = aNote('long', long);
    await lab.client.putManifest(lab.app, { manifest }, signal);
    const name = `sha512-${long.digest.slice(7, 71)}`;
    assert.ok(lab.registry.store.manifest('app', name) !== undefined);
  });

  it('F8 lists type and annotations', async () => {
    await lab.attach('note');
    const found = await lab.client.listReferrers(lab.app, lab.subject.digest, signal);
    assert.equal(found[0]?.artifactType, 'application/vnd.example.note');
    assert.deepEqual({ ...found[0].annotations }, { text: 'note' });
  });
});
