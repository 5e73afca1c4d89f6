import { join } from 'node:path';
import { parseOutput } from '../../shared/core/output-path.ts';
import type { Parsed } from '../../shared/core/result.ts';
import { parsePlace } from '../../shared/oci/location.ts';
import type { Place } from '../../shared/oci/location.ts';
import { parseRegistryChoices } from '../../shared/oci/registry-choices.ts';
import type { RegistryChoices } from '../../shared/oci/registry-choices.ts';
import type { InputReader, RegistryConnection, RunFolders } from '../../shared/ports/host.ts';

/** Where images are or go, by the three inputs of a side. */
export function placeOf(
  input: InputReader,
  side: 'source' | 'target',
): Parsed<Place<RegistryConnection>> {
  const names = {
    source: ['sourceRegistry', 'sourceRepositoryPrefix', 'sourceConnection'],
    target: ['targetRegistry', 'targetRepositoryPrefix', 'targetConnection'],
  } as const;
  const [registry, prefix, connection] = names[side];
  return parsePlace({
    registry: { name: registry, value: input.text(registry) },
    prefix: { name: prefix, value: input.text(prefix) },
    connection: { name: connection, value: input.connection(connection) },
  });
}

/** What holds for the registries of both sides. */
export function registryChoices(input: InputReader): Parsed<RegistryChoices> {
  return parseRegistryChoices({
    trustedTokenHosts: input.text('trustedTokenHosts'),
    referrersPerMinute: input.text('referrersPerMinute'),
  });
}

/** The path of the final image-info; receipt and plan go beside it. */
export function outputOf(input: InputReader, folders: RunFolders): Parsed<string> {
  return parseOutput(input.text('output'), {
    root: folders.working,
    fallback: join(folders.temp, 'image-info-final', 'image-info.json'),
    beside: ['receipt.json', 'plan.json'],
  });
}
