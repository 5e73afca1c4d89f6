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

/** Inputs with something wrong by itself, and something that does not go together; both must be told at once. */
const mixtures: readonly {
  readonly name: string;
  readonly parse: Task['parse'];
  readonly values: Readonly<Record<string, string>>;
  readonly messages: readonly string[];
}[] = [
  {
    name: 'CreateManifestLists without a registry, with annotations on Docker lists and variables of no manifest',
    parse: createManifestLists,
    values: { mediaType: 'docker', annotations: 'a=b', manifestVariables: 'a=b' },
    messages: [
      'registry: is required unless registryConnection is given',
      'annotations: need an OCI index: set mediaType to auto or oci',
      'manifestVariables: are for a build manifest: give manifest too',
    ],
  },
  {
    name: 'CreateManifestLists with a manifest that is a macro, which is not taken for none',
    parse: createManifestLists,
    values: { registry: 'a.example', manifest: '$(path)', missingPlatforms: 'import' },
    messages: ["manifest: the variable 'path' is not defined"],
  },
  {
    name: 'CreateManifestLists with a published prefix where nothing is imported, by its own name',
    parse: createManifestLists,
    values: { registry: 'a.example', publishedRepositoryPrefix: 'public' },
    messages: [
      'publishedRepositoryPrefix: says where missing platforms are imported from: set missingPlatforms to import',
    ],
  },
  {
    name: 'SignImageInfo by ESRP without its key and registry, with an expiry',
    parse: signImageInfo,
    values: { signer: 'esrp', esrpToolPath: 'a', existingSignatures: 'add', expiry: '9d' },
    messages: [
      'registry: is required unless registryConnection is given',
      'esrpKeyCode: is required',
      'expiry: cannot be set with the signer esrp',
    ],
  },
  {
    name: 'SignImageInfo with half of each pair and a macro in the other half',
    parse: signImageInfo,
    values: {
      ...{ registry: 'a.example', privateKey: 'key.pem', certificateChain: 'chain.pem' },
      ...{ timestampUrl: '$(tsa)', trustPolicy: '$(policy)' },
    },
    messages: [
      "timestampUrl: the variable 'tsa' is not defined",
      'timestampRootCertificate: is required when timestampUrl is given',
      "trustPolicy: the variable 'policy' is not defined",
      'trustStore: is required when trustPolicy is given',
    ],
  },
  {
    name: 'SignImageInfo with a report in the place of image-info',
    parse: signImageInfo,
    values: {
      ...{ registry: 'a.example', privateKey: 'key.pem', certificateChain: 'chain.pem' },
      output: 'out/image-info.json',
    },
    messages: ['output: cannot be called image-info.json, which is written beside it'],
  },
  {
    name: 'PublishArtifacts onto its source in a phase that cannot wait, with a wrong word',
    parse: publishArtifacts,
    values: {
      ...{ sourceRegistry: 'a.example', targetRegistry: 'a.example', existingTags: 'keep' },
      ...{ phase: 'content', waitForRegistry: 'b.example' },
    },
    messages: [
      'existingTags: is not one of move, fail: "keep"',
      'targetRegistry: names, with targetRepositoryPrefix, the place of the source: give another registry or prefix',
      'waitForRegistry: is not used in the phase content: give it to the step of the phase tags',
    ],
  },
  {
    name: 'PublishArtifacts with macros in both inputs of the wait, and a commit for nothing',
    parse: publishArtifacts,
    values: {
      ...{ sourceRegistry: 'a.example', targetRegistry: 'b.example', commitOverride: 'main' },
      ...{ waitForRegistry: '$(where)', waitTimeoutMinutes: '$(minutes)' },
    },
    messages: [
      'commitOverride: is not a commit of 40 hex digits in lower case',
      'commitOverride: is used only with baselineImageInfo',
      "waitForRegistry: the variable 'where' is not defined",
      "waitTimeoutMinutes: the variable 'minutes' is not defined",
    ],
  },
  {
    name: 'PublishArtifacts with an import without a subscription, in other letters, and a wait for no host',
    parse: publishArtifacts,
    values: {
      ...{ sourceRegistry: 'a.example', targetRegistry: 'b.example' },
      ...{ copyMethod: 'ACRIMPORT', waitForRegistry: '/public' },
    },
    messages: [
      'azureSubscription: is required when copyMethod is acrImport',
      'waitForRegistry: does not begin with a host such as mcr.example',
    ],
  },
];

describe('the input problems of a step', () => {
  for (const { name, parse, values, messages } of mixtures) {
    it(`are told all at once: ${name}`, () => {
      const result = parse(recordingInputs(values), FOLDERS);
      assert.ok(!result.ok);
      const told = result.problems.map(({ path, message }) => `${path}: ${message}`);
      assert.deepEqual(told, messages);
    });
  }
});
