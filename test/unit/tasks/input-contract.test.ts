import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Parsed } from '../../../shared/core/result.ts';
import type { InputReader, RunFolders } from '../../../shared/ports/host.ts';
import { parseInputs as createManifestLists } from '../../../tasks/CreateManifestLists/inputs.ts';
import { parseInputs as publishArtifacts } from '../../../tasks/PublishArtifacts/inputs.ts';
import { parseInputs as signImageInfo } from '../../../tasks/SignImageInfo/inputs.ts';
import { FOLDERS, recordingInputs } from '../../support/recording-inputs.ts';

interface Declared {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly defaultValue?: string | boolean;
}

interface Task {
  readonly name: string;
  readonly parse: (input: InputReader, folders: RunFolders) => Parsed<unknown>;
}

const tasks: readonly Task[] = [
  { name: 'CreateManifestLists', parse: createManifestLists },
  { name: 'SignImageInfo', parse: signImageInfo },
  { name: 'PublishArtifacts', parse: publishArtifacts },
];

async function readDeclared(task: string): Promise<readonly Declared[]> {
  const file = new URL(`../../../tasks/${task}/task.json`, import.meta.url);
  const { inputs } = JSON.parse(await readFile(file, 'utf8')) as { inputs: readonly Declared[] };
  return inputs;
}

for (const { name, parse } of tasks) {
  describe(`the input contract of ${name}`, () => {
    it('reads exactly the inputs that task.json declares, connections as connections', async () => {
      const declared = await readDeclared(name);
      const inputs = recordingInputs();
      parse(inputs, FOLDERS);
      assert.deepEqual([...inputs.reads.keys()].sort(), declared.map((one) => one.name).sort());
      assert.deepEqual(
        [...inputs.reads].flatMap(([input, kind]) => (kind === 'connection' ? [input] : [])).sort(),
        declared.flatMap((one) => (one.type.startsWith('connected') ? [one.name] : [])).sort(),
      );
    });

    it('asks for every required input in one go and takes all defaults', async () => {
      const declared = await readDeclared(name);
      const defaults = declared.map((one) => [one.name, String(one.defaultValue ?? '')] as const);
      const result = parse(recordingInputs(Object.fromEntries(defaults)), FOLDERS);
      assert.ok(!result.ok);
      const required = declared.filter((one) => one.required && one.defaultValue === undefined);
      const missing = result.problems.map(({ path }) => path);
      const places = missing.filter((path) => /registry$/i.test(path));
      assert.deepEqual(
        missing.filter((path) => !places.includes(path)).sort(),
        required.map((one) => one.name).sort(),
      );
      assert.equal(places.length, name === 'PublishArtifacts' ? 2 : 1);
    });
  });
}
