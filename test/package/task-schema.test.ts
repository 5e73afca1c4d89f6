import assert from 'node:assert/strict';
import { ROOT } from '../../scripts/layout.ts';
import { readProduct } from '../../scripts/manifests/read.ts';
import { schemaProblems } from '../../scripts/manifests/schemas.ts';
import { definite } from '../../shared/core/errors.ts';

/** An input without faults. */
const INPUT = {
  name: 'brandNew',
  type: 'string',
  label: 'New',
  required: false,
  helpMarkDown: 'New, for example `new`.',
};

describe('schemas schemaProblems', () => {
  const refused = [
    {
      name: 'Node 16 beside the others',
      change: { execution: { Node16: { target: 'index.js' } } },
    },
    { name: 'a long name', change: { friendlyName: 'x'.repeat(41) } },
    { name: 'an id that is no GUID', change: { id: 'create-manifest-lists' } },
    { name: 'a key that nobody knows', change: { helpUrls: [] } },
    { name: 'a version of text', change: { version: { Major: '1', Minor: '0', Patch: '0' } } },
    {
      name: 'a pick list without options',
      change: { inputs: [{ ...INPUT, type: 'pickList' }] },
    },
    {
      name: 'a rule with parentheses',
      change: { inputs: [{ ...INPUT, visibleRule: '(a = b)' }] },
    },
    { name: 'an input of type filePath', change: { inputs: [{ ...INPUT, type: 'filePath' }] } },
  ];
  for (const { name, change } of refused) {
    it(`refuses a task.json with ${name}`, async () => {
      const { manifest } = definite((await readProduct(ROOT)).tasks[0], 'the first task');
      assert.notDeepEqual(await schemaProblems('task', { ...manifest, ...change }), []);
    });
  }

  for (const key of ['id', 'inputs', 'messages', 'execution', 'minimumAgentVersion']) {
    it(`refuses a task.json without ${key}`, async () => {
      const { manifest } = definite((await readProduct(ROOT)).tasks[0], 'the first task');
      const rest = Object.fromEntries(Object.entries(manifest).filter(([name]) => name !== key));
      assert.notDeepEqual(await schemaProblems('task', rest), []);
    });
  }
});
