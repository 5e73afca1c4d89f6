import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Descriptor } from '../../../../shared/oci/descriptor.ts';
import { digestOf } from '../../../../shared/oci/digest.ts';
import type { Digest } from '../../../../shared/oci/digest.ts';
import type { ManifestDocument } from '../../../../shared/oci/manifest-document.ts';
import { MediaType } from '../../../../shared/oci/media-types.ts';
import type { Repository } from '../../../../shared/oci/reference.ts';
import { readMembers } from '../../../../tasks/CreateManifestLists/members.ts';
import { MemoryRegistry } from '../../../support/memory-registry.ts';
import { samplePlatform } from '../../image-info/samples.ts';

const REPOSITORY = { registry: 'build.example', name: 'app' };
const IMAGES = 40;
const MiB = 1024 * 1024;
const PADDING = 'x'.repeat(MiB);

/** A manifest whose bytes and texts are megabytes. */
function largeManifest(digest: Digest): ManifestDocument {
  const annotations = { padding: PADDING };
  const blob = {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest,
    size: 2,
    annotations,
  };
  const config = { ...blob, data: PADDING };
  const body = { schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers: [blob] };
  const bytes = Buffer.from(JSON.stringify({ ...body, annotations }));
  const { mediaType } = body;
  return { descriptor: { mediaType, digest, size: bytes.byteLength }, bytes };
}

/** What this process holds when all that nobody refers to is gone. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  // Memory of buffers is given back while the program goes on; a second collection waits for that.
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** A registry of large manifests that gives no config before it was asked for all manifests; notes what was held then. */
class LargeManifests extends MemoryRegistry {
  held = 0;
  #asked = 0;
  readonly #all: Promise<void>;
  #settle = (): void => undefined;

  constructor() {
    super();
    this.#all = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  override async getManifest(_: Repository, name: string): Promise<ManifestDocument> {
    return Promise.resolve(largeManifest(name as Digest));
  }

  override async getBlob(): Promise<Uint8Array> {
    this.#asked += 1;
    if (this.#asked === IMAGES) {
      this.held = heldBytes();
      this.#settle();
    }
    await this.#all;
    return Buffer.from('{"os":"linux","architecture":"amd64"}');
  }
}

describe('members readMembers, of a registry whose manifests are as large as they may be', () => {
  it('holds none of them while it waits for configs', async () => {
    const registry = new LargeManifests();
    const requests = Array.from({ length: IMAGES }, (_, index) => ({
      ...{ repositories: [REPOSITORY], row: samplePlatform() },
      digest: digestOf(Buffer.from(`image ${index}`)),
    }));
    const before = heldBytes();
    const { signal } = new AbortController();
    const found = await readMembers(requests, { registry, attestations: 'drop' }, signal);
    const sizes = found.map(
      ({ descriptor }: { readonly descriptor: Descriptor }) => descriptor.size,
    );
    assert.ok(sizes.length === IMAGES && sizes.every((size) => size > 4 * MiB));
    const held = registry.held - before;
    assert.ok(held < 10 * MiB, `${held} bytes of ${IMAGES} manifests are held`);
  });
});
