import { all, parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { neutralise } from '../core/text.ts';
import { parseDigest } from './digest.ts';
import type { Digest } from './digest.ts';

/** A repository of a registry, e.g. `{ registry: 'example.azurecr.io', name: 'build/1/dotnet/runtime' }`. */
export interface Repository {
  readonly registry: string;
  readonly name: string;
}

/** A registry host with a prefix that stands before every repository name, e.g. prefix `build/1` or empty. */
export interface Location {
  readonly registry: string;
  readonly prefix: string;
}

/** A parsed image reference. With both tag and digest, the digest decides and the tag is for people. */
export interface Reference {
  readonly repository: Repository;
  readonly tag?: string;
  readonly digest?: Digest;
}

/** The name that stands for Docker Hub, whichever of its hosts was written. */
export const DOCKER_HUB = 'docker.io';

/** Compared as a whole: `evildocker.io` is not Docker Hub. */
const DOCKER_HUB_ALIASES: ReadonlySet<string> = new Set([
  DOCKER_HUB,
  'index.docker.io',
  'registry-1.docker.io',
]);

/** Many clients and registries count `host/name` and stop here. */
const MAX_NAME_LENGTH = 255;

interface ParsedParts {
  readonly repository: Repository;
  readonly tag: string | undefined;
  readonly digest: Digest | undefined;
}

const NAME_PART = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const NAME = new RegExp(`^${NAME_PART}(?:/${NAME_PART})*$`);
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const HOST_LABEL = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
const HOST = new RegExp(
  `^(?:${HOST_LABEL}(?:\\.${HOST_LABEL})*|\\[[0-9a-f:.]{2,45}\\])(?::([0-9]{1,5}))?$`,
);
const PASTED_SCHEME = /^(?:https|oci|docker):\/\//i;
const MAX_PORT = 65_535;

/** The repository of a public name at a location: `dotnet/runtime` below `build/1` is `build/1/dotnet/runtime`. */
export function repositoryAt(location: Location, publicName: string): Repository {
  const name = location.prefix === '' ? publicName : `${location.prefix}/${publicName}`;
  return { registry: location.registry, name };
}

/** The public name of a repository at a location, the reverse of `repositoryAt`. */
export function publicNameAt({ prefix }: Location, { name }: Repository): string {
  return prefix === '' ? name : name.slice(prefix.length + 1);
}

/** A location as text: `example.azurecr.io/public`, `example.azurecr.io` when repositories stand at its root. */
export function formatLocation({ registry, prefix }: Location): string {
  return prefix === '' ? registry : `${registry}/${prefix}`;
}

/** A repository as text: `example.azurecr.io/build/1/dotnet/runtime`. */
export function formatRepository({ registry, name }: Repository): string {
  return `${registry}/${name}`;
}

/** A repository with a tag or digest as text: `example.azurecr.io/app:1`, `example.azurecr.io/app@sha256:…`. */
export function formatReference(repository: Repository, reference: string): string {
  return `${formatRepository(repository)}${reference.includes(':') ? '@' : ':'}${reference}`;
}

/** Whether text is a repository name without a host, of at most 255 characters: `dotnet/runtime`. */
export function isRepositoryName(text: string): boolean {
  return text.length <= MAX_NAME_LENGTH && NAME.test(text);
}

/** A repository name without a host from text, e.g. `public/dotnet/runtime`. */
export function parseRepositoryName(text: string, path: string): Parsed<string> {
  return isRepositoryName(text)
    ? parsed(text)
    : problem(path, `is not a repository name such as dotnet/runtime: ${quoted(text)}`);
}

/** Whether text may be a tag, e.g. `9.0-alpine`. */
function isTag(text: string): boolean {
  return TAG.test(text);
}

/** A tag from text, e.g. `9.0-alpine`. */
export function parseTag(text: string, path: string): Parsed<string> {
  return isTag(text) ? parsed(text) : problem(path, `is not a tag: ${quoted(text)}`);
}

/**
 * A registry host from what users paste: `https://example.azurecr.io/` is `example.azurecr.io`; every spelling of
 * Docker Hub is `docker.io`. Paths, user info and other schemes are refused.
 */
export function parseRegistryHost(text: string, path: string): Parsed<string> {
  // It may be a password too, which no message may show.
  if (text.includes('@')) {
    return problem(
      path,
      'has a user before the host: leave that to a connection or a login before',
    );
  }
  const host = text.replace(PASTED_SCHEME, '').replace(/\/$/, '').toLowerCase();
  const match = HOST.exec(host);
  const port = Number(match?.[1] ?? 1);
  // What looks like a number is an address to a URL, and not each of them is one.
  if (match === null || port < 1 || port > MAX_PORT || !URL.canParse(`https://${host}`)) {
    return problem(path, `is not a registry host such as example.azurecr.io: ${quoted(text)}`);
  }
  return parsed(DOCKER_HUB_ALIASES.has(host) ? DOCKER_HUB : host);
}

/** A repository prefix: `a/b`, `a/b/` and `/a/b/` are all `a/b`; empty text is the empty prefix. */
export function parseRepositoryPrefix(text: string, path: string): Parsed<string> {
  const prefix = text.replace(/^\//, '').replace(/\/$/, '');
  if (prefix === '' || isRepositoryName(prefix)) return parsed(prefix);
  return problem(path, `is not a repository prefix such as build/app: ${quoted(text)}`);
}

/**
 * An image reference: `host/name`, `host/name:tag`, `host/name@digest` or `host/name:tag@digest`. Without a host it
 * is of Docker Hub, where a name of one part means `library/<name>`.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests
 */
export function parseReference(text: string, path: string): Parsed<Reference> {
  const [named = '', ...digests] = text.replace(PASTED_SCHEME, '').split('@');
  if (digests.length > 1) return problem(path, `has more than one @: ${quoted(text)}`);
  const colon = named.lastIndexOf(':');
  const isTagged = colon > named.lastIndexOf('/');
  const parts = all({
    repository: parseRepository(isTagged ? named.slice(0, colon) : named, path),
    tag: isTagged ? parseTag(named.slice(colon + 1), path) : parsed(undefined),
    digest: digests[0] === undefined ? parsed(undefined) : parseDigest(digests[0], path),
  });
  return parts.ok ? parsed(withoutAbsent(parts.value)) : parts;
}

function withoutAbsent({ repository, tag, digest }: ParsedParts): Reference {
  return {
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

function parseRepository(text: string, path: string): Parsed<Repository> {
  const slash = text.indexOf('/');
  const first = slash === -1 ? '' : text.slice(0, slash);
  const host = parseRegistryHost(looksLikeHost(first) ? first : DOCKER_HUB, path);
  if (!host.ok) return host;
  const rest = looksLikeHost(first) ? text.slice(slash + 1) : text;
  const name = host.value === DOCKER_HUB && !rest.includes('/') ? `library/${rest}` : rest;
  if (!NAME.test(name) || host.value.length + 1 + name.length > MAX_NAME_LENGTH) {
    return problem(
      path,
      `is not an image reference such as example.azurecr.io/app:1: ${quoted(text)}`,
    );
  }
  return parsed({ registry: host.value, name });
}

/** The rule of every docker client: `a/b` is a name, `a.b/c`, `a:1/c`, `localhost/c` and `A/c` begin with a host. */
function looksLikeHost(first: string): boolean {
  return /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
}

function quoted(text: string): string {
  return JSON.stringify(neutralise(text));
}
