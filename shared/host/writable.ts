import type { Location, Repository } from '../oci/reference.ts';

/** The places that a run uses. */
export interface RegistryUse<P extends { readonly location: Location }> {
  /** Only read. */
  readonly read: readonly P[];
  /** Written, and perhaps read before. */
  readonly write: readonly P[];
  /** Nothing is written after all. */
  readonly dryRun: boolean;
}

/**
 * Tells the repositories that a run will write from those that it only reads. Where places lie within each other,
 * the inner one decides.
 */
export function writableIn<P extends { readonly location: Location }>({
  read,
  write,
  dryRun,
}: RegistryUse<P>): (repository: Repository) => boolean {
  const places = [
    ...write.map(({ location }) => ({ location, isWritten: !dryRun })),
    ...read.map(({ location }) => ({ location, isWritten: false })),
  ].sort((a, b) => b.location.prefix.length - a.location.prefix.length);
  return (repository) =>
    places.find(({ location }) => contains(location, repository))?.isWritten ?? false;
}

function contains({ registry, prefix }: Location, { registry: host, name }: Repository): boolean {
  return registry === host && (prefix === '' || name.startsWith(`${prefix}/`));
}
