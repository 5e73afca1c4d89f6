import { definite } from '../core/errors.ts';
import { groupBy } from '../core/group-by.ts';
import { neutralise } from '../core/text.ts';
import { allOf, parsed, problem, problems } from '../core/result.ts';
import type { Parsed, Problem } from '../core/result.ts';
import { pathIn } from '../core/schema-problems.ts';
import { readImage } from './image.ts';
import type { BuildManifest, ManifestRepo } from './model.ts';
import { contradictions } from './tags.ts';
import type { TagClaim } from './tags.ts';
import { CONSEQUENCE, duplicateVariables, resolveVariables } from './variables.ts';
import type { DeclaredVariable, Substitute } from './variables.ts';
import { includesOf, parseWireManifest } from './wire.ts';
import type { WireManifest, WireRepo } from './wire.ts';

/** The files of a build manifest and what the pipeline says about its variables. */
export interface ManifestFiles {
  readonly root: Uint8Array;
  /** Bytes of the included files by the names that `includesOf` gives. */
  readonly includes: ReadonlyMap<string, Uint8Array>;
  readonly variables: ReadonlyMap<string, string>;
  /** Name of the root for problems. */
  readonly file?: string;
}

interface SourceFile {
  readonly file: string;
  readonly manifest: WireManifest;
}

interface DeclaredRepo {
  readonly repo: WireRepo;
  readonly path: string;
}

/**
 * A build manifest with its includes joined (repositories by name) and its variables substituted.
 *
 * Every problem is reported with its path: `manifest.json: repos[0].images[2].sharedTags["$(x)"]`.
 */
export function loadBuildManifest(files: ManifestFiles): Parsed<BuildManifest> {
  const sources = readSources(files);
  const isComplete = sources.problems.length === 0;
  const repos = declaredRepos(sources.read);
  const declared = declaredVariables(sources.read);
  const root = files.file ?? 'manifest.json';
  const registry = sources.read[0]?.manifest.registry ?? '';
  const variables = resolveVariables({
    declared,
    overrides: files.variables,
    repositories: qualifiedNames(repos, registry),
    isComplete,
  });
  const parts = [...repos.values()].map((repo) => readRepo(repo, variables.substitute));
  const read = allOf(parts);
  const found = [
    ...sources.problems,
    ...(isComplete && repos.size === 0
      ? [{ path: pathIn(root, ['repos']), message: 'is empty' }]
      : []),
    ...duplicateVariables(declared),
    ...[...repos.values()].flatMap(differentIds),
    ...sharedIds(repos),
    ...variables.problems,
    ...(read.ok ? [] : read.problems),
    ...contradictions(parts.flatMap((part) => (part.ok ? part.value.claims : []))),
  ].filter((problem) => problem !== CONSEQUENCE);
  if (found.length > 0 || !read.ok) return problems(found);
  return parsed({ registry, repos: read.value.map(({ repo }) => repo) });
}

interface Sources {
  /** The root first, then what it includes; what cannot be read is left out. */
  readonly read: readonly SourceFile[];
  readonly problems: readonly Problem[];
}

function readSources({ root, includes, file = 'manifest.json' }: ManifestFiles): Sources {
  const parts = [
    readSource(file, root),
    ...includesOf(root, file).map(({ name, path }) => readInclude(name, includes.get(name), path)),
  ];
  return {
    read: parts.flatMap((part) => (part.ok ? [part.value] : [])),
    problems: parts.flatMap((part) => (part.ok ? [] : part.problems)),
  };
}

function readInclude(
  file: string,
  bytes: Uint8Array | undefined,
  path: string,
): Parsed<SourceFile> {
  return bytes === undefined
    ? problem(path, 'names a file that is not there')
    : readSource(file, bytes);
}

function readSource(file: string, bytes: Uint8Array): Parsed<SourceFile> {
  const manifest = parseWireManifest(bytes, file);
  return manifest.ok ? parsed({ file, manifest: manifest.value }) : manifest;
}

function declaredRepos(
  sources: readonly SourceFile[],
): ReadonlyMap<string, readonly DeclaredRepo[]> {
  const repos = sources.flatMap(({ file, manifest }) =>
    manifest.repos.map((repo, index) => ({ repo, path: pathIn(file, ['repos', index]) })),
  );
  return groupBy(repos, ({ repo }) => repo.name);
}

function declaredVariables(sources: readonly SourceFile[]): readonly DeclaredVariable[] {
  return sources.flatMap(({ file, manifest }) =>
    manifest.variables.map(([name, value]) => ({
      name,
      ...(value === null ? {} : { value: String(value) }),
      path: pathIn(file, ['variables', name]),
    })),
  );
}

/** Parts of one repository may leave its id out, but must not disagree about it. */
function differentIds(parts: readonly DeclaredRepo[]): readonly Problem[] {
  const [first, ...others] = parts.filter(({ repo }) => (repo.id ?? '') !== '');
  if (first === undefined) return [];
  return others
    .filter(({ repo }) => repo.id !== first.repo.id)
    .map(({ path }) => ({ path: `${path}.id`, message: `differs from ${first.path}.id` }));
}

/** `$(Repo:<id>)` must mean one repository. */
function sharedIds(repos: ReadonlyMap<string, readonly DeclaredRepo[]>): readonly Problem[] {
  const ids = groupBy(repos, ([name, parts]) => idOf(parts, name));
  return [...ids.values()].flatMap(([first, ...others]) =>
    others.flatMap(([, parts]) =>
      parts.slice(0, 1).map(({ path }) => ({
        path: `${path}.id`,
        message: `is also the id of ${neutralise(first?.[0] ?? '')}`,
      })),
    ),
  );
}

function idOf(parts: readonly DeclaredRepo[], name: string): string {
  return parts.map(({ repo }) => repo.id ?? '').find((id) => id !== '') ?? name;
}

function qualifiedNames(
  repos: ReadonlyMap<string, readonly DeclaredRepo[]>,
  registry: string,
): ReadonlyMap<string, string> {
  return new Map(
    [...repos].map(([name, parts]) => [
      idOf(parts, name),
      registry === '' ? name : `${registry}/${name}`,
    ]),
  );
}

interface ReadRepo {
  readonly repo: ManifestRepo;
  readonly claims: readonly TagClaim[];
}

function readRepo(parts: readonly DeclaredRepo[], substitute: Substitute): Parsed<ReadRepo> {
  const { name } = definite(parts[0], 'a repository that is declared').repo;
  const places = parts.flatMap(({ repo, path }) =>
    repo.images.map((image, index) => ({ image, path: `${path}.images[${index}]` })),
  );
  const read = allOf(
    places.map(({ image, path }) => readImage(image, { repo: name, path, substitute })),
  );
  if (!read.ok) return read;
  const images = read.value.map(({ image }) => image);
  return parsed({
    repo: { name, id: idOf(parts, name), images },
    claims: read.value.flatMap(({ claims }) => claims),
  });
}
