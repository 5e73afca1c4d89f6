import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { ROOT } from '../../../scripts/layout.ts';
import { readDocumented, REFERENCE, referencePage } from '../../../scripts/reference.ts';
import type { DocumentedTask } from '../../../scripts/reference.ts';

const TASK: DocumentedTask = {
  name: 'DoIt',
  friendlyName: 'Do it',
  description: 'Does it',
  version: { Major: 2 },
  minimumAgentVersion: '4.1.0',
  groups: [{ name: 'how', displayName: 'How', visibleRule: 'what = a' }],
  inputs: [
    {
      name: 'what',
      type: 'string',
      label: 'What',
      required: true,
      helpMarkDown: 'For\nexample `x`.',
    },
    {
      name: 'way',
      type: 'pickList',
      label: 'Way',
      required: false,
      defaultValue: 'long',
      groupName: 'how',
      visibleRule: 'what = a || what != b && other != ""',
      options: { long: 'Long', short: 'Short' },
      helpMarkDown: 'The way.',
    },
    {
      name: 'where',
      type: 'connectedService:dockerregistry',
      label: 'Where',
      required: false,
      groupName: 'how',
      helpMarkDown: 'The place.',
    },
  ],
  outputVariables: [{ name: 'done', description: 'Whether it is done' }],
};

describe('reference referencePage', () => {
  it('tells every input with its type, default and rule, and every output', async () => {
    const page = await referencePage([TASK]);
    for (const line of [
      '## DoIt@2',
      'Does it. Needs agent 4.1.0 or later.',
      '- **`what`** (string, required): For example `x`.',
      '### DoIt: How',
      'Used when `what` is `a`.',
      '- **`way`** (`long` or `short`, default `long`): The way. Used when `what` is `a` or `what` is not `b` and `other` is given.',
      '- **`where`** (dockerregistry connection): The place.',
      '- **`done`**: Whether it is done',
    ]) {
      assert.ok(page.split('\n').includes(line), `${line}\nis not in\n${page}`);
    }
  });

  it('is what the repository has', async () => {
    assert.equal(
      await readFile(REFERENCE, 'utf8'),
      await referencePage(await readDocumented(ROOT)),
    );
  });
});
