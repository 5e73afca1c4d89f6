import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
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
  const mediaType = 'application/vnd.oci.image.config.v1+json';
  const blob = { mediaType, digest, size: 2, annotations };
  const config = { ...blob, data: PADDING };
  return documentOf(digest, MediaType.ociManifest, { config, layers: [blob], annotations });
}

/** An index of one image, which is as large. */
function largeIndex(digest: Digest): ManifestDocument {
  const annotations = { padding: PADDING };
  const image = { mediaType: MediaType.ociManifest, digest: imageIn(digest), size: 2, annotations };
  const manifests = [{ ...image, data: PADDING }];
  const more = { a: PADDING, b: PADDING };
  return documentOf(digest, MediaType.ociIndex, { manifests, annotations: more });
}

/** The digest of the image of an index. */
function imageIn(index: Digest): Digest {
  return digestOf(Buffer.from(index));
}

function documentOf(digest: Digest, mediaType: string, members: object): ManifestDocument {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...members }));
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

/** Notes what is held once everybody has come, and lets nobody go on before. */
class Meeting {
  held = 0;
  #came = 0;
  readonly #all: Promise<void>;
  #settle = (): void => undefined;

  constructor() {
    this.#all = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  async wait(): Promise<void> {
    this.#came += 1;
    if (this.#came === IMAGES) {
      this.held = heldBytes();
      this.#settle();
    }
    await this.#all;
  }
}

/** A registry of large images that gives no config before it was asked for all manifests. */
class LargeImages extends MemoryRegistry {
  readonly meeting = new Meeting();

  override async getManifest(_: Repository, name: string): Promise<ManifestDocument> {
    return Promise.resolve(largeManifest(name as Digest));
  }

  override async getBlob(): Promise<Uint8Array> {
    await this.meeting.wait();
    return Buffer.from('{"os":"linux","architecture":"amd64"}');
  }
}

/** A registry of large indexes of one image each that gives no image before it was asked for all indexes. */
class LargeIndexes extends MemoryRegistry {
  readonly meeting = new Meeting();
  readonly #images = new Set<string>();

  override async getManifest(_: Repository, name: string): Promise<ManifestDocument> {
    const digest = name as Digest;
    if (!this.#images.has(name)) {
      this.#images.add(imageIn(digest));
      return Promise.resolve(largeIndex(digest));
    }
    await this.meeting.wait();
    return largeManifest(digest);
  }

  override async getBlob(): Promise<Uint8Array> {
    return Promise.resolve(Buffer.from('{"os":"linux","architecture":"amd64"}'));
  }
}

describe('members readMembers, of a registry whose manifests are as large as they may be', () => {
  const cases = [
    { what: 'manifests while it waits for configs', registry: new LargeImages() },
    { what: 'indexes while it waits for their images', registry: new LargeIndexes() },
  ];
  for (const { what, registry } of cases) {
    it(`holds no ${what}`, async () => {
      const requests = Array.from({ length: IMAGES }, (_, index) => ({
        ...{ repositories: [REPOSITORY], row: samplePlatform() },
        digest: digestOf(Buffer.from(`image ${index}`)),
      }));
      const before = heldBytes();
      const { signal } = new AbortController();
      const found = await readMembers(requests, { registry, attestations: 'drop' }, signal);
      assert.ok(
        found.length === IMAGES && found.every(({ descriptor: { size } }) => size > 4 * MiB),
      );
      const held = registry.meeting.held - before;
      assert.ok(held < 10 * MiB, `${held} bytes of ${IMAGES} documents are held`);
    });
  }
});
