import { peakMemoryBytes } from '../../shared/host/peak-memory.ts';
import { createRegistryClient } from '../../shared/registry/registry-client.ts';
import { createTransport } from '../../shared/registry/transport.ts';
import { parseDigest } from '../../shared/oci/digest.ts';
import { documentOf } from '../../shared/oci/manifest-document.ts';
import { MediaType } from '../../shared/oci/media-types.ts';
import { silentLog } from './silent-log.ts';

/**
 * Copies an image of one blob in a process of its own, and prints the most memory that the process had, in bytes.
 *
 * Arguments: host of the source, host of the target, digest and size of the blob.
 */
async function main(): Promise<void> {
  const [source = '', target = '', digestText = '', size = ''] = process.argv.slice(2);
  const digest = parseDigest(digestText, 'digest');
  if (!digest.ok) return;
  const { signal } = new AbortController();
  const client = createRegistryClient({
    credentials: () => Promise.resolve(undefined),
    log: silentLog,
    transport: createTransport('test/1'),
    maskSecret: () => undefined,
  });
  const layer = { mediaType: 'application/octet-stream', digest: digest.value, size: Number(size) };
  const document = { schemaVersion: 2, mediaType: MediaType.ociManifest, layers: [layer] };
  await client.copyManifest(
    {
      manifest: documentOf(Buffer.from(JSON.stringify(document)), MediaType.ociManifest),
      from: { registry: source, name: 'app' },
      to: { registry: target, name: 'app' },
      mount: true,
    },
    signal,
  );
  await client.close();
  process.stdout.write(String(peakMemoryBytes()));
}

void main();
