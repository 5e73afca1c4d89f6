import { parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { Secret } from '../core/secret.ts';
import type { RegistryConnection } from '../ports/host.ts';

/** A registry service connection as the agent delivers it. */
export interface Endpoint {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string | undefined>>;
  /** `DockerHub`, `Others` or `ACR`. */
  readonly registryType: string;
}

/** Parameter names keep the case that the service gave them, which differs between kinds of connections. */
function parameter(endpoint: Endpoint, name: string): string | undefined {
  const wanted = name.toLowerCase();
  const key = Object.keys(endpoint.parameters).find((one) => one.toLowerCase() === wanted);
  const value = key === undefined ? undefined : endpoint.parameters[key];
  return value === '' ? undefined : value;
}

/**
 * The registry and credential of a Docker registry service connection: user and password for Docker Hub and
 * others, the service principal for an Azure container registry.
 *
 * The URL of such a connection is always Docker Hub's, so the registry comes from its parameters.
 */
export function readConnection(input: string, endpoint: Endpoint): Parsed<RegistryConnection> {
  const isAzure = endpoint.registryType.toLowerCase() === 'acr';
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
  const scheme = endpoint.scheme === '' ? 'ServicePrincipal' : endpoint.scheme;
  const username = parameter(endpoint, 'serviceprincipalid');
  const password = parameter(endpoint, 'serviceprincipalkey');
  if (scheme.toLowerCase() !== 'serviceprincipal') {
    return problem(
      input,
      `uses the authentication scheme ${scheme}, which this version does not support; use a service principal, ` +
        'or log in with Docker@2 and name the registry instead',
    );
  }
  if (username === undefined || password === undefined) {
    return problem(input, 'is a service connection without the id and key of a service principal');
  }
  const credential = { username, password: new Secret(password) };
  return parsed({ registry: loginServer.toLowerCase(), credential });
}
