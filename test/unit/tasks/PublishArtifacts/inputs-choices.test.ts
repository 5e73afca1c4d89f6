import assert from 'node:assert/strict';
import { parsed, problem } from '../../../../shared/core/result.ts';
import type { AzureConnection } from '../../../../shared/ports/azure.ts';
import type { RegistryConnection } from '../../../../shared/ports/host.ts';
import { parseInputs } from '../../../../tasks/PublishArtifacts/inputs.ts';
import type { Inputs } from '../../../../tasks/PublishArtifacts/inputs.ts';
import { FOLDERS, recordingInputs } from '../../../support/recording-inputs.ts';

type Values = Readonly<Record<string, string>>;

const LEAST = {
  imageInfo: 'image-info.json',
  sourceRegistry: 'build.example',
  targetRegistry: 'public.example',
};
const AZURE = { name: 'the subscription' } as unknown as AzureConnection;

function inputsOf(values: Values, ...connections: Connections): Inputs {
  const inputs = parseInputs(recordingInputs(values, ...connections), FOLDERS);
  assert.ok(inputs.ok && inputs.value.kind === 'publish');
  return inputs.value;
}

function messagesOf(values: Values, ...connections: Connections): readonly string[] {
  const inputs = parseInputs(recordingInputs(values, ...connections), FOLDERS);
  assert.ok(!inputs.ok, 'the inputs were accepted');
  return inputs.problems.map(({ path, message }) => `${path}: ${message}`);
}

type Connections = readonly [
  registries?: Parameters<typeof recordingInputs>[1],
  azure?: Parameters<typeof recordingInputs>[2],
];

describe('PublishArtifacts parseInputs, where image-info is', () => {
  it('takes what SignImageInfo left, else what CreateManifestLists left', () => {
    assert.deepEqual(inputsOf({ ...LEAST, imageInfo: '' }).imageInfo, {
      kind: 'artifact',
      names: ['image-info-signed', 'image-info'],
      runId: undefined,
    });
  });

  it('asks nothing of its signature when told so', () => {
    const inputs = inputsOf({ ...LEAST, imageInfoSignature: 'ignore' });
    assert.equal(inputs.imageInfoSignature, 'ignore');
  });
});

describe('PublishArtifacts parseInputs, connections', () => {
  it('takes each registry from the connection of its side', () => {
    const source: RegistryConnection = { registry: 'one.example' };
    const target: RegistryConnection = { registry: 'two.example' };
    const values = { imageInfo: 'image-info.json' };
    const inputs = inputsOf(values, {
      sourceConnection: parsed(source),
      targetConnection: parsed(target),
    });
    assert.equal(inputs.source.location.registry, 'one.example');
    assert.equal(inputs.source.connection, source);
    assert.equal(inputs.target.connection, target);
  });

  it('names the connection where neither it nor a registry is given', () => {
    assert.deepEqual(messagesOf({ imageInfo: 'image-info.json' }), [
      'sourceRegistry: is required unless sourceConnection is given',
      'targetRegistry: is required unless targetConnection is given',
    ]);
  });

  it('tells what is wrong with a connection', () => {
    const sourceConnection = problem('sourceConnection', 'is not there');
    const azureSubscription = problem('azureSubscription', 'is not there either');
    assert.deepEqual(messagesOf(LEAST, { sourceConnection }, { azureSubscription }), [
      'sourceConnection: is not there',
      'azureSubscription: is not there either',
    ]);
  });

  for (const copyMethod of ['auto', 'acrImport', '']) {
    it(`imports with the subscription that is given to copyMethod '${copyMethod}'`, () => {
      const azure = { azureSubscription: parsed(AZURE) };
      const inputs = inputsOf({ ...LEAST, copyMethod }, {}, azure);
      assert.equal(inputs.importWith, AZURE);
      assert.equal(inputs.copyMethod, copyMethod === '' ? 'auto' : copyMethod);
    });
  }

  it('refuses to import without a subscription', () => {
    assert.deepEqual(messagesOf({ ...LEAST, copyMethod: 'acrImport' }), [
      'azureSubscription: is required when copyMethod is acrImport',
    ]);
  });

  it('refuses a subscription that nothing is imported with', () => {
    const azure = { azureSubscription: parsed(AZURE) };
    assert.deepEqual(messagesOf({ ...LEAST, copyMethod: 'stream' }, {}, azure), [
      'azureSubscription: is not used when copyMethod is stream: leave it out',
    ]);
  });
});

describe('PublishArtifacts parseInputs of a rollback', () => {
  const ROLLBACK = { rollbackReceipt: 'receipt.json', targetRegistry: 'public.example' };
  const unused = [
    ...['imageInfo', 'imageInfoArtifact', 'imageInfoRunId', 'sourceConnection', 'sourceRegistry'],
    ...['sourceRepositoryPrefix', 'trustPolicy', 'trustStore', 'azureSubscription'],
    ...['baselineImageInfo', 'commitOverride', 'waitForRegistry'],
  ];
  for (const name of unused) {
    it(`refuses ${name}, which it does not use`, () => {
      assert.deepEqual(messagesOf({ ...ROLLBACK, [name]: 'given' }), [
        `${name}: is not used with rollbackReceipt: leave it out`,
      ]);
    });
  }
});
