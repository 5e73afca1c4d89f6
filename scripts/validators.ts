import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standaloneCode from 'ajv/dist/standalone/index.js';
import type { AnySchema } from 'ajv';
import { invariant } from '../shared/core/errors.ts';
import { isMain, ROOT } from './layout.ts';

const DOCUMENTS = ['image-info', 'build-manifest'] as const;

const DECLARATION = `import type { SchemaError } from '../../core/schema-problems.ts';

/** Whether a JSON value has the shape of the schema; \`errors\` tells every difference of the last call. */
export declare const validate: {
  (value: unknown): boolean;
  readonly errors?: readonly SchemaError[] | null;
};
`;

/** Compiles the JSON schemas of the documents into modules without dependencies, beside each schema in \`generated\`. */
export async function generateValidators(): Promise<void> {
  for (const document of DOCUMENTS) {
    const folder = join(ROOT, 'shared', document);
    const source = join(folder, 'schema.json');
    const schema = JSON.parse(await readFile(source, 'utf8')) as AnySchema;
    await copyFile(source, join(ROOT, 'docs', `${document}.schema.json`));
    await mkdir(join(folder, 'generated'), { recursive: true });
    await writeFile(join(folder, 'generated', 'validate.mjs'), compile(schema));
    await writeFile(join(folder, 'generated', 'validate.d.mts'), DECLARATION);
  }
}

function compile(schema: AnySchema): string {
  const ajv = new Ajv2020({
    allErrors: true,
    // A definition may leave the type to where it is used.
    strictTypes: false,
    code: { source: true, esm: true },
  });
  ajv.addSchema(schema, 'document');
  const code = standaloneCode.default(ajv, { validate: 'document' });
  invariant(!code.includes('require('), 'a validator stands alone');
  return code;
}

if (isMain(import.meta.url)) await generateValidators();
