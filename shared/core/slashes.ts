import { sep } from 'node:path';

/** A path with `/` between its segments, as files are found: `C:/a/b` for `C:\a\b`. Elsewhere a backslash is a letter. */
export function withSlashes(path: string): string {
  return path.replaceAll(sep, '/');
}
