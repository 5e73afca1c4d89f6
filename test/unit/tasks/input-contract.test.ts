import assert from 'node:assert/strict';
import { stepProblems } from '../../../scripts/check-samples.ts';
import { ROOT } from '../../../scripts/layout.ts';
import { readProduct } from '../../../scripts/manifests/read.ts';
import { definite } from '../../../shared/core/errors.ts';
import type { Parsed } from '../../../shared/core/result.ts';
import type { InputReader, RunFolders } from '../../../shared/ports/host.ts';
import { parseInputs as createManifestLists } from '../../../tasks/CreateManifestLists/inputs.ts';
import { parseInputs as publishArtifacts } from '../../../tasks/PublishArtifacts/inputs.ts';
import { parseInputs as signImageInfo } from '../../../tasks/SignImageInfo/inputs.ts';
import { FOLDERS, recordingInputs } from '../../support/recording-inputs.ts';

interface Task {
  readonly name: string;
  readonly parse: (input: InputReader, folders: RunFolders) => Parsed<unknown>;
}

const tasks: readonly Task[] = [
  { name: 'CreateManifestLists', parse: createManifestLists },
  { name: 'SignImageInfo', parse: signImageInfo },
  { name: 'PublishArtifacts', parse: publishArtifacts },
];

for (const { name, parse } of tasks) {
  describe(`the input contract of ${name}`, () => {
    it('asks for every required input that is shown in one go, and takes all defaults', async () => {
      const { tasks: sources } = await readProduct(ROOT);
      const manifests = sources.map(({ manifest }) => manifest);
      const needed = stepProblems({ task: `${name}@1`, inputs: {}, line: 1 }, manifests);
      const declared = definite(
        manifests.find((one) => one.name === name),
        name,
      ).inputs;
      const defaults = declared.map((one) => [one.name, String(one.defaultValue ?? '')] as const);
      const result = parse(recordingInputs(Object.fromEntries(defaults)), FOLDERS);
      assert.ok(!result.ok);
      const missing = result.problems.map(({ path }) => path);
      for (const problem of needed) {
        assert.ok(missing.includes(problem.slice(`${name} needs `.length)), problem);
      }
      const places = missing.filter((path) => /registry$/i.test(path));
      assert.equal(places.length, name === 'PublishArtifacts' ? 2 : 1);
      const names = declared.map((one) => one.name);
      assert.deepEqual(
        missing.filter((path) => !names.includes(path)),
        [],
      );
    });
  });
}
