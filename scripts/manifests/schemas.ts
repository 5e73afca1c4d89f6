import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import type { SchemaObject } from 'ajv';
import { ROOT } from '../layout.ts';

/** A kind of manifest that has a schema in `scripts/schemas`. */
export type ManifestKind = 'task' | 'extension';

/** How a manifest differs from its schema, one problem a line; empty when it does not. */
export async function schemaProblems(
  kind: ManifestKind,
  manifest: unknown,
): Promise<readonly string[]> {
  const path = join(ROOT, 'scripts', 'schemas', `${kind}.schema.json`);
  const schema = JSON.parse(await readFile(path, 'utf8')) as SchemaObject;
  const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);
  if (validate(manifest)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${instancePath === '' ? '/' : instancePath} ${message ?? ''} ${JSON.stringify(params)}`,
  );
}
