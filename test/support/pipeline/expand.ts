import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { invariant } from '../../../shared/core/errors.ts';
import { isJsonObject } from '../../../shared/core/json.ts';
import type { JsonObject, JsonValue } from '../../../shared/core/json.ts';
import { textOf } from './model.ts';

/** Values of the parameters of a pipeline or template. */
export type Parameters = Readonly<Record<string, string>>;

/**
 * Reads a pipeline as the server does before the run: templates put in, `${{ parameters.name }}` replaced. Other
 * expressions of that kind are a mistake of the sample: it shall not use what this cannot do.
 */
export async function expandPipeline(path: string, given: Parameters = {}): Promise<JsonObject> {
  const document = parse(await readFile(path, 'utf8')) as JsonValue;
  invariant(isJsonObject(document), `${path} is no pipeline`);
  const parameters = parametersOf(path, document, given);
  const { parameters: declared, ...rest } = document;
  invariant(declared === undefined || Array.isArray(declared), `${path}: parameters is a list`);
  const expanded = await expand(rest, { folder: dirname(path), parameters });
  invariant(isJsonObject(expanded), `${path} expands to an object`);
  return expanded;
}

/** The values that a document works with: those given, else its defaults. */
function parametersOf(path: string, document: JsonObject, given: Parameters): Parameters {
  const declared = (document['parameters'] ?? []) as readonly JsonObject[];
  const names = declared.map(({ name }) => textOf(name));
  for (const name of Object.keys(given)) {
    invariant(names.includes(name), `${path} has no parameter ${name}`);
  }
  return Object.fromEntries(
    declared.map(({ name, default: fallback }) => {
      const value = given[textOf(name)] ?? fallback;
      invariant(typeof value === 'string', `${path} needs the parameter ${textOf(name)}`);
      return [textOf(name), value];
    }),
  );
}

interface Scope {
  readonly folder: string;
  readonly parameters: Parameters;
}

async function expand(node: JsonValue | undefined, scope: Scope): Promise<JsonValue | undefined> {
  if (typeof node === 'string') return substituted(node, scope.parameters);
  if (Array.isArray(node)) {
    const items = await Promise.all(
      (node as readonly JsonValue[]).map(async (item) => expandItem(item, scope)),
    );
    return items.flat() as readonly JsonValue[];
  }
  if (!isJsonObject(node)) return node;
  const entries = await Promise.all(
    Object.entries(node).map(async ([key, value]) => [key, await expand(value, scope)] as const),
  );
  return Object.fromEntries(entries);
}

/** An item of a list; a template becomes the list of its own that has the same kind. */
async function expandItem(
  item: JsonValue,
  scope: Scope,
): Promise<readonly (JsonValue | undefined)[]> {
  if (!isJsonObject(item) || typeof item['template'] !== 'string')
    return [await expand(item, scope)];
  const given = await expand(item['parameters'] ?? {}, scope);
  const path = join(scope.folder, item['template']);
  const template = await expandPipeline(path, given as Parameters);
  const list = template['stages'] ?? template['jobs'] ?? template['steps'];
  invariant(Array.isArray(list), `${path} has stages, jobs or steps`);
  return list as readonly JsonValue[];
}

function substituted(text: string, parameters: Parameters): string {
  return text.replaceAll(/\$\{\{\s*(.*?)\s*\}\}/g, (expression, inner: string) => {
    const name = /^parameters\.(\w+)$/.exec(inner)?.[1];
    const value = name === undefined ? undefined : parameters[name];
    invariant(value !== undefined, `${expression} is nothing that a sample may use`);
    return value;
  });
}
