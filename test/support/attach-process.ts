import { digestOf } from '../../shared/oci/digest.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import { documentOf } from '../../shared/oci/manifest-document.ts';
import { MediaType } from '../../shared/oci/media-types.ts';
import { EMPTY_CONFIG, EMPTY_CONFIG_BYTES } from '../../shared/oci/signature-manifest.ts';
import { createRegistryClient } from '../../shared/registry/registry-client.ts';
import { createTransport } from '../../shared/registry/transport.ts';
import { silentLog } from './silent-log.ts';

/** Attaches artifacts to one subject and prints their digests as JSON: `registry subject size name count`. */
async function attachAll([
  registry = '',
  subject = '',
  size = '',
  name = '',
  count = '1',
]: readonly string[]): Promise<readonly Digest[]> {
  const client = createRegistryClient({
    credentials: () => Promise.resolve(undefined),
    log: silentLog,
    transport: createTransport('attach/1'),
    maskSecret: () => undefined,
  });
  const { signal } = new AbortController();
  const repository = { registry, name: 'app' };
  // Real registries take no manifest without a config.
  const config = { descriptor: EMPTY_CONFIG, bytes: EMPTY_CONFIG_BYTES };
  await client.putBlob(repository, config, signal);
  const attached: Digest[] = [];
  for (let number = 1; number <= Number(count); number += 1) {
    const document = {
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      artifactType: 'application/vnd.example.note',
      config: EMPTY_CONFIG,
      layers: [],
      subject: { mediaType: MediaType.ociManifest, digest: subject, size: Number(size) },
      annotations: { writer: name, number: String(number) },
    };
    const bytes = Buffer.from(JSON.stringify(document));
    await client.putManifest(
      repository,
      { manifest: documentOf(bytes, MediaType.ociManifest) },
      signal,
    );
    attached.push(digestOf(bytes));
  }
  await client.settle(signal);
  await client.close();
  return attached;
}

process.stdout.write(JSON.stringify(await attachAll(process.argv.slice(2))));
