import { basename } from 'node:path';
import { mapLimit } from '../core/concurrency.ts';
import { TaskError, definite } from '../core/errors.ts';
import { counted } from '../core/text.ts';
import { attemptIn } from '../image-info/artifact-names.ts';
import type { FoundFragment } from '../image-info/attempts.ts';
import type { ImageInfoArtifact } from '../image-info/source.ts';
import type { ArtifactSource, FoundArtifact, HandOverReader } from '../ports/artifacts.ts';
import type { FileReader } from '../ports/files.ts';
import type { Log } from '../ports/host.ts';

/** What taking over needs: where artifacts come from, files, and whether this job ran before. */
export interface HandOverParts {
  /** The artifacts of a run, of the running one when no id is given. */
  readonly artifactsOf: (runId: number | undefined) => ArtifactSource;
  readonly files: FileReader;
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** Whether this job ran before in this run. */
  readonly isRetry: boolean;
}

/** Downloads at once; each holds a whole archive. */
const DOWNLOADS_AT_ONCE = 4;

const IMAGE_INFO = /^image-info\.json$/i;

const LIKE_IMAGE_INFO = /image-info.*\.json$/i;

const DOCUMENT = /\.json$/i;

/** Finds image-info and fragments in artifacts. */
export function createHandOverReader(parts: HandOverParts): HandOverReader {
  const { files } = parts;
  return {
    async imageInfo(source, signal) {
      if (source.kind === 'file') return source.path;
      const artifacts = parts.artifactsOf(source.runId);
      const latest = await findLatest(source, artifacts, signal);
      const folder = await artifacts.fetch(latest, signal);
      parts.log.info(`Using ${latest.name} of ${latest.origin} in ${folder}.`);
      return imageInfoIn(folder, latest, files);
    },
    async fragments(pattern, signal) {
      const artifacts = parts.artifactsOf(undefined);
      const found = await artifacts.find([pattern], signal);
      refuseSeveralOrigins(pattern, found);
      const fetch = async (artifact: FoundArtifact): Promise<readonly FoundFragment[]> => {
        const paths = await documentsIn(await artifacts.fetch(artifact, signal), files);
        if (paths.length === 0) parts.log.warn(holdsNothing(artifact, pattern));
        return paths.map((path) => ({ path, artifact: artifact.name }));
      };
      const limit = { limit: DOWNLOADS_AT_ONCE, signal };
      return (await mapLimit(found, fetch, limit)).flat();
    },
    async earlierAttempt(names, file, signal) {
      if (!parts.isRetry) return undefined;
      const artifacts = parts.artifactsOf(undefined);
      const latest = await latestOf(names, artifacts, signal);
      if (latest === undefined) return undefined;
      const [found] = await files.find(await artifacts.fetch(latest, signal), [`**/${file}`]);
      if (found !== undefined) parts.log.info(`Going on from ${file} of ${latest.name}.`);
      return found;
    },
  };
}

async function findLatest(
  { names }: ImageInfoArtifact,
  artifacts: ArtifactSource,
  signal: AbortSignal,
): Promise<FoundArtifact> {
  for (const base of names) {
    const latest = await latestOf([base], artifacts, signal);
    if (latest !== undefined) return latest;
  }
  const others = (await artifacts.find(['*'], signal)).map(({ name }) => name);
  throw notFound(names, artifacts.place, others.sort());
}

/** The artifact of the highest attempt, under the first of the names that this attempt has. */
async function latestOf(
  bases: readonly string[],
  artifacts: ArtifactSource,
  signal: AbortSignal,
): Promise<FoundArtifact | undefined> {
  const patterns = bases.flatMap((base) => [base, `${base}-*`]);
  const alike = await artifacts.find(patterns, signal);
  const attempts = bases.flatMap((base) =>
    alike.map((artifact) => ({ artifact, number: attemptIn(artifact.name, base) ?? -1 })),
  );
  const found = attempts.filter(({ number }) => number >= 0);
  refuseSeveralOrigins(
    bases.join(' or '),
    found.map(({ artifact }) => artifact),
  );
  return found.toSorted((one, other) => other.number - one.number)[0]?.artifact;
}

/** In a classic release, builds that have an artifact of the same name are told apart by people only. */
function refuseSeveralOrigins(wanted: string, found: readonly FoundArtifact[]): void {
  const origins = [...new Set(found.map(({ origin }) => origin))].sort();
  if (origins.length < 2) return;
  throw new TaskError(
    'ARTIFACT_INVALID',
    `${counted(origins.length, 'folder')} have an artifact ${wanted}:\n  ${origins.join('\n  ')}`,
    { hint: 'Say which one in imageInfo, e.g. _my-build/image-info/image-info.json.' },
  );
}

function notFound(names: readonly string[], place: string, others: readonly string[]): TaskError {
  const there = others.length === 0 ? 'It has none.' : `It has: ${others.slice(0, 50).join(', ')}.`;
  return new TaskError(
    'ARTIFACT_NOT_FOUND',
    `There is no artifact ${names.join(' or ')} in ${place}. ${there}`,
    {
      hint: 'Check that the stage before has succeeded, and name its artifact in imageInfoArtifact.',
    },
  );
}

function holdsNothing({ name, origin }: FoundArtifact, pattern: string): string {
  return `The artifact ${name} of ${origin} is called ${pattern} and holds no .json file: nothing of it is taken.`;
}

/** The one image-info of an artifact: by its usual name, else the only document that is called so. */
async function imageInfoIn(
  folder: string,
  { name, origin }: FoundArtifact,
  files: FileReader,
): Promise<string> {
  const named = await filesCalled(IMAGE_INFO, folder, files);
  const found = named.length > 0 ? named : await filesCalled(LIKE_IMAGE_INFO, folder, files);
  if (found.length === 1) return definite(found[0], 'the only document');
  const what = found.length === 0 ? 'no image-info.json' : found.join(', ');
  throw new TaskError(
    'ARTIFACT_INVALID',
    `The artifact ${name} of ${origin} must hold one image-info.json, and holds ${what}.`,
    { hint: 'Name the artifact of CreateManifestLists or SignImageInfo in imageInfoArtifact.' },
  );
}

/** The fragments of an artifact: documents that are called so, or all where none is. */
async function documentsIn(folder: string, files: FileReader): Promise<readonly string[]> {
  const named = await filesCalled(LIKE_IMAGE_INFO, folder, files);
  return named.length > 0 ? named : filesCalled(DOCUMENT, folder, files);
}

/** Files of an artifact by their names: what a job of Windows wrote is found on Linux too. */
async function filesCalled(
  name: RegExp,
  folder: string,
  files: FileReader,
): Promise<readonly string[]> {
  return (await files.find(folder, ['**/*'])).filter((path) => name.test(basename(path)));
}
