import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { documentOf } from '../../../shared/oci/manifest-document.ts';
import type { ManifestDocument } from '../../../shared/oci/manifest-document.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import { addReferrers, referrersTag } from '../../../shared/oci/referrers.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import type { Timing } from '../../../shared/registry/timing.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { virtualTiming } from '../../support/virtual-timing.ts';
import { aNote, digestsOf } from './notes.ts';
import { aClient, anImage, pushImage, repositoryOf, requestLines } from './support.ts';

const { signal } = new AbortController();

const PROCESSES = 8;
const EACH = 2;

describe('RegistryClient referrers without an API', () => {
  let registry: EmbeddedRegistry;
  let client: RegistryClient;
  let timing: Timing;
  const clients: RegistryClient[] = [];
  const image = anImage('app', []);
  const subject = image.manifest.descriptor;
  const tag = referrersTag(subject.digest);

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
  const listedUnderTag = (): readonly string[] => {
    const list = registry.store.manifest('app', tag);
    const { manifests } = JSON.parse(Buffer.from(list?.bytes ?? []).toString('utf8')) as {
      readonly manifests: readonly { readonly digest: string }[];
    };
    return manifests.map(({ digest }) => digest).sort();
  };
  /** Makes the tag name a list as somebody writes it who has not seen the one that is there. */
  const overwriteBy = (...notes: readonly ManifestDocument[]): void => {
    registry.setOptions({ validateReferences: false });
    const list = addReferrers(
      undefined,
      notes.map(({ descriptor }) => descriptor),
    );
    const app = registry.store.find('app');
    assert.ok(list.ok && app !== undefined);
    const { descriptor, bytes } = list.value;
    const facts = { subject: undefined, artifactType: undefined, annotations: undefined };
    const { digest, mediaType } = descriptor;
    app.manifests.set(digest, { digest, mediaType, bytes, ...facts });
    app.tags.set(tag, digest);
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

  it('F7 loses none when eight processes attach to one subject at once', async function () {
    this.timeout(120_000);
    registry.setOptions({ conditionalPut: false, latencyMs: 20 });
    const run = promisify(execFile);
    const outputs = await Promise.all(
      Array.from({ length: PROCESSES }, async (_, index) => {
        const script = ['--import', 'tsx', 'test/support/attach-process.ts'];
        const place = [registry.host, subject.digest, String(subject.size)];
        return run(process.execPath, [...script, ...place, `writer ${index}`, String(EACH)]);
      }),
    );
    const attached = outputs.flatMap(({ stdout }) => JSON.parse(stdout) as readonly string[]);
    assert.equal(attached.length, PROCESSES * EACH);
    assert.deepEqual(listedUnderTag(), [...attached].sort());
  });

  it('F7 writes again at the end what another has overwritten after it was read back', async () => {
    const ours = await attach('ours');
    const theirs = aNote('theirs', subject);
    overwriteBy(theirs);
    await client.settle(signal);
    assert.deepEqual(listedUnderTag(), digestsOf(ours, theirs));
  });

  it('F7 looks again at the end only at what was written, and only once', async () => {
    await attach('ours');
    registry.resetRequests();
    await client.settle(signal);
    await client.settle(signal);
    assert.deepEqual(requestLines(registry), ['GET /v2/app/manifests/sha256-… 200']);
  });

  it('F7 waits at the end until writers that have read an old list are done', async () => {
    await attach('ours');
    const startMs = timing.now();
    await client.settle(signal);
    assert.ok(timing.now() - startMs >= 2000);
  });

  it('F7 reads again when the list has changed before it is written', async () => {
    await attach('first');
    const theirs = await attach('theirs', open());
    registry.addFault({
      match: { method: 'PUT', path: tag, nth: 1 },
      action: { kind: 'status', status: 412 },
    });
    registry.resetRequests();
    const ours = await attach('ours');
    assert.ok(listedUnderTag().includes(ours.descriptor.digest));
    assert.ok(listedUnderTag().includes(theirs.descriptor.digest));
    const onTag = requestLines(registry).filter((line) => line.includes('sha256-'));
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
    registry.addFault({
      match: { method: 'PUT', path: tag, nth: 1, times: 4 },
      action: { kind: 'status', status: 412 },
    });
    const ours = await attach('ours');
    assert.deepEqual(listedUnderTag(), digestsOf(ours));
  });

  it('F7 reads the list again before it repeats a write that was refused for a while', async () => {
    registry.addFault({
      match: { method: 'PUT', path: tag, nth: 1 },
      action: { kind: 'status', status: 429, headers: { 'retry-after': '5' } },
    });
    const ours = await attach('ours');
    assert.deepEqual(listedUnderTag(), digestsOf(ours));
    const onTag = registry.requests.filter(({ path }) => path.includes('sha256-'));
    assert.deepEqual(
      onTag.map(({ method }) => method),
      ['GET', 'PUT', 'GET', 'PUT', 'GET'],
    );
  });

  it('F7 says so when others keep overwriting the list', async () => {
    const theirs = aNote('theirs', subject);
    overwriteBy(theirs);
    const app = registry.store.find('app');
    const digest = app?.tags.get(tag);
    assert.ok(app !== undefined && digest !== undefined);
    Object.assign(app.tags, { set: () => app.tags });
    await assert.rejects(attach('ours'), {
      code: 'REGISTRY_UNAVAILABLE',
      message: /others keep overwriting the list/,
    });
  });

  it('F9 never deletes an old list', async () => {
    await attach('first');
    await attach('second');
    await client.settle(signal);
    assert.ok(!registry.requests.some(({ method }) => method === 'DELETE'));
  });

  it('F5 cuts the tag of a long digest', async () => {
    const bytes = image.manifest.bytes;
    const long = documentOf(bytes, MediaType.ociManifest, 'sha512').descriptor;
    const manifest = aNote('long', long);
    await client.putManifest(repositoryOf(registry, 'app'), { manifest }, signal);
    const name = `sha512-${long.digest.slice(7, 71)}`;
    assert.ok(registry.store.manifest('app', name) !== undefined);
  });

  it('F8 lists type and annotations', async () => {
    await attach('note');
    const found = await client.listReferrers(repositoryOf(registry, 'app'), subject.digest, signal);
    assert.equal(found[0]?.artifactType, 'application/vnd.example.note');
    assert.deepEqual({ ...found[0].annotations }, { text: 'note' });
  });
});
