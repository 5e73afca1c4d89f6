import { join } from 'node:path';
import { SingleFlight } from '../core/concurrency.ts';
import { TaskError, definite } from '../core/errors.ts';
import { matchesPattern } from '../image-info/artifact-names.ts';
import type { ArtifactSource, FoundArtifact } from '../ports/artifacts.ts';
import type { FileWriter } from '../ports/files.ts';
import type { DevOpsClient, RunArtifact } from './devops-client.ts';
import { unzip } from './unzip.ts';

/** What reading the artifacts of a run needs, e.g. of `runId` 4711. */
export interface RunArtifactsParts {
  readonly devops: Pick<DevOpsClient, 'listArtifacts' | 'downloadArtifact'>;
  readonly runId: number;
  readonly files: FileWriter;
  /** Where artifacts are unpacked, absolute. */
  readonly folder: string;
}

/** Documents that stages hand over; a run may keep anything else beside them. */
const DOCUMENT = /\.(?:json|sig)$/i;

/** Kinds that the service packs into an archive. */
const DOWNLOADABLE: ReadonlySet<string> = new Set(['container', 'pipelineartifact']);

/** The artifacts of a run, downloaded from Azure DevOps. */
export function runArtifacts(parts: RunArtifactsParts): ArtifactSource {
  const { devops, runId } = parts;
  const listing = new SingleFlight<readonly RunArtifact[]>();
  const list = async (signal: AbortSignal): Promise<readonly RunArtifact[]> =>
    listing.run('', async () => devops.listArtifacts(runId, signal));
  const place = `run ${runId}`;
  return {
    place,
    async find(patterns, signal) {
      const isWanted = ({ name }: RunArtifact): boolean =>
        patterns.some((pattern) => matchesPattern(name, pattern));
      return (await list(signal)).filter(isWanted).map(({ name }) => ({ name, origin: place }));
    },
    async fetch(wanted, signal) {
      const found = (await list(signal)).find(({ name }) => name === wanted.name);
      refuseShare(definite(found, `the artifact ${wanted.name}`), wanted);
      return unpack(parts, wanted, signal);
    },
  };
}

function refuseShare({ type }: RunArtifact, { name, origin }: FoundArtifact): void {
  if (DOWNLOADABLE.has(type.toLowerCase())) return;
  throw new TaskError(
    'ARTIFACT_INVALID',
    `The artifact ${name} of ${origin} is not kept by Azure DevOps: its kind is ${type === '' ? 'unknown' : type}.`,
    { hint: 'Publish it as a pipeline artifact, or give the path of the file in imageInfo.' },
  );
}

async function unpack(
  { devops, runId, files, folder }: RunArtifactsParts,
  { name, origin }: FoundArtifact,
  signal: AbortSignal,
): Promise<string> {
  const archive = await devops.downloadArtifact(runId, name, signal);
  const target = join(folder, String(runId), name);
  const isWanted = (path: string): boolean => DOCUMENT.test(path);
  for (const file of await unzip(archive, isWanted, `The artifact ${name} of ${origin}`)) {
    await files.write(join(target, withoutTop(file.name, name)), file.bytes);
  }
  return target;
}

/** Archives have one folder at their top, which has the name of the artifact. */
function withoutTop(path: string, artifact: string): string {
  const top = `${artifact}/`.toLowerCase();
  return path.toLowerCase().startsWith(top) ? path.slice(top.length) : path;
}
