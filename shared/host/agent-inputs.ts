import * as internal from 'azure-pipelines-task-lib/internal.js';
import * as agent from 'azure-pipelines-task-lib/task.js';
import { parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { Secret } from '../core/secret.ts';
import type { JobAttempts } from '../image-info/artifact-names.ts';
import type { AzureConnection } from '../ports/azure.ts';
import type { InputReader, RegistryConnection, RunFolders } from '../ports/host.ts';
import { readAzureConnection } from './azure-connection.ts';
import { readConnection } from './connection.ts';
import type { Endpoint } from './endpoint.ts';
import { loc } from './messages.ts';

/** The first and last line of a PEM block, which are no secrets: masked they would blank certificates too. */
const PEM_BOUNDARY = '-----';

/** The connection of the job to Azure DevOps. */
const SYSTEM_CONNECTION = 'SYSTEMVSSCONNECTION';

/** Registers a value with the agent's masker, each line by itself, before it is used. */
export function maskSecret(value: string): void {
  for (const line of value.split(/\r\n|\r|\n/)) {
    if (line.trim() !== '' && !line.startsWith(PEM_BOUNDARY)) agent.setSecret(line);
  }
}

/** Reads the inputs of the running step. */
export const agentInputs: InputReader = {
  text: (name) => (agent.getInput(name) ?? '').trim(),
  secret(name) {
    // getInput would print the value in a debug line before it is masked, so the vault is asked directly.
    const value = internal._vault.retrieveSecret(`INPUT_${internal._getVariableKey(name)}`);
    if (value === undefined || value === '') return undefined;
    maskSecret(value);
    return new Secret(value);
  },
  connection: (name) =>
    readEndpoint(name, 'a Docker registry', (endpoint) => {
      const connection = readConnection(name, endpoint);
      if (connection.ok) maskCredential(connection.value);
      return connection;
    }),
  azureConnection: (name) =>
    readEndpoint(name, 'an Azure Resource Manager', (endpoint) => {
      const connection = readAzureConnection(name, endpoint);
      if (connection.ok) maskLogin(connection.value);
      return connection;
    }),
};

/** Reads the service connection that an input names; absent when the input is empty. */
function readEndpoint<T>(
  name: string,
  kind: string,
  read: (endpoint: Endpoint) => Parsed<T>,
): Parsed<T | undefined> {
  const id = agent.getInput(name) ?? '';
  if (id === '') return parsed(undefined);
  const authorization = agent.getEndpointAuthorization(id, true);
  if (authorization === undefined) {
    return problem(name, loc('ConnectionNotDelivered', id, kind));
  }
  const { scheme, parameters } = authorization;
  const data = (key: string): string | undefined =>
    nonEmpty(agent.getEndpointDataParameter(id, key, true));
  return read({ id, scheme, parameters, data, url: agent.getEndpointUrl(id, true) ?? '' });
}

function maskCredential({ credential, azure }: RegistryConnection): void {
  if (azure !== undefined) maskLogin(azure);
  if (credential === undefined) return;
  const password = credential.password.reveal();
  maskSecret(password);
  // The agent does not mask encodings of a secret, and Basic authentication sends this one.
  maskSecret(Buffer.from(`${credential.username}:${password}`).toString('base64'));
}

function maskLogin({ login }: AzureConnection): void {
  if (login.kind === 'secret') maskSecret(login.secret.reveal());
  if (login.kind === 'certificate') maskSecret(login.pem.reveal());
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

/** A variable of the job such as `Build.BuildId`, absent when not set or empty. */
export function variable(name: string): string | undefined {
  return nonEmpty(agent.getVariable(name));
}

/** Whether the step runs where build artifacts can be uploaded: in a build, not in a classic release. */
export function runsInBuild(): boolean {
  return (variable('System.HostType') ?? 'build').toLowerCase() === 'build';
}

/** The folders of the run. */
export function runFolders(): RunFolders {
  const working = variable('System.DefaultWorkingDirectory') ?? process.cwd();
  const workspace = variable('Pipeline.Workspace') ?? variable('System.ArtifactsDirectory');
  return {
    workspace: workspace ?? working,
    working,
    temp: variable('Agent.TempDirectory') ?? working,
  };
}

/** The access token that the agent hands to every step of the job, absent where it gives none. */
export function jobToken(): Secret | undefined {
  const token = agent.getEndpointAuthorizationParameter(SYSTEM_CONNECTION, 'AccessToken', true);
  if (token === undefined || token === '') return undefined;
  maskSecret(token);
  return new Secret(token);
}

/** Which attempts of its stage and job the running step is part of; those of which nothing is told are the first. */
export function jobAttempts(): JobAttempts {
  return { stage: attemptOf('System.StageAttempt'), job: attemptOf('System.JobAttempt') };
}

function attemptOf(name: string): number {
  const attempt = variable(name) ?? '';
  return /^[1-9]\d{0,8}$/.test(attempt) ? Number(attempt) : 1;
}

/** Which of the jobs of its kind this one is, from 1 on, and how many there are; absent where there is only one. */
export function jobPosition(): { readonly position: number; readonly total: number } | undefined {
  const position = Number(variable('System.JobPositionInPhase') ?? 1);
  const total = Number(variable('System.TotalJobsInPhase') ?? 1);
  const isOneOfSeveral = Number.isInteger(position) && Number.isInteger(total) && total > 1;
  return isOneOfSeveral && position >= 1 && position <= total ? { position, total } : undefined;
}
