import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { definite, invariant } from '../../../shared/core/errors.ts';
import { isJsonObject, parseJson } from '../../../shared/core/json.ts';
import type { JsonObject, JsonValue } from '../../../shared/core/json.ts';

/** An input as task.json declares it. */
export interface InputDefinition {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: string;
  readonly defaultValue: string;
}

/** What the agent reads of a task.json. */
export interface TaskDefinition {
  /** Absolute path of the script that the Node 20 handler runs. */
  readonly target: string;
  readonly inputs: readonly InputDefinition[];
  readonly outputVariables: readonly string[];
  /** Patterns of the variables the task may set, absent when it may set all. */
  readonly settable: readonly string[] | undefined;
  readonly isRestricted: boolean;
}

/** Reads the task.json of a built task folder; a folder that is no task is a mistake of the test. */
export async function readDefinition(taskFolder: string): Promise<TaskDefinition> {
  const document = parseJson(await readFile(join(taskFolder, 'task.json')), 'task.json');
  invariant(document.ok && isJsonObject(document.value), `${taskFolder}/task.json is no object`);
  const task = document.value;
  const handler = at(task, 'execution', 'Node20_1', 'target');
  const settable = at(task, 'restrictions', 'settableVariables', 'allowed');
  return {
    target: join(taskFolder, definite(textOf(handler), 'execution.Node20_1.target')),
    inputs: objects(task['inputs']).map(inputOf),
    outputVariables: objects(task['outputVariables']).map(nameOf),
    settable: settable === undefined ? undefined : texts(settable),
    isRestricted: at(task, 'restrictions', 'commands', 'mode') === 'restricted',
  };
}

function inputOf(input: JsonObject): InputDefinition {
  const value = input['defaultValue'];
  return {
    name: nameOf(input),
    aliases: texts(input['aliases']),
    type: textOf(input['type']) ?? 'string',
    defaultValue: typeof value === 'boolean' ? String(value) : (textOf(value) ?? ''),
  };
}

function nameOf(item: JsonObject): string {
  return definite(textOf(item['name']), 'the name of an input or output variable');
}

function at(value: JsonValue | undefined, ...path: readonly string[]): JsonValue | undefined {
  return path.reduce((item, key) => (isJsonObject(item) ? item[key] : undefined), value);
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function items(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [];
}

function objects(value: JsonValue | undefined): readonly JsonObject[] {
  return items(value).filter((item) => isJsonObject(item));
}

function texts(value: JsonValue | undefined): readonly string[] {
  return items(value).filter((item) => typeof item === 'string');
}
