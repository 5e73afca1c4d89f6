import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TaskError } from '../../core/errors.ts';
import { isJsonObject, parseJson } from '../../core/json.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { Secret } from '../../core/secret.ts';
import { DOCKER_HUB, parseRegistryHost } from '../../oci/reference.ts';
import type { Credential, CredentialSource } from './credential.ts';
import { askHelper } from './helper.ts';

export interface DockerConfigOptions {
  /** Environment variables; `DOCKER_CONFIG` names the folder, helpers inherit all. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where `.docker` is looked for otherwise. */
  readonly homeDirectory: string;
}

/** The key of Docker Hub in every docker config. */
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';

/**
 * Credentials of the docker CLI: `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`, with credential helpers.
 *
 * The file is read once, when the first registry asks for it; without a file everything is anonymous.
 *
 * @see https://docs.docker.com/reference/cli/docker/login/#credential-stores
 */
export function dockerConfigCredentials(options: DockerConfigOptions): CredentialSource {
  const { environment, homeDirectory } = options;
  const named = environment['DOCKER_CONFIG'] ?? '';
  const file = join(named === '' ? join(homeDirectory, '.docker') : named, 'config.json');
  let config: Promise<JsonObject> | undefined;
  return async (registry, signal) => {
    config ??= readConfig(file);
    const content = await config;
    const helper = helperFor(content, registry);
    if (helper !== undefined) {
      const serverUrl = registry === DOCKER_HUB ? DOCKER_HUB_KEY : registry;
      const credential = await askHelper({ name: helper, serverUrl, environment }, signal);
      if (credential !== undefined) return credential;
    }
    return credentialIn(entryFor(content['auths'], registry), { file, registry });
  };
}

async function readConfig(file: string): Promise<JsonObject> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, 'code') === 'ENOENT') return {};
    throw new TaskError('CREDENTIALS_INVALID', `Cannot read the docker config ${file}.`, {
      hint: 'Let the user of the agent read the file, or use a service connection.',
      cause: error,
    });
  }
  const json = parseJson(bytes, '');
  if (json.ok && isJsonObject(json.value)) return json.value;
  throw new TaskError('CREDENTIALS_INVALID', `The docker config ${file} is not a JSON object.`, {
    hint: 'Repair the file, or log in again with docker login.',
  });
}

function helperFor(config: JsonObject, registry: string): string | undefined {
  const helper = entryFor(config['credHelpers'], registry) ?? config['credsStore'];
  return typeof helper === 'string' && helper !== '' ? helper : undefined;
}

/** The entry of a registry, however its key is spelled: `host`, `https://host`, `https://host/v1/`. */
function entryFor(entries: JsonValue | undefined, registry: string): JsonValue | undefined {
  if (!isJsonObject(entries)) return undefined;
  const key = Object.keys(entries).find((name) => hostOfKey(name) === registry);
  return key === undefined ? undefined : entries[key];
}

function hostOfKey(key: string): string | undefined {
  const bare = key.replace(/^http:\/\//i, '').replace(/\/v[12]\/?$/, '');
  const host = parseRegistryHost(bare, '');
  return host.ok ? host.value : undefined;
}

function credentialIn(
  entry: JsonValue | undefined,
  place: { readonly file: string; readonly registry: string },
): Credential | undefined {
  if (!isJsonObject(entry)) return undefined;
  const identityToken = textIn(entry, 'identitytoken');
  if (identityToken !== undefined) {
    return { kind: 'identity-token', token: new Secret(identityToken) };
  }
  const registryToken = textIn(entry, 'registrytoken');
  if (registryToken !== undefined) {
    return { kind: 'registry-token', token: new Secret(registryToken) };
  }
  const auth = textIn(entry, 'auth');
  if (auth !== undefined) return decodeAuth(auth, place);
  const username = textIn(entry, 'username');
  const password = textIn(entry, 'password');
  if (username === undefined || password === undefined) return undefined;
  return { kind: 'basic', username, password: new Secret(password) };
}

function decodeAuth(
  auth: string,
  { file, registry }: { readonly file: string; readonly registry: string },
): Credential {
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 1) {
    throw new TaskError('CREDENTIALS_INVALID', `The entry of ${registry} in ${file} is damaged.`, {
      hint: `Log in again: docker login ${registry}.`,
    });
  }
  const username = text.slice(0, colon);
  return { kind: 'basic', username, password: new Secret(text.slice(colon + 1)) };
}

function textIn(entry: JsonObject, key: string): string | undefined {
  const value = entry[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
