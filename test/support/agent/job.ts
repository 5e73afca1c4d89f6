import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostType } from './step-commands.ts';
import { JobVariables } from './variables.ts';

/** Folders of one job, absolute. */
export interface JobFolders {
  /** `Pipeline.Workspace`; in a release the artifacts directory. */
  readonly workspace: string;
  /** `System.DefaultWorkingDirectory`, where tasks start. */
  readonly sources: string;
  readonly staging: string;
  readonly binaries: string;
  readonly temp: string;
  readonly tools: string;
  /** The home folder of the user that the agent runs as. */
  readonly home: string;
}

/** What makes one job differ from another. */
export interface JobOptions {
  readonly hostType: HostType;
  readonly attempt: number;
  readonly debug: boolean;
  readonly accessToken: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly secretVariables: Readonly<Record<string, string>>;
  /** The build is of a fork that gets no secrets. */
  readonly isFork: boolean;
}

/** Makes the empty folders of a job. */
export async function makeFolders(root: string, hostType: HostType): Promise<JobFolders> {
  const work = join(root, '_work');
  const pipeline = join(work, hostType === 'build' ? '1' : 'r1');
  const sources = join(pipeline, hostType === 'build' ? 's' : 'a');
  const folders = {
    workspace: hostType === 'build' ? pipeline : sources,
    sources,
    staging: join(pipeline, 'a'),
    binaries: join(pipeline, 'b'),
    temp: join(work, '_temp'),
    tools: join(work, '_tool'),
    home: join(root, 'home'),
  };
  await Promise.all(Object.values(folders).map((folder) => mkdir(folder, { recursive: true })));
  return folders;
}

/** The variables a job starts with; those of the options win over the predefined ones. */
export function jobVariables(folders: JobFolders, options: JobOptions): JobVariables {
  const variables = new JobVariables();
  const host = options.hostType === 'build' ? buildVariables(folders) : releaseVariables(folders);
  const all = { ...commonVariables(folders, options), ...host, ...options.variables };
  for (const [name, value] of Object.entries(all)) variables.set(name, value);
  variables.set('System.AccessToken', options.accessToken, true);
  if (options.isFork) variables.set('System.PullRequest.IsFork', 'True');
  const secrets = options.isFork ? {} : options.secretVariables;
  for (const [name, value] of Object.entries(secrets)) {
    variables.set(name, value, true);
  }
  return variables;
}

function commonVariables(folders: JobFolders, options: JobOptions): Record<string, string> {
  const attempt = String(options.attempt);
  return {
    'System.HostType': options.hostType,
    'System.CollectionUri': 'https://dev.azure.invalid/org/',
    'System.TeamFoundationCollectionUri': 'https://dev.azure.invalid/org/',
    'System.CollectionId': '11111111-1111-4111-8111-111111111111',
    'System.TeamProject': 'project',
    'System.TeamProjectId': '22222222-2222-4222-8222-222222222222',
    'System.PlanId': '33333333-3333-4333-8333-333333333333',
    'System.JobId': '44444444-4444-4444-8444-444444444444',
    'System.TaskInstanceId': '55555555-5555-4555-8555-555555555555',
    'System.TimelineId': '33333333-3333-4333-8333-333333333333',
    'System.DefinitionId': '7',
    'System.StageName': 'stage',
    'System.StageAttempt': '1',
    'System.PhaseName': 'job',
    'System.PhaseAttempt': '1',
    'System.JobName': '__default',
    'System.JobAttempt': attempt,
    'System.Culture': 'en-US',
    'System.DefaultWorkingDirectory': folders.sources,
    'Build.BuildId': '4711',
    'Build.BuildNumber': '20260102.3',
    'Build.DefinitionName': 'pipeline',
    'Build.Repository.Name': 'org/repository',
    'Build.Repository.Provider': 'GitHub',
    'Build.Repository.Uri': 'https://github.invalid/org/repository',
    'Build.SourceBranch': 'refs/heads/main',
    'Build.SourceBranchName': 'main',
    'Build.SourceVersion': '0123456789abcdef0123456789abcdef01234567',
    'Build.Reason': 'Manual',
    'Agent.Id': '1',
    'Agent.Name': 'agent',
    'Agent.Version': '4.265.1',
    'Agent.OS': 'Linux',
    'Agent.OSArchitecture': 'X64',
    'Agent.JobName': 'job',
    'Agent.JobStatus': 'Succeeded',
    'Agent.TempDirectory': folders.temp,
    'Agent.ToolsDirectory': folders.tools,
    ...(options.debug ? { 'System.Debug': 'true' } : {}),
  };
}

function buildVariables(folders: JobFolders): Record<string, string> {
  return {
    'Build.ContainerId': '815',
    'Build.SourcesDirectory': folders.sources,
    'Build.ArtifactStagingDirectory': folders.staging,
    'Build.StagingDirectory': folders.staging,
    'Build.BinariesDirectory': folders.binaries,
    'System.ArtifactsDirectory': folders.staging,
    'Agent.BuildDirectory': folders.workspace,
    'Pipeline.Workspace': folders.workspace,
  };
}

function releaseVariables(folders: JobFolders): Record<string, string> {
  return {
    'Release.ReleaseId': '12',
    'Release.ReleaseName': 'Release-12',
    'Release.EnvironmentName': 'Production',
    'Release.AttemptNumber': '1',
    'Release.PrimaryArtifactSourceAlias': '_build',
    'System.ArtifactsDirectory': folders.workspace,
    'Agent.ReleaseDirectory': folders.workspace,
  };
}
