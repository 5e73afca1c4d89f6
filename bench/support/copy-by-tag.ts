import { definite } from '../../shared/core/errors.ts';
import type { Repository } from '../../shared/oci/reference.ts';
import { createRegistryClient } from '../../shared/registry/registry-client.ts';
import type { RegistryClient } from '../../shared/registry/registry-client.ts';
import { createTransport } from '../../shared/registry/transport.ts';

/** A tag in a repository. */
export interface TagPlace extends Repository {
  readonly tag: string;
}

/** A client without credentials or output. */
export function benchClient(): RegistryClient {
  return createRegistryClient({
    credentials: () => Promise.resolve(undefined),
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
    transport: createTransport('bench/1'),
    maskSecret: () => undefined,
  });
}

/** Copies what a tag points to, unless the other tag points to it already. */
export async function copyByTag(from: TagPlace, to: TagPlace): Promise<void> {
  const { signal } = new AbortController();
  const client = benchClient();
  try {
    const [found, digest] = await Promise.all([
      client.getManifest(from, from.tag, signal),
      client.resolveTag(to, to.tag, signal),
    ]);
    const manifest = definite(found, 'what the tag points to');
    if (manifest.descriptor.digest === digest) return;
    const roots = [{ manifest, tags: [to.tag] }];
    await client.copyGraph({ roots, from, to, mount: true, referrers: 'none' }, signal);
  } finally {
    await client.close();
  }
}
