import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '../../../shared/oci/digest.ts';
import { documentOf } from '../../../shared/oci/manifest-document.ts';
import type { ManifestDocument } from '../../../shared/oci/manifest-document.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import { systemTiming } from '../../../shared/registry/timing.ts';
import { digestsOf } from '../../integration/registry-client/notes.ts';
import {
  aBlob,
  aClient,
  anImage,
  pushImage,
  repositoryOf,
} from '../../integration/registry-client/support.ts';
import { accessTo, asUser, REGISTRY_KINDS } from '../support/registry-kinds.ts';
import type { RealRegistry, RegistryKind } from '../support/registry-kinds.ts';

const { signal } = new AbortController();

const LARGE_BYTES = 12 * 1024 * 1024;

for (const kind of REGISTRY_KINDS) {
  describe(`a registry: ${kind.name}`, () => {
    coverRegistry(kind);
  });
}

/** An index of two images and an index, with everything that it consists of. */
function aProduct(): { readonly root: ManifestDocument; readonly parts: readonly Part[] } {
  const images = ['amd64', 'arm64'].map((name) => anImage(name, ['base', `app ${name}`]));
  const inner = anIndex(images.slice(1).map(({ manifest }) => manifest));
  const root = anIndex([...images.map(({ manifest }) => manifest), inner]);
  return { root, parts: [...images, { manifest: inner, blobs: [] }] };
}

type Part = ReturnType<typeof anImage>;

/** An artifact about a subject, told apart by its text. */
function aNote(text: string, { descriptor }: ManifestDocument): Part {
  const artifactType = 'application/vnd.example.note';
  return anImage(text, [], { artifactType, subject: descriptor });
}

function anIndex(children: readonly ManifestDocument[]): ManifestDocument {
  const manifests = children.map(({ descriptor }) => descriptor);
  const index = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests };
  // Indented: a registry or client that writes documents anew would change the digest.
  return documentOf(Buffer.from(JSON.stringify(index, undefined, 3)), MediaType.ociIndex);
}

/** The cases that hold for every registry. */
function coverRegistry(kind: RegistryKind): void {
  let folder: string;
  let source: RealRegistry;
  let target: RealRegistry;
  let client: RegistryClient;
  const product = aProduct();

  const open = (options: Parameters<typeof aClient>[0] = {}): RegistryClient =>
    aClient({ timing: systemTiming, ...accessTo([source, target]), ...options });
  const pushProduct = async (name: string): Promise<void> => {
    const repository = repositoryOf(source, name);
    for (const part of product.parts) await pushImage(client, repository, part);
    await client.putManifest(repository, { manifest: product.root, tag: 'v1' }, signal);
  };
  const copyTo = async (
    to: RealRegistry,
    [from, name]: readonly [string, string],
  ): ReturnType<RegistryClient['copyGraph']> =>
    client.copyGraph(
      {
        roots: [{ manifest: product.root, tags: ['v1', 'latest'] }],
        from: repositoryOf(source, from),
        to: repositoryOf(to, name),
        mount: true,
        referrers: 'all',
      },
      signal,
    );
  const assertComplete = async (at: RealRegistry, name: string): Promise<void> => {
    const [repository, reader] = [repositoryOf(at, name), open()];
    try {
      for (const { manifest, blobs } of [...product.parts, { manifest: product.root, blobs: [] }]) {
        const found = await reader.getManifest(repository, manifest.descriptor.digest, signal);
        assert.deepEqual(found?.bytes, manifest.bytes);
        for (const { descriptor, bytes } of blobs) {
          assert.deepEqual(
            Buffer.from(await reader.getBlob(repository, descriptor, signal)),
            Buffer.from(bytes),
          );
        }
      }
    } finally {
      await reader.close();
    }
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'registries-'));
    source = await kind.start(join(folder, 'source'));
    target = await kind.start(join(folder, 'target'));
  });
  after(async () => {
    await source.stop();
    await target.stop();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    client = open();
  });
  afterEach(async () => client.close());

  it('gives back what was pushed, by tag and by digest', async () => {
    await pushProduct('pushed/app');
    await assertComplete(source, 'pushed/app');
    const { digest } = product.root.descriptor;
    const repository = repositoryOf(source, 'pushed/app');
    assert.equal(await client.resolveTag(repository, 'v1', signal), digest);
    const byTag = await client.getManifest(repository, 'v1', signal);
    assert.equal(byTag?.descriptor.digest, digest);
  });

  it('says that what is not there is not there', async () => {
    await pushProduct('pushed/app');
    const repository = repositoryOf(source, 'pushed/app');
    assert.equal(await client.getManifest(repository, 'v2', signal), undefined);
    assert.equal(await client.resolveTag(repository, 'v2', signal), undefined);
    const absent = aBlob('absent').descriptor;
    await assert.rejects(client.getBlob(repository, absent, signal), { code: 'CONTENT_NOT_FOUND' });
    assert.equal(await client.resolveTag(repositoryOf(source, 'no/such'), 'v1', signal), undefined);
  });

  it('takes images of docker and content of unknown kinds', async () => {
    const repository = repositoryOf(source, 'kinds/app');
    const config = aBlob('{}', 'application/vnd.oci.empty.v1+json');
    const strange = aBlob('anything', 'application/x-strange');
    await client.putBlob(repository, config, signal);
    await client.putBlob(repository, strange, signal);
    for (const mediaType of [MediaType.ociManifest, MediaType.dockerManifest]) {
      const layers = [strange.descriptor];
      const document = { schemaVersion: 2, mediaType, config: config.descriptor, layers };
      const manifest = documentOf(Buffer.from(JSON.stringify(document)), mediaType);
      await client.putManifest(repository, { manifest }, signal);
      const { digest } = manifest.descriptor;
      const found = await client.getManifest(repository, digest, signal);
      assert.equal(found?.descriptor.mediaType, mediaType);
    }
  });

  it('gets a graph from another registry, with its referrers and under its tags', async () => {
    await pushProduct('copied/app');
    const note = aNote('of the index', product.root);
    await pushImage(client, repositoryOf(source, 'copied/app'), note);
    await copyTo(target, ['copied/app', 'mirror/app']);
    await client.settle(signal);
    await assertComplete(target, 'mirror/app');
    const repository = repositoryOf(target, 'mirror/app');
    for (const tag of ['v1', 'latest']) {
      const found = await client.resolveTag(repository, tag, signal);
      assert.equal(found, product.root.descriptor.digest);
    }
    const referrers = await listFreshly(repository, product.root);
    assert.deepEqual(referrers, digestsOf(note.manifest));
  });

  it('is sent only the tags of what it has', async () => {
    await pushProduct('again/app');
    await copyTo(target, ['again/app', 'again/app']);
    const { manifests, uploaded, mounted } = await copyTo(target, ['again/app', 'again/app']);
    assert.deepEqual({ manifests, uploaded, mounted }, { manifests: 2, uploaded: 0, mounted: 0 });
  });

  it('mounts blobs of another repository, or sends them again', async () => {
    await pushProduct('mounted/app');
    const { mounted, uploaded } = await copyTo(source, ['mounted/app', 'mounted/copy']);
    assert.deepEqual([mounted, uploaded], kind.mounts ? [5, 0] : [0, 5]);
    await assertComplete(source, 'mounted/copy');
  });

  it('gets a large layer as a stream', async () => {
    const layer = aBlob(new Uint8Array(LARGE_BYTES).fill(7));
    const image = anImage('large', [], { layers: [layer.descriptor] });
    const [from, to] = [repositoryOf(source, 'large/app'), repositoryOf(target, 'large/app')];
    await client.putBlob(from, layer, signal);
    await pushImage(client, from, image);
    const { manifest } = image;
    await client.copyManifest({ manifest, from, to, mount: true }, signal);
    const bytes = await client.getBlob(to, layer.descriptor, signal);
    assert.equal(digestOf(bytes), layer.descriptor.digest);
  });

  it('lists referrers, and those of referrers', async () => {
    const repository = repositoryOf(source, 'referred/app');
    await pushProduct('referred/app');
    const [first, second] = ['first', 'second'].map((text) => aNote(text, product.root));
    assert.ok(first !== undefined && second !== undefined);
    const deeper = aNote('deeper', first.manifest);
    for (const note of [first, second, deeper]) await pushImage(client, repository, note);
    await client.settle(signal);
    assert.deepEqual(
      await listFreshly(repository, product.root),
      digestsOf(first.manifest, second.manifest),
    );
    assert.deepEqual(await listFreshly(repository, first.manifest), digestsOf(deeper.manifest));
    assert.deepEqual(await listFreshly(repository, second.manifest), []);
  });

  it('keeps lists of referrers itself, or has them under a tag', async () => {
    const repository = repositoryOf(source, 'api/app');
    await pushProduct('api/app');
    await pushImage(client, repository, aNote('any', product.root));
    const tags = (await client.listTags(repository, signal)) ?? [];
    const hasTag = tags.some((tag) => tag.startsWith('sha256-'));
    assert.equal(hasTag, !kind.referrersApi);
  });

  it('lists tags', async () => {
    const repository = repositoryOf(source, 'tagged/app');
    await pushProduct('tagged/app');
    const tags = Array.from({ length: 12 }, (_, index) => `t${index}`);
    for (const tag of tags) {
      await client.putManifest(repository, { manifest: product.root, tag }, signal);
    }
    const found = await client.listTags(repository, signal);
    assert.deepEqual([...(found ?? [])].sort(), [...tags, 'v1'].sort());
    // Some registries know every repository, empty until something is pushed.
    assert.deepEqual((await client.listTags(repositoryOf(source, 'no/such'), signal)) ?? [], []);
  });

  it('deletes a manifest, and does not mind one that is gone', async () => {
    const repository = repositoryOf(source, 'deleted/app');
    await pushProduct('deleted/app');
    const { digest } = product.root.descriptor;
    await client.deleteManifest(repository, digest, signal);
    await client.deleteManifest(repository, digest, signal);
    const reader = open();
    assert.equal(await reader.getManifest(repository, digest, signal), undefined);
    const behindTag = await reader.resolveTag(repository, 'v1', signal);
    assert.equal(behindTag, kind.forgetsTags ? undefined : digest);
    await reader.close();
  });

  it('deletes a tag alone, or says that it cannot', async () => {
    const repository = repositoryOf(source, 'untagged/app');
    await pushProduct('untagged/app');
    const deleted = client.deleteManifest(repository, 'v1', signal);
    if (kind.deletesTags) await deleted;
    else await assert.rejects(deleted, { code: 'REGISTRY_REJECTED' });
    const { digest } = product.root.descriptor;
    const reader = open();
    const behindTag = await reader.resolveTag(repository, 'v1', signal);
    assert.equal(behindTag, kind.deletesTags ? undefined : digest);
    assert.notEqual(await reader.getManifest(repository, digest, signal), undefined);
    await reader.close();
  });

  if (kind.needsUser) {
    it('refuses a wrong password, and nobody', async () => {
      const nobody = { credentials: () => Promise.resolve(undefined) };
      for (const options of [asUser('wrong'), nobody]) {
        const stranger = open(options);
        const asked = stranger.getManifest(repositoryOf(source, 'pushed/app'), 'v1', signal);
        await assert.rejects(asked, { code: 'REGISTRY_UNAUTHORIZED' });
        await stranger.close();
      }
    });
  }

  async function listFreshly(
    repository: ReturnType<typeof repositoryOf>,
    { descriptor }: ManifestDocument,
  ): Promise<readonly string[]> {
    const reader = open();
    const found = await reader.listReferrers(repository, descriptor.digest, signal);
    await reader.close();
    return found.map(({ digest }) => digest).sort();
  }
}
