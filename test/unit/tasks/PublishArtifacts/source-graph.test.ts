import assert from 'node:assert/strict';
import { digestsOf } from '../../../../shared/image-info/select.ts';
import { digestOf } from '../../../../shared/oci/digest.ts';
import { MediaType } from '../../../../shared/oci/media-types.ts';
import { repositoryAt } from '../../../../shared/oci/reference.ts';
import { nodeKey, readSource } from '../../../../tasks/PublishArtifacts/source-graph.ts';
import type {
  ContentNode,
  Root,
  Travels,
} from '../../../../tasks/PublishArtifacts/source-graph.ts';
import { MemoryRegistry } from '../../../support/memory-registry.ts';
import {
  BUILD,
  SMALL_RELEASE,
  jsonManifest,
  pushReferrer,
  pushRelease,
} from '../../../support/release.ts';
import { digestsOfApp } from './support.ts';

const APP = repositoryAt(BUILD, 'app');
const SBOM = 'application/spdx+json';

async function read(
  registry: MemoryRegistry,
  roots: readonly Root[],
  travels: Travels = () => true,
): Promise<ReadonlyMap<string, ContentNode>> {
  const { signal } = new AbortController();
  return readSource(roots, { location: BUILD, travels }, { registry, signal });
}

/** The small release, and its list as the only root. */
function aSource(): {
  readonly registry: MemoryRegistry;
  readonly list: Root;
  readonly platforms: readonly Root[];
} {
  const registry = new MemoryRegistry();
  const { list, platforms } = digestsOfApp(pushRelease(registry, SMALL_RELEASE));
  const rootOf = (digest: Root['digest']): Root => ({ repo: 'app', digest });
  return { registry, list: rootOf(list), platforms: platforms.map(rootOf) };
}

function nameOf(digest: string): string {
  return `build.example/run/1/app@${digest}`;
}

describe('source-graph readSource', () => {
  it('reads each manifest of the release once, with what it names', async () => {
    const registry = new MemoryRegistry();
    const info = pushRelease(registry, SMALL_RELEASE);
    const nodes = await read(registry, digestsOf(info));
    assert.equal(nodes.size, 4);
    const { list, platforms } = digestsOfApp(info);
    assert.deepEqual(nodes.get(nodeKey('app', list))?.children, platforms);
    const manifests = registry.reads.filter((name) => name.startsWith('manifest'));
    assert.equal(manifests.length, 4);
    assert.equal(new Set(registry.reads).size, registry.reads.length);
    assert.deepEqual(registry.writes, []);
  });

  it('asks for the referrers of what is released while it reads it', async () => {
    const { registry, list } = aSource();
    const get = registry.getManifest.bind(registry);
    const askedBefore: boolean[] = [];
    registry.getManifest = async (repository, digest, signal) => {
      const manifest = await get(repository, digest, signal);
      askedBefore.push(registry.reads.some((name) => name === `referrers ${nameOf(digest)}`));
      return manifest;
    };
    await read(registry, [list]);
    assert.deepEqual(askedBefore, [true, true, true]);
  });

  it('counts the bytes of config and layers', async () => {
    const { registry, platforms } = aSource();
    const nodes = await read(registry, platforms);
    for (const { document, blobBytes } of nodes.values()) {
      const { config, layers } = JSON.parse(Buffer.from(document.bytes).toString()) as {
        config: { size: number };
        layers: readonly { size: number }[];
      };
      assert.equal(
        blobBytes,
        layers.reduce((sum, { size }) => sum + size, config.size),
      );
    }
  });

  it('follows lists to children and all of them to referrers of referrers', async () => {
    const { registry, list, platforms } = aSource();
    const child = await registry.getManifest(
      APP,
      platforms[0]?.digest ?? '',
      new AbortController().signal,
    );
    assert.ok(child);
    const sbom = pushReferrer(registry, APP, { subject: child.descriptor, artifactType: SBOM });
    const seal = pushReferrer(registry, APP, { subject: sbom.descriptor, artifactType: 'a/seal' });
    const nodes = await read(registry, [list]);
    assert.equal(nodes.size, 5);
    const subjectOf = (digest: Root['digest']): unknown =>
      nodes.get(nodeKey('app', digest))?.subject;
    assert.equal(subjectOf(sbom.descriptor.digest), child.descriptor.digest);
    assert.equal(subjectOf(seal.descriptor.digest), sbom.descriptor.digest);
    assert.equal(subjectOf(child.descriptor.digest), undefined);
  });

  it('leaves referrers that do not travel, and what refers to them', async () => {
    const { registry, list } = aSource();
    const index = await registry.getManifest(APP, list.digest, new AbortController().signal);
    assert.ok(index);
    const sbom = pushReferrer(registry, APP, { subject: index.descriptor, artifactType: SBOM });
    pushReferrer(registry, APP, { subject: sbom.descriptor, artifactType: 'a/seal' });
    const nodes = await read(registry, [list], (type) => type !== SBOM);
    assert.equal(nodes.size, 3);
  });

  it('looks for no referrers where none travels', async () => {
    const { registry, list } = aSource();
    const { signal } = new AbortController();
    const index = await registry.getManifest(APP, list.digest, signal);
    assert.ok(index);
    pushReferrer(registry, APP, { subject: index.descriptor, artifactType: SBOM });
    const options = { location: BUILD, travels: undefined };
    const nodes = await readSource([list], options, { registry, signal });
    assert.equal(nodes.size, 3);
    assert.ok(registry.reads.every((name) => name.startsWith('manifest')));
  });

  it('takes children that a registry lists as referrers of their list for children', async () => {
    for (const withRoots of [true, false]) {
      const { registry, list, platforms } = aSource();
      const children = platforms.map(({ digest }) => ({
        mediaType: MediaType.dockerManifest,
        digest,
        size: 1,
      }));
      registry.falseReferrers.set(list.digest, children);
      const nodes = await read(registry, withRoots ? [list, ...platforms] : [list]);
      assert.equal(nodes.size, 3);
      for (const { subject } of nodes.values()) assert.equal(subject, undefined);
    }
  });

  it('passes over a listed referrer that refers to something else or to nothing', async () => {
    const { registry, list, platforms } = aSource();
    const other = { mediaType: MediaType.ociManifest, digest: digestOf(Buffer.from('x')), size: 1 };
    const alien = pushReferrer(registry, APP, { subject: other, artifactType: SBOM });
    registry.falseReferrers.set(list.digest, [alien.descriptor]);
    const nodes = await read(registry, [list, ...platforms]);
    assert.equal(nodes.size, 3);
  });

  it('keeps a referrer that a registry lists for another manifest too', async () => {
    const { registry, list, platforms } = aSource();
    const [first] = platforms;
    assert.ok(first);
    const { signal } = new AbortController();
    const child = await registry.getManifest(APP, first.digest, signal);
    assert.ok(child);
    const sbom = pushReferrer(registry, APP, { subject: child.descriptor, artifactType: SBOM });
    registry.falseReferrers.set(list.digest, [sbom.descriptor]);
    for (const roots of [[list], [list, ...platforms], [...platforms, list]]) {
      const nodes = await read(registry, roots);
      const node = nodes.get(nodeKey('app', sbom.descriptor.digest));
      assert.equal(node?.subject, first.digest);
    }
  });

  it('takes what is both a child and a referrer for content of the release', async () => {
    const { registry, platforms } = aSource();
    const { signal } = new AbortController();
    const child = await registry.getManifest(APP, platforms[0]?.digest ?? '', signal);
    assert.ok(child);
    const attached = pushReferrer(registry, APP, { subject: child.descriptor, artifactType: SBOM });
    const index = jsonManifest({
      schemaVersion: 2,
      mediaType: MediaType.ociIndex,
      manifests: [child.descriptor, attached.descriptor],
    });
    registry.addManifest(APP, index);
    const nodes = await read(registry, [{ repo: 'app', digest: index.descriptor.digest }]);
    assert.equal(nodes.get(nodeKey('app', attached.descriptor.digest))?.subject, undefined);
  });

  it('passes over a listed referrer that was deleted since', async () => {
    const { registry, list } = aSource();
    const gone = digestOf(Buffer.from('gone'));
    const entry = { mediaType: MediaType.ociManifest, digest: gone, size: 4, artifactType: SBOM };
    registry.falseReferrers.set(list.digest, [entry]);
    const nodes = await read(registry, [list]);
    assert.equal(nodes.has(nodeKey('app', gone)), false);
    assert.equal(nodes.size, 3);
  });

  it('asks the manifest itself for its type where the list does not tell it', async () => {
    const { registry, list } = aSource();
    const subject = await registry.getManifest(APP, list.digest, new AbortController().signal);
    assert.ok(subject);
    const options = { subject: subject.descriptor };
    const sbom = pushReferrer(registry, APP, { ...options, artifactType: SBOM });
    const seal = pushReferrer(registry, APP, { ...options, artifactType: 'a/seal' });
    registry.falseReferrers.set(list.digest, [sbom.descriptor, seal.descriptor]);
    const nodes = await read(registry, [list], (artifactType) => artifactType === SBOM);
    assert.equal(nodes.has(nodeKey('app', sbom.descriptor.digest)), true);
    assert.equal(nodes.has(nodeKey('app', seal.descriptor.digest)), false);
  });

  it('lists everything that is missing at the source', async () => {
    const { registry, list, platforms } = aSource();
    for (const { digest } of platforms) registry.remove(APP, digest);
    await assert.rejects(read(registry, [list]), {
      code: 'CONTENT_NOT_FOUND',
      message: `2 manifests of the release are not at the source:\n${platforms
        .map(({ digest }) => `  build.example/run/1/app@${digest}`)
        .join('\n')}`,
    });
  });

  it('refuses a document that is no manifest, naming it', async () => {
    const { registry } = aSource();
    const broken = jsonManifest({ mediaType: MediaType.ociIndex, schemaVersion: 2 });
    registry.addManifest(APP, broken);
    const { digest } = broken.descriptor;
    await assert.rejects(read(registry, [{ repo: 'app', digest }]), {
      code: 'REGISTRY_RESPONSE_INVALID',
      message: new RegExp(`app@${digest} has 1 problem:\n {2}manifests: is missing`),
    });
  });

  it('stops at a registry that lists more referrers than a release has, before it reads them', async () => {
    const { registry, list } = aSource();
    const listed = Array.from({ length: 20_000 }, (_, at) => ({
      ...{ mediaType: MediaType.ociManifest, size: 1, artifactType: SBOM },
      digest: digestOf(Buffer.from(String(at))),
    }));
    registry.falseReferrers.set(list.digest, listed);
    await assert.rejects(read(registry, [list]), {
      code: 'CONTENT_TOO_LARGE',
      message: /over 20000 parts/,
    });
    assert.deepEqual(
      registry.reads.filter((name) => name.startsWith('manifest')),
      [`manifest build.example/run/1/app@${list.digest}`],
    );
  });

  it('stops at more bytes of manifests than a release has', async () => {
    const { registry, list, platforms } = aSource();
    const [first] = platforms;
    assert.ok(first);
    const document = await registry.getManifest(APP, first.digest, new AbortController().signal);
    assert.ok(document);
    const bytes = new Uint8Array(257 * 1024 * 1024);
    bytes.fill(32).set(document.bytes);
    registry.getManifest = async () => Promise.resolve({ ...document, bytes });
    await assert.rejects(read(registry, [list]), {
      code: 'CONTENT_TOO_LARGE',
      message: /manifests of 268435456 bytes came before/,
    });
  });

  it('refuses a graph without an end', async () => {
    const { registry, platforms } = aSource();
    const { signal } = new AbortController();
    let top = await registry.getManifest(APP, platforms[0]?.digest ?? '', signal);
    for (let depth = 0; depth < 9; depth += 1) {
      assert.ok(top);
      top = pushReferrer(registry, APP, { subject: top.descriptor, artifactType: SBOM });
    }
    await assert.rejects(read(registry, platforms), {
      code: 'CONTENT_TOO_LARGE',
      message: /is nested over 8 levels deep/,
    });
  });
});
