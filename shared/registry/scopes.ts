import type { Repository } from '../oci/reference.ts';

/** What a request needs the right for. */
export interface AccessTarget {
  readonly registry: string;
  /** The repository that the request is about; where credentials differ by path, it decides. */
  readonly repository: string;
  /** In the grammar of token servers; the repository that is written to stands first. */
  readonly scopes: readonly string[];
  /** What to ask for instead, as more requests of this run will need it; it covers `scopes`. */
  readonly foreseenScopes?: readonly string[];
  /** How long the request may take; a token should live that long. */
  readonly durationMs?: number;
}

/** The part of a request that says which rights it needs. */
export interface AccessRequest {
  readonly repository: Repository;
  readonly access: 'pull' | 'push' | 'delete';
  /** Another repository of the registry that is read, for mounts. */
  readonly mountFrom?: string | undefined;
  /** Size of what is sent. */
  readonly bodyBytes: number;
}

/** A slow way to a registry, in bytes per millisecond (4 MiB/s): an upload rarely takes longer than this says. */
const SLOW_UPLOAD = 4 * 1024;

/** What a request needs; a repository that is read and will be written gets one token for both. */
export function accessTarget(
  { repository, access, mountFrom, bodyBytes }: AccessRequest,
  isWritable: (repository: Repository) => boolean,
): AccessTarget {
  const { registry, name } = repository;
  const others = mountFrom === undefined || mountFrom === name ? [] : [pullScope(mountFrom)];
  const isForeseen = access === 'pull' && isWritable(repository);
  return {
    registry,
    repository: name,
    scopes: [SCOPES[access](name), ...others],
    ...(isForeseen ? { foreseenScopes: [pushScope(name), ...others] } : {}),
    durationMs: bodyBytes / SLOW_UPLOAD,
  };
}

/** The scope to read a repository: `repository:app:pull`. */
export function pullScope(repository: string): string {
  return `repository:${repository}:pull`;
}

/** The scope to write a repository; it includes reading, so that one token serves a whole upload. */
export function pushScope(repository: string): string {
  return `repository:${repository}:pull,push`;
}

/** The scope to delete from a repository. */
function deleteScope(repository: string): string {
  return `repository:${repository}:delete`;
}

const SCOPES = { pull: pullScope, push: pushScope, delete: deleteScope } as const;

/** Whether a token for the granted scopes can do all that is wanted. */
export function covers(granted: readonly string[], wanted: readonly string[]): boolean {
  return wanted.every((scope) => granted.some((other) => includes(other, scope)));
}

function includes(granted: string, wanted: string): boolean {
  const [grantedName, grantedActions] = split(granted);
  const [wantedName, wantedActions] = split(wanted);
  return (
    grantedName === wantedName && wantedActions.every((action) => grantedActions.includes(action))
  );
}

function split(scope: string): readonly [string, readonly string[]] {
  const colon = scope.lastIndexOf(':');
  return [scope.slice(0, colon), scope.slice(colon + 1).split(',')];
}
