import { homedir } from 'node:os';
import { registryAudience } from '../azure/clouds.ts';
import { nameOf } from '../azure/entra-failures.ts';
import type { Place } from '../oci/location.ts';
import type { RegistryChoices } from '../oci/registry-choices.ts';
import type { RegistryConnection } from '../ports/host.ts';
import { acrExchange } from '../registry/credentials/acr.ts';
import { firstCredential } from '../registry/credentials/credential.ts';
import type { CredentialSource } from '../registry/credentials/credential.ts';
import { openDockerConfig } from '../registry/credentials/docker-config.ts';
import { staticCredentials } from '../registry/credentials/static.ts';
import { isLoopback } from '../registry/origins.ts';
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
  { trustedTokenHosts, referrersPerMinute }: RegistryChoices,
  { transport, tokens }: Network,
): RegistryClient {
  // Of two connections to one registry, the one that may write serves both.
  const places = [...use.write, ...use.read];
  const insecure = hostsWith(places, 'http');
  for (const host of insecure) warnAboutPlainHttp(host);
  const docker = openDockerConfig({ environment: process.env, homeDirectory: homedir() });
  return createRegistryClient({
    credentials: firstCredential([
      staticCredentials(connectionsOf(places)),
      ...places.flatMap((place) => acrCredentials(place, tokens)),
      docker.credentials,
    ]),
    headers: docker.headers,
    tlsHosts: hostsWith(places, 'https'),
    allowInsecureHosts: insecure,
    trustedTokenHosts,
    ...(referrersPerMinute === undefined ? {} : { referrersPerMinute }),
    isWritable: writableIn(use),
    transport,
    log: agentLog,
    maskSecret,
  });
}

function hostsWith(
  places: readonly Place<RegistryConnection>[],
  scheme: 'http' | 'https',
): readonly string[] {
  const chosen = places.filter((place) => place.scheme === scheme);
  return [...new Set(chosen.map(({ location }) => location.registry))];
}

function warnAboutPlainHttp(host: string): void {
  if (isLoopback(new URL(`http://${host}`))) return;
  agentLog.warn(
    `${host} is talked to in plain HTTP, as its input begins with http://: whoever stands between it and the agent can read passwords and change what is read.`,
  );
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

/** Logs in to an Azure container registry as the identity of its service connection, which has no password there. */
function acrCredentials(
  { location: { registry }, connection }: Place<RegistryConnection>,
  tokens: Network['tokens'],
): readonly CredentialSource[] {
  const azure = connection?.azure;
  if (azure === undefined || connection?.credential !== undefined) return [];
  const { tenantId } = azure.login;
  return [
    acrExchange({
      ...{ registry, name: nameOf(azure) },
      ...(tenantId === undefined ? {} : { tenantId }),
      audiences: [azure.cloud.resourceManagerAudience, registryAudience(registry)],
      entraToken: async (audience, signal) =>
        (await tokens(azure).token(`${audience}/.default`, signal)).token,
    }),
  ];
}
