import { homedir } from 'node:os';
import type { Place } from '../oci/location.ts';
import type { RegistryConnection } from '../ports/host.ts';
import { firstCredential } from '../registry/credentials/credential.ts';
import { openDockerConfig } from '../registry/credentials/docker-config.ts';
import { staticCredentials } from '../registry/credentials/static.ts';
import { createRegistryClient } from '../registry/registry-client.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { maskSecret } from './agent-inputs.ts';
import { agentLog } from './agent-log.ts';
import type { Network } from './network.ts';
import { writableIn } from './writable.ts';
import type { RegistryUse } from './writable.ts';

/**
 * A registry client that has access to places: with their service connections, else with the docker config, else
 * anonymously.
 */
export function connectRegistries(
  use: RegistryUse<Place<RegistryConnection>>,
  { transport }: Network,
): RegistryClient {
  // Of two connections to one registry, the one that may write serves both.
  const places = [...use.write, ...use.read];
  const docker = openDockerConfig({ environment: process.env, homeDirectory: homedir() });
  return createRegistryClient({
    credentials: firstCredential([staticCredentials(connectionsOf(places)), docker.credentials]),
    headers: docker.headers,
    tlsHosts: places.flatMap(({ isHttps, location }) => (isHttps ? [location.registry] : [])),
    isWritable: writableIn(use),
    transport,
    log: agentLog,
    maskSecret,
  });
}

function connectionsOf(
  places: readonly Place<RegistryConnection>[],
): readonly RegistryConnection[] {
  return places.flatMap(({ location, connection }) =>
    connection?.credential === undefined
      ? []
      : [{ registry: location.registry, credential: connection.credential }],
  );
}
