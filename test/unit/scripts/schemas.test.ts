import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { isJsonObject, parseJson } from '../../../shared/core/json.ts';
import type { JsonObject, JsonValue } from '../../../shared/core/json.ts';
import { ROOT } from '../../../scripts/layout.ts';

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';

async function schemaOf(path: string): Promise<JsonObject> {
  const json = parseJson(await readFile(join(ROOT, path)), path);
  assert.ok(json.ok && isJsonObject(json.value));
  return json.value;
}

interface Part {
  readonly path: string;
  readonly schema: JsonObject;
}

/** The schemas of all properties and definitions, with the definition that a property refers to. */
function partsOf(schema: JsonObject, root: JsonObject, path: string): readonly Part[] {
  return ['properties', '$defs'].flatMap((keyword) => {
    const members = schema[keyword];
    if (!isJsonObject(members)) return [];
    return Object.entries(members).flatMap(([name, value]) => {
      assert.ok(isJsonObject(value));
      const here = `${path}/${keyword}/${name}`;
      const described = { ...definitionOf(value['$ref'], root), ...value };
      return [{ path: here, schema: described }, ...partsOf(value, root, here)];
    });
  });
}

function definitionOf(reference: JsonValue | undefined, root: JsonObject): JsonObject {
  const name = typeof reference === 'string' ? reference.replace('#/$defs/', '') : '';
  const definitions = root['$defs'];
  const found = isJsonObject(definitions) ? definitions[name] : undefined;
  return isJsonObject(found) ? found : {};
}

for (const document of ['image-info', 'build-manifest'] as const) {
  describe(`docs ${document}.schema.json`, () => {
    const source = `shared/${document}/schema.json`;
    const page = `docs/${document}.schema.json`;

    it('is the schema that the tasks check with, byte for byte', async () => {
      assert.equal(
        await readFile(join(ROOT, page), 'utf8'),
        await readFile(join(ROOT, source), 'utf8'),
      );
    });

    it('is a schema of draft 2020-12 with a name of its own', async () => {
      const schema = await schemaOf(page);
      assert.equal(schema['$schema'], DRAFT);
      assert.match(JSON.stringify(schema['$id']), /^"urn:container-image-release:/);
      assert.equal(await new Ajv2020({ strictTypes: false }).validateSchema(schema), true);
    });

    it('tells an editor what every member is', async () => {
      const schema = await schemaOf(page);
      const parts = [{ path: '#', schema }, ...partsOf(schema, schema, '#')];
      assert.ok(parts.length > 20);
      for (const keyword of ['title', 'description']) {
        const silent = parts.filter((part) => typeof part.schema[keyword] !== 'string');
        assert.deepEqual(
          silent.map(({ path }) => path),
          [],
          keyword,
        );
      }
    });
  });
}
