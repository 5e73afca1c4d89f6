import assert from 'node:assert/strict';
import { parseInputs } from '../../../../tasks/PublishArtifacts/inputs.ts';
import type { Gate } from '../../../../tasks/PublishArtifacts/inputs.ts';
import { FOLDERS, recordingInputs } from '../../../support/recording-inputs.ts';

const LEAST = {
  imageInfo: 'image-info-signed/image-info.json',
  sourceRegistry: 'build.example',
  targetRegistry: 'public.example',
};
const SIGNATURE = 'application/vnd.cncf.notary.signature';
const TRUST = { trustPolicy: 'policy.json', trustStore: 'store' };
const COMMIT = '0123456789'.repeat(4);
const TRUST_PATHS = { policy: '/working/policy.json', store: '/working/store' };

function messagesOf(values: Readonly<Record<string, string>>): readonly string[] {
  const result = parseInputs(recordingInputs(values), FOLDERS);
  assert.ok(!result.ok, 'the inputs were accepted');
  return result.problems.map(({ path, message }) => `${path}: ${message}`);
}

describe('PublishArtifacts parseInputs', () => {
  it('fills in defaults', () => {
    assert.deepEqual(parseInputs(recordingInputs(LEAST), FOLDERS), {
      ok: true,
      value: {
        kind: 'publish',
        imageInfo: { kind: 'file', path: '/workspace/image-info-signed/image-info.json' },
        source: {
          location: { registry: 'build.example', prefix: '' },
          connection: undefined,
          scheme: undefined,
        },
        target: {
          location: { registry: 'public.example', prefix: '' },
          connection: undefined,
          scheme: undefined,
        },
        registries: { trustedTokenHosts: [], referrersPerMinute: undefined },
        gate: { kind: 'present' },
        imageInfoSignature: 'auto',
        copyMethod: 'auto',
        importWith: undefined,
        referrerTypes: ['*'],
        existingTags: 'move',
        includeUnchanged: false,
        phase: 'all',
        baseline: undefined,
        wait: undefined,
        output: '/temp/image-info-final/image-info.json',
        artifactName: undefined,
        dryRun: false,
      },
    });
  });

  it('takes everything that can be given', () => {
    const inputs = parseInputs(
      recordingInputs({
        imageInfo: '/elsewhere/image-info.json',
        sourceRegistry: 'one.example',
        sourceRepositoryPrefix: 'run/1',
        targetRegistry: 'one.example',
        targetRepositoryPrefix: 'public/',
        trustedTokenHosts: 'login.example',
        referrersPerMinute: '100',
        ...TRUST,
        imageInfoSignature: 'require',
        copyMethod: 'stream',
        referrerTypes: `${SIGNATURE}\napplication/spdx+json`,
        existingTags: 'fail',
        includeUnchanged: 'true',
        phase: 'tags',
        baselineImageInfo: 'versions/image-info.json',
        commitOverride: COMMIT,
        waitForRegistry: 'https://mcr.example/dotnet/',
        waitTimeoutMinutes: '45',
        output: 'out/final.json',
        artifactName: 'final',
        dryRun: 'true',
      }),
      FOLDERS,
    );
    assert.ok(inputs.ok);
    assert.deepEqual(inputs.value, {
      kind: 'publish',
      imageInfo: { kind: 'file', path: '/elsewhere/image-info.json' },
      source: {
        location: { registry: 'one.example', prefix: 'run/1' },
        connection: undefined,
        scheme: undefined,
      },
      target: {
        location: { registry: 'one.example', prefix: 'public' },
        connection: undefined,
        scheme: undefined,
      },
      registries: { trustedTokenHosts: ['login.example'], referrersPerMinute: 100 },
      gate: { kind: 'verified', trust: TRUST_PATHS },
      imageInfoSignature: 'require',
      copyMethod: 'stream',
      importWith: undefined,
      referrerTypes: [SIGNATURE, 'application/spdx+json'],
      existingTags: 'fail',
      includeUnchanged: true,
      phase: 'tags',
      baseline: { path: '/workspace/versions/image-info.json', commitOverride: COMMIT },
      wait: {
        place: {
          location: { registry: 'mcr.example', prefix: 'dotnet' },
          connection: undefined,
          scheme: 'https',
        },
        timeoutMs: 45 * 60_000,
      },
      output: '/working/out/final.json',
      artifactName: 'final',
      dryRun: true,
    });
  });

  const gates: readonly {
    readonly values: Readonly<Record<string, string>>;
    readonly gate: Gate;
  }[] = [
    { values: {}, gate: { kind: 'present' } },
    { values: { requireSignatures: 'auto' }, gate: { kind: 'present' } },
    { values: { requireSignatures: 'none' }, gate: { kind: 'none' } },
    {
      values: { requireSignatures: 'auto', ...TRUST },
      gate: { kind: 'verified', trust: TRUST_PATHS },
    },
    {
      values: { requireSignatures: 'Verified', ...TRUST },
      gate: { kind: 'verified', trust: TRUST_PATHS },
    },
  ];
  for (const { values, gate } of gates) {
    it(`makes the gate ${gate.kind} of ${JSON.stringify(values)}`, () => {
      const inputs = parseInputs(recordingInputs({ ...LEAST, ...values }), FOLDERS);
      assert.ok(inputs.ok && inputs.value.kind === 'publish');
      assert.deepEqual(inputs.value.gate, gate);
    });
  }

  const contradictions: readonly {
    readonly name: string;
    readonly values: Readonly<Record<string, string>>;
    readonly message: string;
  }[] = [
    {
      name: 'verified without a policy',
      values: { requireSignatures: 'verified' },
      message: 'trustPolicy: is required when requireSignatures is verified',
    },
    {
      name: 'a policy that nobody asks',
      values: { requireSignatures: 'present', ...TRUST },
      message: 'trustPolicy: is not used when requireSignatures is present: leave it out',
    },
    {
      name: 'a policy without a store',
      values: { trustPolicy: 'policy.json' },
      message: 'trustStore: is required when trustPolicy is given',
    },
    {
      name: 'a target that is the source',
      values: { targetRegistry: 'https://BUILD.example/' },
      message:
        'targetRegistry: names, with targetRepositoryPrefix, the place of the source: give another registry or prefix',
    },
    {
      name: 'a commit without a document to put it into',
      values: { commitOverride: COMMIT },
      message: 'commitOverride: is used only with baselineImageInfo',
    },
    {
      name: 'a commit that is none',
      values: { baselineImageInfo: 'a.json', commitOverride: 'main' },
      message: 'commitOverride: is not a commit of 40 hex digits in lower case',
    },
    ...['0', '1441', '20m', '-1'].map((waitTimeoutMinutes) => ({
      name: `to wait for ${waitTimeoutMinutes}`,
      values: { waitTimeoutMinutes },
      message: 'waitTimeoutMinutes: is not a number of minutes from 1 to 1440',
    })),
    ...['receipt.json', 'Plan.json'].map((name) => ({
      name: `an output called ${name}`,
      values: { output: `out/${name}` },
      message: `output: cannot be called ${name.toLowerCase()}, which is written beside it`,
    })),
    {
      name: 'a merge in a phase that sets no tags',
      values: { phase: 'content', baselineImageInfo: 'a.json' },
      message:
        'baselineImageInfo: is not used in the phase content: give it to the step of the phase tags',
    },
    {
      name: 'to wait in a phase that sets no tags',
      values: { phase: 'content', waitForRegistry: 'mcr.example' },
      message:
        'waitForRegistry: is not used in the phase content: give it to the step of the phase tags',
    },
  ];
  for (const { name, values, message } of contradictions) {
    it(`refuses ${name}`, () => {
      assert.deepEqual(messagesOf({ ...LEAST, ...values }), [message]);
    });
  }

  it('is a rollback when a receipt is given', () => {
    const values = { rollbackReceipt: 'final/receipt.json', targetRegistry: 'public.example' };
    assert.deepEqual(parseInputs(recordingInputs(values), FOLDERS), {
      ok: true,
      value: {
        kind: 'rollback',
        receipt: '/workspace/final/receipt.json',
        target: {
          location: { registry: 'public.example', prefix: '' },
          connection: undefined,
          scheme: undefined,
        },
        registries: { trustedTokenHosts: [], referrersPerMinute: undefined },
        output: '/temp/image-info-final/image-info.json',
        artifactName: undefined,
        dryRun: false,
      },
    });
  });

  it('refuses what a rollback does not use, with all other problems', () => {
    const values = {
      ...{ ...LEAST, ...TRUST, rollbackReceipt: '$(receipt)', waitForRegistry: 'a.io' },
      // Defaults, as the agent gives them, and what somebody has chosen.
      ...{ copyMethod: 'auto', referrerTypes: '*', existingTags: 'fail', includeUnchanged: 'True' },
    };
    assert.deepEqual(messagesOf(values), [
      'imageInfo: is not used with rollbackReceipt: leave it out',
      'sourceRegistry: is not used with rollbackReceipt: leave it out',
      'trustPolicy: is not used with rollbackReceipt: leave it out',
      'trustStore: is not used with rollbackReceipt: leave it out',
      'waitForRegistry: is not used with rollbackReceipt: leave it out',
      'existingTags: is not used with rollbackReceipt: leave it out',
      'includeUnchanged: is not used with rollbackReceipt: leave it out',
      "rollbackReceipt: the variable 'receipt' is not defined",
    ]);
  });

  it('reports every problem in one go, with the name of the input', () => {
    const messages = messagesOf({
      sourceRegistry: '$(buildRegistry)',
      sourceRepositoryPrefix: 'run/$(Build.Run)',
      targetRepositoryPrefix: 'Public',
      requireSignatures: 'maybe',
      imageInfoRunId: 'latest',
      trustPolicy: 'policy.json',
      imageInfoSignature: 'never',
      copyMethod: 'fax',
      referrerTypes: '$(types)',
      existingTags: 'keep',
      includeUnchanged: '1',
      phase: 'first',
      baselineImageInfo: '$(baseline)',
      waitForRegistry: 'a b/c',
      output: '$(out)',
      artifactName: '$(name)',
      dryRun: 'no',
    });
    assert.deepEqual(
      messages.map((message) => message.split(':')[0]),
      [
        'imageInfoRunId',
        'sourceRegistry',
        'sourceRepositoryPrefix',
        'targetRegistry',
        'targetRepositoryPrefix',
        'requireSignatures',
        'trustStore',
        'imageInfoSignature',
        'copyMethod',
        'referrerTypes',
        'existingTags',
        'includeUnchanged',
        'phase',
        'baselineImageInfo',
        'waitForRegistry',
        'output',
        'artifactName',
        'dryRun',
      ],
    );
    assert.equal(messages[1], "sourceRegistry: the variable 'buildRegistry' is not defined");
    assert.equal(messages[2], "sourceRepositoryPrefix: the variable 'Build.Run' is not defined");
  });
});
