import { join } from 'node:path';
import { isJsonObject } from '../../core/json.ts';
import type { JsonObject } from '../../core/json.ts';
import { DOCKER_HUB } from '../../oci/reference.ts';
import { credentialIn, entryFor, hasEntryFor, readAuthFile } from './auth-file.ts';
import type { Credential, CredentialSource } from './credential.ts';
import { firstCredential } from './credential.ts';
import { HeldValues } from './held-values.ts';
import { askHelper } from './helper.ts';

/** Where configurations of docker and podman are looked for. */
export interface DockerConfigOptions {
  /** Environment variables; `DOCKER_CONFIG` and others name the files, helpers inherit all. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where `.docker` and `.config` are looked for otherwise. */
  readonly homeDirectory: string;
}

/** Headers that a registry wants with every request, e.g. of a gateway in front of it. */
export type HeaderSource = (registry: string) => Promise<Readonly<Record<string, string>>>;

/** What the configuration of docker and podman says. */
export interface DockerConfig {
  readonly credentials: CredentialSource;
  /** `HttpHeaders` of docker's file, for the registries that it has an entry for. */
  readonly headers: HeaderSource;
}

/** The key of Docker Hub in every docker config. */
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';

/** What HTTP itself and the login decide. */
const RESERVED_HEADERS =
  /^(?:accept-encoding|authorization|connection|content-.*|cookie|expect|host|proxy-.*|te|trailer|transfer-encoding|upgrade|user-agent)$/i;

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;

/**
 * Credentials of the docker CLI (`$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`), then those of podman
 * (`$REGISTRY_AUTH_FILE`, `$XDG_RUNTIME_DIR/containers/auth.json`, `~/.config/containers/auth.json`).
 *
 * A file is read once, when the first registry asks for it; where none knows a registry, it is used anonymously.
 *
 * @see https://docs.docker.com/reference/cli/docker/login/#credential-stores
 */
export function openDockerConfig({
  environment,
  homeDirectory,
}: DockerConfigOptions): DockerConfig {
  const variable = (name: string): string => environment[name] ?? '';
  const folder = variable('DOCKER_CONFIG');
  const [runtime, named] = [variable('XDG_RUNTIME_DIR'), variable('REGISTRY_AUTH_FILE')];
  const docker = lazyFile(
    join(folder === '' ? join(homeDirectory, '.docker') : folder, 'config.json'),
  );
  const podman = [
    ...(named === '' ? [] : [named]),
    ...(runtime === '' ? [] : [join(runtime, 'containers', 'auth.json')]),
    join(homeDirectory, '.config', 'containers', 'auth.json'),
  ].map(lazyFile);
  return {
    credentials: firstCredential([docker, ...podman].map((file) => fileSource(file, environment))),
    headers: async (registry) => headersFor(await docker.read(), registry),
  };
}

interface LazyFile {
  readonly file: string;
  readonly read: () => Promise<JsonObject>;
}

function lazyFile(file: string): LazyFile {
  let content: Promise<JsonObject> | undefined;
  return { file, read: async () => (content ??= readAuthFile(file)) };
}

function fileSource(
  { file, read }: LazyFile,
  environment: DockerConfigOptions['environment'],
): CredentialSource {
  const answers = new HeldValues<Credential | undefined>();
  return async (registry, { repository, isRenewal }, signal) => {
    const config = await read();
    const helper = entryFor(config['credHelpers'], registry, repository) ?? config['credsStore'];
    if (typeof helper === 'string' && helper !== '') {
      const serverUrl = registry === DOCKER_HUB ? DOCKER_HUB_KEY : registry;
      const ask = async (): Promise<Credential | undefined> =>
        askHelper({ name: helper, serverUrl, environment }, signal);
      const credential = await answers.get(`${helper} ${serverUrl}`, ask, () => !isRenewal);
      if (credential !== undefined) return credential;
    }
    return credentialIn(entryFor(config['auths'], registry, repository), { file, registry });
  };
}

function headersFor(config: JsonObject, registry: string): Readonly<Record<string, string>> {
  const isKnown = ['auths', 'credHelpers'].some((key) => hasEntryFor(config[key], registry));
  const headers = config['HttpHeaders'];
  if (!isKnown || !isJsonObject(headers)) return {};
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === 'string' && isAllowed(name, value) ? [[name.toLowerCase(), value]] : [],
    ),
  );
}

function isAllowed(name: string, value: string): boolean {
  return HEADER_NAME.test(name) && HEADER_VALUE.test(value) && !RESERVED_HEADERS.test(name);
}
