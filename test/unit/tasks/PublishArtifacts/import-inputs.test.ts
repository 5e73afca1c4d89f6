import assert from 'node:assert/strict';
import { parsed } from '../../../../shared/core/result.ts';
import type { AzureConnection } from '../../../../shared/ports/azure.ts';
import { parseInputs } from '../../../../tasks/PublishArtifacts/inputs.ts';
import { FOLDERS, recordingInputs } from '../../../support/recording-inputs.ts';

const LEAST = {
  imageInfo: 'image-info.json',
  sourceRegistry: 'build.example',
  targetRegistry: 'public.azurecr.io',
};

const CONNECTION: AzureConnection = {
  input: 'azureSubscription',
  id: 'f0000000-0000-4000-8000-000000000001',
  login: { kind: 'managed' },
  cloud: {
    authority: 'https://login.microsoftonline.com',
    resourceManager: 'https://management.azure.com',
    resourceManagerAudience: 'https://management.azure.com',
  },
};

describe('PublishArtifacts parseInputs, of an import by the target', () => {
  const cases = [
    { method: '', connected: true, importsWith: CONNECTION },
    { method: '', connected: false, importsWith: undefined },
    { method: 'acrImport', connected: true, importsWith: CONNECTION },
    { method: 'stream', connected: false, importsWith: undefined },
    {
      method: 'acrImport',
      connected: false,
      refusal: 'azureSubscription is required when copyMethod is acrImport',
    },
    {
      method: 'acrimport',
      connected: false,
      refusal: 'azureSubscription is required when copyMethod is acrImport',
    },
    {
      method: 'Stream',
      connected: true,
      refusal: 'azureSubscription is not used when copyMethod is stream: leave it out',
    },
  ];
  for (const { method, connected, importsWith, refusal } of cases) {
    const how = `copyMethod ${JSON.stringify(method)} ${connected ? 'with' : 'without'} azureSubscription`;
    it(refusal === undefined ? `takes ${how}` : `refuses ${how}`, () => {
      const azure = { azureSubscription: parsed(CONNECTION) };
      const values = { ...LEAST, copyMethod: method };
      const inputs = parseInputs(recordingInputs(values, {}, connected ? azure : {}), FOLDERS);
      const problems = inputs.ok ? [] : inputs.problems;
      assert.deepEqual(
        problems.map(({ path, message }) => `${path} ${message}`),
        refusal === undefined ? [] : [refusal],
      );
      if (!inputs.ok) return;
      assert.ok(inputs.value.kind === 'publish');
      assert.equal(inputs.value.importWith, importsWith);
    });
  }
});
