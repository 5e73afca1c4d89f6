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

/** Each reads inputs of its own. */
const SIGNERS = ['certificate', 'azureKeyVault', 'plugin', 'esrp'] as const;

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

    it('names the variable of a macro that was not expanded, in every input', async () => {
      const { tasks: sources } = await readProduct(ROOT);
      const declared = definite(
        sources.find(({ manifest }) => manifest.name === name),
        name,
      ).manifest.inputs;
      const isNamed = (input: string, signer: string): boolean => {
        const values = { signer, [input]: '$(nowhere)' };
        const result = parse(recordingInputs(values), FOLDERS);
        const told = result.ok ? [] : result.problems;
        return told.some(
          ({ path, message }) =>
            path === input && message === "the variable 'nowhere' is not defined",
        );
      };
      const silent = declared
        .filter(({ type }) => !type.startsWith('connectedService'))
        .map((one) => one.name)
        .filter((input) => !SIGNERS.some((signer) => isNamed(input, signer)));
      assert.deepEqual(silent, []);
    });
  });
}
