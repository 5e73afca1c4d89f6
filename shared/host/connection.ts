import { parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { Secret } from '../core/secret.ts';
import type { RegistryConnection, UserPassword } from '../ports/host.ts';
import { readAzureConnection } from './azure-connection.ts';
import { parameter } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';

/**
 * The registry and credential of a Docker registry service connection: user and password for Docker Hub and
 * others; the identity for an Azure container registry, whose key, when it has one, is a password there.
 *
 * The URL of such a connection is always Docker Hub's, so the registry comes from its parameters.
 */
export function readConnection(input: string, endpoint: Endpoint): Parsed<RegistryConnection> {
  const isAzure = endpoint.data('registrytype')?.toLowerCase() === 'acr';
  return isAzure ? readAzureRegistry(input, endpoint) : readOtherRegistry(input, endpoint);
}

/** Pages of Docker Hub that users take for its registry. */
const DOCKER_HUB_PAGES: ReadonlySet<string> = new Set([
  'hub.docker.com',
  'registry.hub.docker.com',
]);

/** The host of a connection's registry: the form holds a URL such as `https://index.docker.io/v1/`. */
function hostOf(url: string): string {
  const host = url
    .replace(/^https?:\/\//i, '')
    .replace(/\/.*$/, '')
    .toLowerCase();
  return DOCKER_HUB_PAGES.has(host) ? 'docker.io' : host;
}

function readOtherRegistry(input: string, endpoint: Endpoint): Parsed<RegistryConnection> {
  const url = parameter(endpoint, 'registry');
  if (url === undefined) return problem(input, 'is a service connection without a registry');
  const registry = hostOf(url);
  const username = parameter(endpoint, 'username');
  const password = parameter(endpoint, 'password');
  if (username === undefined || password === undefined) return parsed({ registry });
  return parsed({ registry, credential: { username, password: new Secret(password) } });
}

function readAzureRegistry(input: string, endpoint: Endpoint): Parsed<RegistryConnection> {
  const loginServer = parameter(endpoint, 'loginServer');
  if (loginServer === undefined) {
    return problem(input, 'is a service connection without a login server');
  }
  const azure = readAzureConnection(input, endpoint);
  const credential = passwordOf(endpoint);
  if (!azure.ok && credential === undefined) return azure;
  const registryId = endpoint.data('registryId') ?? parameter(endpoint, 'scope');
  return parsed({
    registry: loginServer.toLowerCase(),
    ...(credential === undefined ? {} : { credential }),
    ...(azure.ok ? { azure: azure.value } : {}),
    ...(registryId === undefined ? {} : { registryId }),
  });
}

/** The id and key of a service principal, which are a user name and password to the registry. */
function passwordOf(endpoint: Endpoint): UserPassword | undefined {
  if (!['', 'serviceprincipal'].includes(endpoint.scheme.toLowerCase())) return undefined;
  const username = parameter(endpoint, 'serviceprincipalid');
  const password = parameter(endpoint, 'serviceprincipalkey');
  if (username === undefined || password === undefined) return undefined;
  return { username, password: new Secret(password) };
}
