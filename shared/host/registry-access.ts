import { homedir } from 'node:os';
import type { CredentialSource } from '../registry/credentials/credential.ts';
import { firstCredential } from '../registry/credentials/credential.ts';
import { dockerConfigCredentials } from '../registry/credentials/docker-config.ts';
import { staticCredentials } from '../registry/credentials/static.ts';
import { createRegistryClient } from '../registry/registry-client.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import type { Place } from '../oci/location.ts';
import type { RegistryConnection } from '../ports/host.ts';
import { maskSecret } from './agent-inputs.ts';
import { agentLog } from './agent-log.ts';
import { USER_AGENT } from './version.ts';

/** Credentials for places: of their service connections, else of the docker config, else none. */
function credentialsFor(places: readonly Place<RegistryConnection>[]): CredentialSource {
  const connections = places.flatMap(({ location, connection }) =>
    connection?.credential === undefined
      ? []
      : [{ registry: location.registry, credential: connection.credential }],
  );
  const docker = dockerConfigCredentials({
    environment: process.env,
    homeDirectory: homedir(),
  });
  return firstCredential([staticCredentials(connections), docker]);
}

/** A registry client that has access to places. */
export function connectRegistries(places: readonly Place<RegistryConnection>[]): RegistryClient {
  return createRegistryClient({
    credentials: credentialsFor(places),
    log: agentLog,
    userAgent: USER_AGENT,
    maskSecret,
  });
}
