import { join } from 'node:path';
import { DevOpsClient } from '../azure/devops-client.ts';
import type { DevOpsProject } from '../azure/devops-client.ts';
import { createHandOverReader } from '../azure/hand-over.ts';
import { releaseArtifacts } from '../azure/release-artifacts.ts';
import { runArtifacts } from '../azure/run-artifacts.ts';
import { TaskError } from '../core/errors.ts';
import type { ArtifactSource, HandOverReader } from '../ports/artifacts.ts';
import { jobAttempts, jobToken, runFolders, runsInBuild, variable } from './agent-inputs.ts';
import { agentLog } from './agent-log.ts';
import type { Network } from './network.ts';
import { nodeFileReader, nodeFileWriter } from './node-files.ts';

/** Finds what earlier stages handed over: in artifacts of a run, or where a classic release has put them. */
export function agentHandOver({ http }: Network): HandOverReader {
  const artifactsOf = (runId: number | undefined): ArtifactSource => {
    const { workspace, temp } = runFolders();
    if (runId === undefined && !runsInBuild()) return releaseArtifacts(workspace, nodeFileReader);
    return runArtifacts({
      devops: new DevOpsClient(http, readProject()),
      runId: runId ?? Number(variable('Build.BuildId') ?? NaN),
      files: nodeFileWriter,
      folder: join(temp, 'image-release-artifacts'),
    });
  };
  const { stage, job } = jobAttempts();
  return createHandOverReader({
    ...{ artifactsOf, files: nodeFileReader, log: agentLog },
    // A release has no artifact store: nothing of an earlier attempt is anywhere.
    isRetry: runsInBuild() && Math.max(stage, job) > 1,
  });
}

/** In a classic release other variables name the server of releases, so the one of the collection comes first. */
function readProject(): DevOpsProject {
  const collection =
    variable('System.TeamFoundationCollectionUri') ?? variable('System.CollectionUri') ?? '';
  const project = variable('System.TeamProjectId');
  const token = jobToken();
  if (token === undefined || project === undefined || !URL.canParse(collection)) {
    throw new TaskError('SERVICE_DENIED', 'The agent gave no access to Azure DevOps.', {
      hint: 'Download the artifact in a step before, and give the path of the file in imageInfo.',
    });
  }
  return { collection: new URL(collection), project, token };
}
