import type { Descriptor } from '../../../shared/oci/descriptor.ts';
import type { ManifestDocument } from '../../../shared/oci/manifest-document.ts';
import { referrersTag } from '../../../shared/oci/referrers.ts';
import type { Repository } from '../../../shared/oci/reference.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import type { Timing } from '../../../shared/registry/timing.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry, RegistryOptions } from '../../support/registry/registry.ts';
import { virtualTiming } from '../../support/virtual-timing.ts';
import { aNote } from './notes.ts';
import { aClient, anImage, pushImage, repositoryOf } from './support.ts';
import type { TestImage } from './support.ts';

const { signal } = new AbortController();

/** A registry with an image that notes are attached to; both are new in every test. */
export interface ReferrersLab {
  readonly registry: EmbeddedRegistry;
  /** The repository of the image. */
  readonly app: Repository;
  readonly client: RegistryClient;
  readonly timing: Timing;
  readonly image: TestImage;
  readonly subject: Descriptor;
  /** Under which the list of its referrers is where there is no API. */
  readonly tag: string;
  /** Another client in the same time; it ends with the test. */
  readonly open: (options?: Parameters<typeof aClient>[0]) => RegistryClient;
  readonly attach: (text: string, by?: RegistryClient) => Promise<ManifestDocument>;
  /** Digests of the referrers, sorted. */
  readonly listed: (by?: RegistryClient) => Promise<readonly string[]>;
  /** Digests in the list under the tag, sorted. */
  readonly listedUnderTag: () => readonly string[];
}

/** A lab for the tests of the `describe` that calls this. */
export function referrersLab(options: RegistryOptions = {}): ReferrersLab {
  const image = anImage('app', []);
  const subject = image.manifest.descriptor;
  const tag = referrersTag(subject.digest);
  const clients: RegistryClient[] = [];
  let registry: EmbeddedRegistry;
  let timing: Timing;
  let client: RegistryClient;
  const open: ReferrersLab['open'] = (more) => {
    const opened = aClient({ timing, ...more });
    clients.push(opened);
    return opened;
  };
  beforeEach(async () => {
    registry = await startRegistry(options);
    timing = virtualTiming();
    client = open();
    await pushImage(client, repositoryOf(registry, 'app'), image);
    registry.resetRequests();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map(async (each) => each.close()));
    await registry.close();
  });
  return {
    ...{ image, subject, tag, open },
    listedUnderTag: () => listedIn(registry, tag),
    get registry() {
      return registry;
    },
    get app() {
      return repositoryOf(registry, 'app');
    },
    get client() {
      return client;
    },
    get timing() {
      return timing;
    },
    async attach(text, by = client) {
      const manifest = aNote(text, subject);
      await by.putManifest(repositoryOf(registry, 'app'), { manifest }, signal);
      return manifest;
    },
    async listed(by = client) {
      const found = await by.listReferrers(repositoryOf(registry, 'app'), subject.digest, signal);
      return found.map(({ digest }) => digest).sort();
    },
  };
}

function listedIn({ store }: EmbeddedRegistry, tag: string): readonly string[] {
  const list = store.manifest('app', tag);
  const { manifests } = JSON.parse(Buffer.from(list?.bytes ?? []).toString('utf8')) as {
    readonly manifests: readonly { readonly digest: string }[];
  };
  return manifests.map(({ digest }) => digest).sort();
}
