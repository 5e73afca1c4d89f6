import { readFile } from 'node:fs/promises';
import { TaskError } from '../../core/errors.ts';
import { isJsonObject, parseJson } from '../../core/json.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { Secret } from '../../core/secret.ts';
import { parseRegistryHost } from '../../oci/reference.ts';
import type { Credential } from './credential.ts';

/** Where an entry was found, for messages. */
export interface EntryPlace {
  readonly file: string;
  readonly registry: string;
}

/** Codes of a file that is not there. */
const ABSENT: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR']);

/**
 * A `config.json` of docker or `auth.json` of podman; an empty object when there is no such file.
 *
 * @throws TaskError `CREDENTIALS_INVALID`
 */
export async function readAuthFile(file: string): Promise<JsonObject> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    if (error instanceof Error && ABSENT.has(Reflect.get(error, 'code'))) return {};
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

/**
 * The entry for a repository, however its key is spelled: `host`, `https://host`, `https://host/v1/`, or with a path
 * as podman writes it, `host/team`; the longest path that the repository is below decides.
 *
 * @see https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md#format
 */
export function entryFor(
  entries: JsonValue | undefined,
  registry: string,
  repository: string,
): JsonValue | undefined {
  if (!isJsonObject(entries)) return undefined;
  const matches = Object.entries(entries).flatMap(([key, entry]) => {
    const { host, path } = partsOf(key);
    return host === registry && isBelow(repository, path) ? [{ path, entry }] : [];
  });
  matches.sort((a, b) => b.path.length - a.path.length);
  return matches[0]?.entry;
}

/** Whether entries have one for a registry, with whatever path. */
export function hasEntryFor(entries: JsonValue | undefined, registry: string): boolean {
  return (
    isJsonObject(entries) && Object.keys(entries).some((key) => partsOf(key).host === registry)
  );
}

/** A credential in an entry of `auths`, absent when it holds none. */
export function credentialIn(
  entry: JsonValue | undefined,
  place: EntryPlace,
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

interface KeyParts {
  readonly host: string | undefined;
  readonly path: string;
}

/** Keys with a scheme name a server as a whole, whatever path they have. */
function partsOf(key: string): KeyParts {
  const bare = key.replace(/^https?:\/\//i, '').replace(/\/v[12]\/?$/, '');
  const slash = bare.indexOf('/');
  const host = parseRegistryHost(slash === -1 ? bare : bare.slice(0, slash), '');
  const path = slash === -1 || /^https?:/i.test(key) ? '' : bare.slice(slash + 1);
  return { host: host.ok ? host.value : undefined, path: path.replace(/\/$/, '') };
}

function isBelow(repository: string, path: string): boolean {
  return path === '' || repository === path || repository.startsWith(`${path}/`);
}

function decodeAuth(auth: string, { file, registry }: EntryPlace): Credential {
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
