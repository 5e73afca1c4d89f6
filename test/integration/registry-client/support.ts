import { Secret } from '../../../shared/core/secret.ts';
import type { Descriptor } from '../../../shared/oci/descriptor.ts';
import { digestOf } from '../../../shared/oci/digest.ts';
import { documentOf } from '../../../shared/oci/manifest-document.ts';
import type { ManifestDocument } from '../../../shared/oci/manifest-document.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import type { Repository } from '../../../shared/oci/reference.ts';
import { createRegistryClient } from '../../../shared/registry/registry-client.ts';
import type {
  RegistryClient,
  RegistryClientOptions,
} from '../../../shared/registry/registry-client.ts';
import type { Timing } from '../../../shared/registry/timing.ts';
import { createTransport } from '../../../shared/registry/transport.ts';
import type { NetworkOptions } from '../../../shared/registry/transport.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { silentLog } from '../../support/silent-log.ts';

/** A blob with its descriptor. */
export interface TestBlob {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** An image with everything that it consists of. */
export interface TestImage {
  readonly manifest: ManifestDocument;
  readonly blobs: readonly TestBlob[];
}

/** Time that passes only by waiting; every wait is written down. */
export interface FakeTiming extends Timing {
  readonly waits: readonly number[];
}

/** The user that test registries know. */
export const USER = { username: 'releaser', password: 'correct horse' };

/** Timing without waiting. */
export function fakeTiming(): FakeTiming {
  let now = Date.UTC(2026, 10, 22);
  const waits: number[] = [];
  return {
    waits,
    now: () => now,
    random: () => 0.5,
    sleep: (ms, signal) => {
      signal.throwIfAborted();
      now += ms;
      waits.push(ms);
      return Promise.resolve();
    },
  };
}

/** Options of a client, and how it reaches servers. */
export type ClientOptions = Partial<RegistryClientOptions> & { readonly network?: NetworkOptions };

/** A client without credentials, waits or output, unless told otherwise. */
export function aClient({ network, ...options }: ClientOptions = {}): RegistryClient {
  return createRegistryClient({
    credentials: () => Promise.resolve(undefined),
    log: silentLog,
    transport: createTransport('test/1', network),
    maskSecret: () => undefined,
    timing: fakeTiming(),
    ...options,
  });
}

/** Options that give the one user to every registry, or another password. */
export function asUser(password = USER.password): Pick<RegistryClientOptions, 'credentials'> {
  return {
    credentials: () =>
      Promise.resolve({
        kind: 'basic',
        username: USER.username,
        password: new Secret(password),
      }),
  };
}

/** A repository of a test registry. */
export function repositoryOf({ host }: Pick<EmbeddedRegistry, 'host'>, name: string): Repository {
  return { registry: host, name };
}

/** A blob of some content. */
export function aBlob(
  content: string | Uint8Array,
  mediaType = 'application/octet-stream',
): TestBlob {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes };
}

/** An image of a config and layers, told apart by their texts. */
export function anImage(name: string, layers: readonly string[], more: object = {}): TestImage {
  const config = aBlob(
    JSON.stringify({ os: 'linux', architecture: 'amd64', name }),
    'application/vnd.oci.image.config.v1+json',
  );
  const layerBlobs = layers.map((text) => aBlob(text, 'application/vnd.oci.image.layer.v1.tar'));
  const document = {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: config.descriptor,
    layers: layerBlobs.map(({ descriptor }) => descriptor),
    ...more,
  };
  const manifest = documentOf(Buffer.from(JSON.stringify(document)), MediaType.ociManifest);
  return { manifest, blobs: [config, ...layerBlobs] };
}

/** Pushes an image with its blobs. */
export async function pushImage(
  client: RegistryClient,
  repository: Repository,
  image: TestImage,
): Promise<void> {
  const { signal } = new AbortController();
  for (const blob of image.blobs) await client.putBlob(repository, blob, signal);
  await client.putManifest(repository, { manifest: image.manifest }, signal);
}

/** What a registry was asked, one line a request: `POST /v2/app/blobs/uploads/?mount=… 202`. */
export function requestLines({ requests }: Pick<EmbeddedRegistry, 'requests'>): readonly string[] {
  return requests.map(
    ({ method, path, status }) =>
      `${method} ${path.replace(/[0-9a-f]{64}/g, '…').replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '…')} ${status}`,
  );
}

/** How often each method was used, e.g. `{ POST: 2, PUT: 3 }`. */
export function methodCounts({
  requests,
}: Pick<EmbeddedRegistry, 'requests'>): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { method } of requests) counts[method] = (counts[method] ?? 0) + 1;
  return counts;
}
