import assert from 'node:assert/strict';
import type { ErrorCode } from '../../../../shared/core/errors.ts';
import { TaskError } from '../../../../shared/core/errors.ts';
import type { PlatformData } from '../../../../shared/image-info/model.ts';
import { digestOf } from '../../../../shared/oci/digest.ts';
import { buildIndex } from '../../../../shared/oci/index-document.ts';
import type { ManifestDocument } from '../../../../shared/oci/manifest-document.ts';
import { MediaType } from '../../../../shared/oci/media-types.ts';
import { readMembers } from '../../../../tasks/CreateManifestLists/members.ts';
import type { MemberRequest, MemberSource } from '../../../../tasks/CreateManifestLists/members.ts';
import { MemoryRegistry } from '../../../support/memory-registry.ts';
import { imageManifest, jsonManifest, pushImage } from '../../../support/release.ts';
import type { PlatformSpec } from '../../../support/release.ts';
import { samplePlatform } from '../../image-info/samples.ts';

const REPOSITORY = { registry: 'build.example', name: 'app' };
const LAYER = Buffer.from('layer');

/** What to do about it, where it is not to build each platform by itself. */
const HINTS: Readonly<Partial<Record<ErrorCode, RegExp>>> = {
  PLATFORM_NOT_FOUND: /^Check registry and repositoryPrefix/,
  PLATFORM_MISMATCH: /^Check that the build job pushed the image/,
};

function request(manifest: ManifestDocument, row: Partial<PlatformData> = {}): MemberRequest {
  return {
    repositories: [REPOSITORY],
    digest: manifest.descriptor.digest,
    row: samplePlatform(row),
  };
}

function sourceOf(registry: MemoryRegistry): MemberSource {
  return { registry, attestations: 'drop' };
}

async function failureOf(
  registry: MemoryRegistry,
  requests: readonly MemberRequest[],
): Promise<TaskError> {
  const { signal } = new AbortController();
  const failure = await readMembers(requests, sourceOf(registry), signal).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(failure instanceof TaskError);
  return failure;
}

describe('members readMembers', () => {
  it('takes the platform of an entry from the config, verbatim and in the order of the rows', async () => {
    const registry = new MemoryRegistry();
    const specs: readonly (PlatformSpec & { readonly row: Partial<PlatformData> })[] = [
      {
        name: 'windows',
        platform: { os: 'windows', 'os.version': '10.0.20348.1', 'os.features': ['win32k'] },
        row: { osType: 'Windows' },
      },
      {
        name: 'arm32',
        platform: { architecture: 'arm', variant: 'v7' },
        row: { architecture: 'arm32' },
      },
      { name: 'amd64', row: {} },
    ];
    const requests = specs.map((spec) => request(pushImage(registry, REPOSITORY, spec), spec.row));
    const { signal } = new AbortController();
    const members = await readMembers(requests, sourceOf(registry), signal);
    assert.deepEqual(
      members.map(({ descriptor: { digest, mediaType, platform } }) => ({
        ...{ digest, mediaType, platform },
      })),
      specs.map(({ platform }, index) => ({
        digest: requests[index]?.digest,
        mediaType: MediaType.dockerManifest,
        platform: { os: 'linux', architecture: 'amd64', ...platform },
      })),
    );
    assert.deepEqual(registry.writes, []);
  });

  const absent = jsonManifest({ mediaType: MediaType.ociManifest, schemaVersion: 2, layers: [] });
  const refused: readonly {
    readonly name: string;
    readonly row?: Partial<PlatformData>;
    readonly make: (registry: MemoryRegistry) => ManifestDocument;
    readonly code: ErrorCode;
    readonly message: RegExp;
  }[] = [
    {
      name: 'is not in the registry',
      make: () => absent,
      code: 'PLATFORM_NOT_FOUND',
      message: /is not in the registry \(src\/Dockerfile\)/,
    },
    {
      name: 'is itself a list',
      make: (registry) => {
        const children = ['one', 'other'].map((name) => pushImage(registry, REPOSITORY, { name }));
        const entries = children.map(({ descriptor }) => descriptor);
        const index = buildIndex({ entries, mediaType: 'auto' });
        registry.addManifest(REPOSITORY, index);
        return index;
      },
      code: 'PLATFORM_UNSUPPORTED',
      message: /is itself a manifest list, of 2 images, not the image of one platform/,
    },
    {
      name: 'has no config',
      make: (registry) => {
        registry.addManifest(REPOSITORY, absent);
        return absent;
      },
      code: 'PLATFORM_UNSUPPORTED',
      message: /has no config \(application\/vnd\.oci\.image\.manifest\.v1\+json\)/,
    },
    {
      name: 'has a config without os',
      make: (registry) => pushRaw(registry, { architecture: 'amd64' }),
      code: 'PLATFORM_UNSUPPORTED',
      message: /has a config whose os: is missing/,
    },
    {
      name: 'is an artifact with the empty config, told in one line',
      make: (registry) => pushRaw(registry, {}),
      code: 'PLATFORM_UNSUPPORTED',
      message: /has a config whose os: is missing; architecture: is missing/,
    },
    {
      name: 'is for another operating system',
      row: { osType: 'Windows' },
      make: (registry) => pushImage(registry, REPOSITORY, { name: 'linux' }),
      code: 'PLATFORM_MISMATCH',
      message: /is for linux\/amd64, but image-info says windows\/amd64/,
    },
    {
      name: 'is for another architecture',
      row: { architecture: 'arm32' },
      make: (registry) =>
        pushImage(registry, REPOSITORY, { name: 'arm64', platform: { architecture: 'arm64' } }),
      code: 'PLATFORM_MISMATCH',
      message: /is for linux\/arm64, but image-info says linux\/arm$/,
    },
  ];
  for (const { name, row, make, code, message } of refused) {
    it(`refuses an image that ${name}`, async () => {
      const registry = new MemoryRegistry();
      const manifest = make(registry);
      const failure = await failureOf(registry, [request(manifest, row)]);
      assert.equal(failure.code, code);
      assert.match(failure.message, message);
      assert.match(failure.message, new RegExp(`app@${manifest.descriptor.digest}`));
      assert.match(
        failure.hint ?? '',
        HINTS[code] ?? /^Build and push one image for each platform/,
      );
    });
  }

  it('refuses a manifest that does not read as one', async () => {
    const registry = new MemoryRegistry();
    const manifest = jsonManifest({ mediaType: MediaType.dockerManifest, layers: 'none' });
    registry.addManifest(REPOSITORY, manifest);
    const failure = await failureOf(registry, [request(manifest)]);
    assert.match(failure.message, /layers: is not a list/);
  });

  it('lists every refused image in one failure', async () => {
    const registry = new MemoryRegistry();
    const good = request(pushImage(registry, REPOSITORY, { name: 'good' }));
    const gone = { ...good, digest: digestOf(Buffer.from('gone')) };
    const other = request(pushImage(registry, REPOSITORY, { name: 'other' }), {
      architecture: 'arm64',
    });
    const failure = await failureOf(registry, [gone, good, other]);
    assert.equal(failure.code, 'PLATFORM_NOT_FOUND');
    assert.match(failure.message, /^2 platform images cannot be listed:/);
    for (const { digest } of [gone, other]) assert.ok(failure.message.includes(digest));
    assert.ok(!failure.message.includes(good.digest));
  });

  it('reads one digest in each repository that has it, and tells how far it is', async () => {
    const registry = new MemoryRegistry();
    const other = { ...REPOSITORY, name: 'other' };
    const spec = { name: 'same' };
    const [here, there] = [REPOSITORY, other].map((repository) => ({
      ...request(pushImage(registry, repository, spec)),
      repositories: [repository],
    }));
    assert.ok(here && there);
    const told: string[] = [];
    const onRead = (done: number, total: number): void => void told.push(`${done} of ${total}`);
    const source = { ...sourceOf(registry), onRead };
    const { signal } = new AbortController();
    const members = await readMembers([here, there, here], source, signal);
    assert.deepEqual(
      members.map(({ repository }) => repository.name),
      ['app', 'other', 'app'],
    );
    assert.deepEqual(told, ['1 of 3', '2 of 3', '3 of 3']);
    assert.equal(registry.reads.filter((name) => name.startsWith('manifest')).length, 2);
  });

  it('asks for as many manifests as keep a registry busy, then for configs while it asks for the others', async () => {
    const registry = new MemoryRegistry();
    const requests = Array.from({ length: 200 }, (_, index) =>
      request(pushImage(registry, REPOSITORY, { name: `image ${index}` })),
    );
    await readMembers(requests, sourceOf(registry), new AbortController().signal);
    const kinds = registry.reads.map((name) => name.split(' ')[0]);
    assert.ok(kinds.indexOf('blob') >= 24, 'no slot is left free at the start');
    assert.ok(kinds.indexOf('blob') < kinds.length / 4, 'configs are asked for early');
  });

  it('passes on a failure of the registry as it is', async () => {
    const registry = new MemoryRegistry();
    const one = request(pushImage(registry, REPOSITORY, { name: 'one' }));
    registry.beforeRead = () => {
      throw new TaskError('REGISTRY_UNAUTHORIZED', 'no');
    };
    assert.equal((await failureOf(registry, [one])).code, 'REGISTRY_UNAUTHORIZED');
  });
});

/** Puts an image with any config. */
function pushRaw(registry: MemoryRegistry, config: object): ManifestDocument {
  const bytes = Buffer.from(JSON.stringify(config));
  const manifest = imageManifest(bytes, LAYER);
  for (const blob of [bytes, LAYER]) registry.addBlob(REPOSITORY, blob);
  registry.addManifest(REPOSITORY, manifest);
  return manifest;
}
