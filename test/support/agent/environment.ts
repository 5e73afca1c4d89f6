import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { definite } from '../../../shared/core/errors.ts';
import type { InputDefinition, TaskDefinition } from './definition.ts';
import { endpointEnvironment } from './endpoints.ts';
import type { Endpoint } from './endpoints.ts';
import { environmentName } from './variables.ts';
import type { JobVariables } from './variables.ts';

/** What the environment of a step is made of. */
export interface EnvironmentParts {
  readonly definition: TaskDefinition;
  /** By name or alias; `$(name)` is expanded. */
  readonly inputs: Readonly<Record<string, string>>;
  /** By the name of the input that refers to them. */
  readonly endpoints: Readonly<Record<string, Endpoint>>;
  readonly system: Endpoint;
  readonly variables: JobVariables;
  /** Root of relative `filePath` inputs. */
  readonly fileRoot: string;
  /** What the process of the agent itself has, e.g. `PATH`. */
  readonly base: Readonly<Record<string, string>>;
  /** The `env:` block of the step. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The environment of the task process; later parts overwrite earlier ones.
 *
 * @throws BugError for an input or endpoint that task.json does not declare
 */
export function buildEnvironment(parts: EnvironmentParts): Record<string, string> {
  const { variables } = parts;
  const stepEnv = Object.entries(parts.env).map(([name, text]) => [name, variables.expand(text)]);
  return {
    ...parts.base,
    ...(Object.fromEntries(stepEnv) as Record<string, string>),
    ...variableEnvironment(variables),
    ...inputEnvironment(parts),
    ...endpointEnvironment(definite(parts.system.id, 'the system connection'), parts.system),
    ...deliveredEndpoints(parts),
    TF_BUILD: 'True',
  };
}

/** The id of an endpoint: its own, else a GUID that is the same for the same input name. */
function endpointId(inputName: string, endpoint: Endpoint): string {
  if (endpoint.id !== undefined) return endpoint.id;
  const hex = createHash('sha256').update(inputName.toLowerCase()).digest('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}

function variableEnvironment(variables: JobVariables): Record<string, string> {
  const env: Record<string, string> = {};
  const names = { secret: [] as string[], public: [] as string[] };
  for (const { name, value, isSecret } of variables.all()) {
    env[`${isSecret ? 'SECRET_' : ''}${environmentName(name)}`] = value;
    names[isSecret ? 'secret' : 'public'].push(name);
  }
  env['VSTS_PUBLIC_VARIABLES'] = JSON.stringify(names.public);
  env['VSTS_SECRET_VARIABLES'] = JSON.stringify(names.secret);
  return env;
}

function inputEnvironment(parts: EnvironmentParts): Record<string, string> {
  const { definition, endpoints, fileRoot, variables } = parts;
  const given = new Map<string, string>();
  for (const [name, endpoint] of Object.entries(endpoints)) {
    given.set(declared(definition, name).name, endpointId(name, endpoint));
  }
  for (const [name, text] of Object.entries(parts.inputs)) {
    given.set(declared(definition, name).name, text.trim());
  }
  const env: Record<string, string> = {};
  for (const input of definition.inputs) {
    const text = variables.expand(given.get(input.name) ?? input.defaultValue);
    // An empty path becomes the root too.
    const value = input.type === 'filePath' ? resolve(fileRoot, text) : text;
    env[`INPUT_${environmentName(input.name)}`] = value;
  }
  return env;
}

/** Only an input whose type names a service connection brings its endpoint along. */
function deliveredEndpoints({ definition, endpoints }: EnvironmentParts): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, endpoint] of Object.entries(endpoints)) {
    if (declared(definition, name).type.toLowerCase().startsWith('connectedservice:')) {
      Object.assign(env, endpointEnvironment(endpointId(name, endpoint), endpoint));
    }
  }
  return env;
}

function declared(definition: TaskDefinition, name: string): InputDefinition {
  const wanted = name.toLowerCase();
  const found = definition.inputs.find((input) =>
    [input.name, ...input.aliases].some((known) => known.toLowerCase() === wanted),
  );
  return definite(found, `the input '${name}' in task.json`);
}
