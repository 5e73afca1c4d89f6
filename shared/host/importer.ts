import { createAcrImporter } from '../azure/acr-import.ts';
import { sdkHttpClient } from '../azure/sdk-http.ts';
import type { Place } from '../oci/location.ts';
import type { AzureConnection } from '../ports/azure.ts';
import type { RegistryConnection } from '../ports/host.ts';
import type { ContentImporter } from '../ports/importer.ts';
import { systemTiming } from '../registry/timing.ts';
import type { Network } from './network.ts';

/** From where to where, and with which connection the target may import. */
export interface ImportPlaces {
  readonly source: Place<RegistryConnection>;
  readonly target: Place<RegistryConnection>;
  readonly importWith: AzureConnection | undefined;
}

/** What lets the target import by itself; nothing where it cannot, or where content is mounted within one registry. */
export function openImporter(
  { source, target, importWith }: ImportPlaces,
  { tokens, transport }: Network,
): { readonly importer?: ContentImporter } {
  if (importWith === undefined || source.location.registry === target.location.registry) return {};
  const importer = createAcrImporter({
    ...{ connection: importWith, tokens, timing: systemTiming },
    sdkHttp: sdkHttpClient(transport),
    target: target.location.registry,
    source: { registry: source.location.registry, connection: source.connection },
  });
  return { importer };
}
