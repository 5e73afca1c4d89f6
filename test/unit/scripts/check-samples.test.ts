import assert from 'node:assert/strict';
import { checkSamples, readSamples, stepProblems } from '../../../scripts/check-samples.ts';
import { ROOT, TASKS } from '../../../scripts/layout.ts';
import type { TaskManifest } from '../../../scripts/manifests/model.ts';
import { readProduct } from '../../../scripts/manifests/read.ts';
import { taskSteps, yamlBlocks } from '../../../scripts/samples/steps.ts';

describe('samples taskSteps', () => {
  it('finds steps however deep they are, with their line', () => {
    const yaml = [
      'stages:',
      '  - stage: A',
      '    jobs:',
      '      - deployment: d',
      '        strategy:',
      '          runOnce:',
      '            deploy:',
      '              steps:',
      '                - script: echo',
      '                - task: SignImageInfo@1',
      '                  inputs:',
      '                    signer: certificate',
      '                    dryRun: true',
    ].join('\n');
    assert.deepEqual(taskSteps(yaml), [
      { task: 'SignImageInfo@1', inputs: { signer: 'certificate', dryRun: 'true' }, line: 10 },
    ]);
  });

  it('fails over text that is no YAML', () => {
    assert.throws(() => taskSteps('a: [b'));
  });
});

describe('samples yamlBlocks', () => {
  it('finds the blocks of a page and where they begin', () => {
    const page = 'Text\n\n```yaml\n- task: A@1\n```\n\n```sh\nls\n```\n';
    assert.deepEqual(yamlBlocks(page), [{ text: '- task: A@1\n', line: 3 }]);
  });
});

describe('check-samples stepProblems', () => {
  let tasks: readonly TaskManifest[];

  before(async () => {
    tasks = (await readProduct(ROOT)).tasks.map(({ manifest }) => manifest);
  });

  const cases: readonly (readonly [
    string,
    Readonly<Record<string, string>>,
    RegExp | undefined,
  ])[] = [
    ['Docker@2', { anything: 'goes' }, undefined],
    ['CreateManifestLists@9', {}, /there is no CreateManifestLists@9/],
    [
      'CreateManifestLists@1',
      { imageInfo: 'x', nothing: 'y' },
      /CreateManifestLists nothing is no input/,
    ],
    [
      'CreateManifestLists@1',
      { imageInfo: 'x', mediaType: 'zip' },
      /mediaType is zip, none of auto/,
    ],
    ['CreateManifestLists@1', { imageInfo: 'x', mediaType: '$(mediaType)' }, undefined],
    [
      'CreateManifestLists@1',
      { imageInfo: 'x', dryRun: 'yes' },
      /dryRun is yes, not true or false/,
    ],
    ['SignImageInfo@1', { imageInfo: 'x' }, /SignImageInfo needs privateKey/],
  ];
  for (const [task, inputs, found] of cases) {
    it(`${found === undefined ? 'accepts' : 'refuses'} ${task} ${JSON.stringify(inputs)}`, () => {
      const problems = stepProblems({ task, inputs, line: 1 }, tasks).join('\n');
      if (found === undefined) assert.equal(problems, '');
      else assert.match(problems, found);
    });
  }
});

describe('check-samples checkSamples', () => {
  it('finds nothing wrong with the samples of the repository', async () => {
    assert.deepEqual(await checkSamples(ROOT), []);
  });

  it('reads samples of every task', async () => {
    const used = (await readSamples(ROOT)).flatMap(({ steps }) => steps.map(({ task }) => task));
    for (const task of TASKS) assert.ok(used.includes(`${task}@1`), task);
  });
});
