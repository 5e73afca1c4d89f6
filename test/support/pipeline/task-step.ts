import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TASKS, taskFolder } from '../../../scripts/layout.ts';
import { invariant } from '../../../shared/core/errors.ts';
import type { Endpoint } from '../agent/endpoints.ts';
import type { StepResult } from '../agent/step-finish.ts';
import { bundleOf } from '../bundles.ts';
import type { JobContext, TaskStep } from './job-context.ts';
import { connectionOf } from './site.ts';

/** Runs one of our tasks as the agent does, or does what a task of others does to a job; undefined then. */
export async function runTaskStep(
  context: JobContext,
  step: TaskStep,
): Promise<StepResult | undefined> {
  const [name = '', major = ''] = step.task.split('@');
  const task = TASKS.find((one) => one === name);
  if (task === undefined) {
    await runForeignTask(context, step);
    return undefined;
  }
  const folder = await bundleOf(task);
  invariant(taskFolder(task).endsWith(`V${major}`), `${step.task} is the version that is built`);
  const endpoints = await endpointsOf(context, folder, step);
  const texts = Object.entries(step.inputs).filter(([input]) => !(input in endpoints));
  return context.agent.runStep({
    taskFolder: folder,
    name: step.name ?? task,
    inputs: Object.fromEntries(texts),
    endpoints,
  });
}

/** The server resolves names of service connections in the inputs that are declared as such, and in no others. */
async function endpointsOf(
  { site }: JobContext,
  folder: string,
  { inputs }: TaskStep,
): Promise<Readonly<Record<string, Endpoint>>> {
  const manifest = JSON.parse(await readFile(join(folder, 'task.json'), 'utf8')) as {
    readonly inputs: readonly { readonly name: string; readonly type: string }[];
  };
  const connections = manifest.inputs.filter(({ type }) => type.startsWith('connectedService:'));
  return Object.fromEntries(
    connections.flatMap(({ name }) => {
      const connection = inputs[name] ?? '';
      return connection === '' ? [] : [[name, connectionOf(site, connection)]];
    }),
  );
}

async function runForeignTask(
  context: JobContext,
  { task, name, inputs }: TaskStep,
): Promise<void> {
  const { agent, site } = context;
  if (task === 'Docker@2' && inputs['command'] === 'login') {
    await dockerLogin(context, connectionOf(site, inputs['containerRegistry'] ?? ''));
    return;
  }
  if (task === 'DownloadSecureFile@1') {
    const path = join(agent.temp, inputs['secureFile'] ?? '');
    await writeFile(path, site.signer.leafKeyPem);
    agent.variables.set(`${name ?? ''}.secureFilePath`, path);
    return;
  }
  invariant(false, `${task} is nothing that a sample may use`);
}

/** What Docker@2 leaves: the registry as the connection spells it, beside those of earlier logins of the job. */
async function dockerLogin({ agent }: JobContext, { auth }: Endpoint): Promise<void> {
  const { registry = '', username = '', password = '' } = auth;
  const folder = agent.variables.get('DOCKER_CONFIG') ?? join(agent.temp, 'DockerConfig_1');
  const path = join(folder, 'config.json');
  await mkdir(folder, { recursive: true });
  const before = JSON.parse(await readFile(path, 'utf8').catch(() => '{}')) as {
    readonly auths?: Readonly<Record<string, unknown>>;
  };
  const login = { auth: Buffer.from(`${username}:${password}`).toString('base64'), email: '' };
  const config = { ...before, auths: { ...before.auths, [registry]: login }, HttpHeaders: {} };
  await writeFile(path, JSON.stringify(config));
  agent.variables.set('DOCKER_CONFIG', folder);
}
