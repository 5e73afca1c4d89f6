import { definite } from '../core/errors.ts';
import { isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { isRepositoryName } from '../oci/reference.ts';
import { parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { neutralise } from '../core/text.ts';

/** A digest as image-info names it, e.g. `{ registry: 'mcr.example', repo: 'dotnet/runtime', digest: 'sha256:…' }`. */
export interface ImageDigest {
  /** The public registry; empty when the text has none. */
  readonly registry: string;
  /** The public name of the repository. */
  readonly repo: string;
  readonly digest: Digest;
}

const HOST = /^(?:(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)(?::\d+)?|[A-Za-z0-9-]+:\d+)$/;

/** A digest with its public name, `mcr.example/app@sha256:…`, taken apart; the registry may be left out. */
export function parseImageDigest(text: string, path: string): Parsed<ImageDigest> {
  const at = text.indexOf('@');
  const [registry, repo] = splitName(text.slice(0, Math.max(at, 0)));
  const digest = text.slice(at + 1);
  if (isRepositoryName(repo) && isDigest(digest)) return parsed({ registry, repo, digest });
  return problem(
    path,
    `is not a public name with a digest, such as mcr.example/app@sha256:…: ${JSON.stringify(neutralise(text))}`,
  );
}

/** A digest of a document that was checked; anything else is our mistake. */
export function checkedImageDigest(text: string): ImageDigest {
  const image = parseImageDigest(text, '');
  return definite(image.ok ? image.value : undefined, `a public name with a digest in ${text}`);
}

/** A digest as image-info writes it: `mcr.example/app@sha256:…`. */
export function formatImageDigest({ registry, repo, digest }: ImageDigest): string {
  return `${publicNameOf({ registry, repo })}@${digest}`;
}

/** The public name of a repository with its registry, if it has one: `mcr.example/dotnet/runtime`. */
export function publicNameOf({ registry, repo }: Pick<ImageDigest, 'registry' | 'repo'>): string {
  return registry === '' ? repo : `${registry}/${repo}`;
}

function splitName(name: string): readonly [registry: string, repo: string] {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  return HOST.test(first) ? [first, name.slice(slash + 1)] : ['', name];
}
