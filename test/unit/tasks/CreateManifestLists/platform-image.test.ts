import assert from 'node:assert/strict';
import type { Descriptor } from '../../../../shared/oci/descriptor.ts';
import type { ManifestDocument } from '../../../../shared/oci/manifest-document.ts';
import { MediaType } from '../../../../shared/oci/media-types.ts';
import type { Attestations } from '../../../../tasks/CreateManifestLists/inputs.ts';
import { readPlatformImage } from '../../../../tasks/CreateManifestLists/platform-image.ts';
import type {
  Finding,
  PlatformImage,
} from '../../../../tasks/CreateManifestLists/platform-image.ts';
import { MemoryRegistry } from '../../../support/memory-registry.ts';
import { jsonManifest, pushImage } from '../../../support/release.ts';

const HERE = { registry: 'build.example', name: 'run/1/app' };
const ELSEWHERE = { registry: 'build.example', name: 'run/1/base' };

/** An entry as BuildKit writes it for what it attests to about an image. */
function attestationOf(image: Descriptor, { descriptor }: ManifestDocument): Descriptor {
  return {
    ...descriptor,
    platform: { os: 'unknown', architecture: 'unknown' },
    annotations: {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': image.digest,
    },
  };
}

function pushIndex(registry: MemoryRegistry, manifests: readonly Descriptor[]): ManifestDocument {
  const index = jsonManifest({ mediaType: MediaType.ociIndex, schemaVersion: 2, manifests });
  registry.addManifest(HERE, index);
  return index;
}

/** An index of one image with what attests to it. */
function attestedImage(): {
  readonly registry: MemoryRegistry;
  readonly image: ManifestDocument;
  readonly attestation: Descriptor;
  readonly index: ManifestDocument;
} {
  const registry = new MemoryRegistry();
  const image = pushImage(registry, HERE, { name: 'image' });
  const document = pushImage(registry, HERE, { name: 'provenance' });
  const attestation = attestationOf(image.descriptor, document);
  const index = pushIndex(registry, [image.descriptor, attestation]);
  return { registry, image, attestation, index };
}

async function read(
  registry: MemoryRegistry,
  { descriptor: { digest } }: ManifestDocument,
  attestations: Attestations = 'drop',
): Promise<PlatformImage | Finding> {
  const place = { repositories: [HERE, ELSEWHERE], digest };
  const { signal } = new AbortController();
  const reading = await readPlatformImage(place, { registry, attestations }, signal);
  // Annotations that were read have no prototype.
  return structuredClone(reading.kind === 'found' ? reading.image : reading.finding);
}

/** What a pull of an image transfers: its manifest and all that it names. */
function bytesOf({ bytes, descriptor }: ManifestDocument): number {
  const sizes = [
    ...Buffer.from(bytes)
      .toString()
      .matchAll(/"size":(\d+)/g),
  ];
  return sizes.reduce((sum, [, size]) => sum + Number(size), descriptor.size);
}

describe('CreateManifestLists readPlatformImage', () => {
  it('finds an image in the repository that its digest names when its own does not have it', async () => {
    const registry = new MemoryRegistry();
    const manifest = pushImage(registry, ELSEWHERE, { name: 'copied' });
    const platform = { os: 'linux', architecture: 'amd64' };
    assert.deepEqual(await read(registry, manifest), {
      descriptor: { ...manifest.descriptor, platform },
      bytes: bytesOf(manifest),
      repository: ELSEWHERE,
      index: undefined,
      attestations: [],
    });
  });

  const taken = [
    { attestations: 'drop', kept: 0 },
    { attestations: 'keep', kept: 1 },
  ] as const;
  for (const { attestations, kept } of taken) {
    it(`takes the image out of an index with attestations (${attestations})`, async () => {
      const { registry, image, attestation, index } = attestedImage();
      assert.deepEqual(await read(registry, index, attestations), {
        descriptor: { ...image.descriptor, platform: { os: 'linux', architecture: 'amd64' } },
        bytes: bytesOf(image),
        repository: HERE,
        index: index.descriptor.digest,
        attestations: [attestation].slice(0, kept),
      });
    });
  }

  it('keeps no attestation of another image', async () => {
    const { registry, image, attestation } = attestedImage();
    const other = pushImage(registry, HERE, { name: 'other' });
    const index = pushIndex(registry, [
      other.descriptor,
      attestation,
      attestationOf(other.descriptor, image),
    ]);
    const reading = await read(registry, index, 'keep');
    assert.ok('attestations' in reading);
    assert.deepEqual(
      reading.attestations.map(({ digest }) => digest),
      [image.descriptor.digest],
    );
  });

  const refused: readonly {
    readonly name: string;
    readonly make: (registry: MemoryRegistry) => ManifestDocument;
    readonly finding: Finding;
  }[] = [
    {
      name: 'an index of two images',
      make: (registry) => {
        const images = ['one', 'other'].map((name) => pushImage(registry, HERE, { name }));
        return pushIndex(
          registry,
          images.map(({ descriptor }) => descriptor),
        );
      },
      finding: {
        code: 'PLATFORM_UNSUPPORTED',
        message: 'is itself a manifest list, of 2 images, not the image of one platform',
      },
    },
    {
      name: 'an index without images',
      make: (registry) => pushIndex(registry, []),
      finding: {
        code: 'PLATFORM_UNSUPPORTED',
        message: 'is itself a manifest list, of 0 images, not the image of one platform',
      },
    },
    {
      name: 'an index of an index',
      make: (registry) => {
        const { descriptor } = pushImage(registry, HERE, { name: 'image' });
        return pushIndex(registry, [pushIndex(registry, [descriptor]).descriptor]);
      },
      finding: {
        code: 'PLATFORM_UNSUPPORTED',
        message: 'is itself a manifest list of manifest lists, not the image of one platform',
      },
    },
  ];
  for (const { name, make, finding } of refused) {
    it(`refuses ${name}`, async () => {
      const registry = new MemoryRegistry();
      assert.deepEqual(await read(registry, make(registry)), finding);
    });
  }

  it('refuses an index whose image is not there', async () => {
    const { registry, image, index } = attestedImage();
    registry.remove(HERE, image.descriptor.digest);
    assert.deepEqual(await read(registry, index), {
      code: 'PLATFORM_NOT_FOUND',
      message: `names ${image.descriptor.digest}, which is not in the registry`,
    });
  });

  it('refuses to keep an attestation that is not there', async () => {
    const { registry, attestation, index } = attestedImage();
    registry.remove(HERE, attestation.digest);
    assert.deepEqual(await read(registry, index, 'keep'), {
      code: 'PLATFORM_NOT_FOUND',
      message: `names the attestation ${attestation.digest}, which is not there`,
    });
    assert.ok('descriptor' in (await read(registry, index, 'drop')));
  });
});
