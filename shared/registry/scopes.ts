/** What a request needs the right for. */
export interface AccessTarget {
  readonly registry: string;
  /** In the grammar of token servers; the repository that is written to stands first. */
  readonly scopes: readonly string[];
}

/** The scope to read a repository: `repository:app:pull`. */
export function pullScope(repository: string): string {
  return `repository:${repository}:pull`;
}

/** The scope to write a repository; it includes reading, so that one token serves a whole upload. */
export function pushScope(repository: string): string {
  return `repository:${repository}:pull,push`;
}

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
