import assert from 'node:assert/strict';
import { parsed } from '../../../../shared/core/result.ts';
import { parseInputs } from '../../../../tasks/SignImageInfo/inputs.ts';
import { FOLDERS, recordingInputs } from '../../../support/recording-inputs.ts';

const LEAST = {
  imageInfo: 'image-info.json',
  registry: 'build.example',
  privateKey: 'key.pem',
  certificateChain: 'chain.pem',
};

function problemsOf(values: Readonly<Record<string, string>>): readonly string[] {
  const inputs = parseInputs(recordingInputs({ ...LEAST, ...values }), FOLDERS);
  return inputs.ok ? [] : inputs.problems.map(({ path, message }) => `${path}: ${message}`);
}

describe('SignImageInfo parseInputs, choices', () => {
  it('takes what CreateManifestLists left', () => {
    const inputs = parseInputs(recordingInputs({ ...LEAST, imageInfo: '' }), FOLDERS);
    assert.ok(inputs.ok);
    assert.deepEqual(inputs.value.imageInfo, {
      ...{ kind: 'artifact', names: ['image-info'], runId: undefined },
    });
  });

  it('takes the registry from its connection', () => {
    const connection = { registry: 'connected.example' };
    const given = recordingInputs(
      { ...LEAST, registry: '' },
      { registryConnection: parsed(connection) },
    );
    const inputs = parseInputs(given, FOLDERS);
    assert.ok(inputs.ok);
    assert.equal(inputs.value.registry.connection, connection);
    assert.equal(inputs.value.registry.location.registry, 'connected.example');
  });

  const refused = [
    { values: { output: '$(out)' }, problem: "output: the variable 'out' is not defined" },
    {
      values: { repositoryPrefix: '$(prefix)' },
      problem: "repositoryPrefix: the variable 'prefix' is not defined",
    },
    {
      values: { registry: '' },
      problem: 'registry: is required unless registryConnection is given',
    },
  ];
  for (const { values, problem } of refused) {
    it(`refuses ${JSON.stringify(values)}`, () => {
      assert.deepEqual(problemsOf(values), [problem]);
    });
  }

  const esrp = {
    ...{ signer: 'esrp', esrpKeyCode: '400', esrpSignType: 'real', esrpToolPath: '/tools' },
    ...{ privateKey: '', certificateChain: '', existingSignatures: 'add' },
  };
  const clashes = [
    {
      values: { signatureFormat: 'jws' },
      problem: 'signatureFormat: is cose with the signer esrp',
    },
    { values: { expiry: '90d' }, problem: 'expiry: cannot be set with the signer esrp' },
    {
      values: { timestampUrl: 'http://tsa.example/', timestampRootCertificate: 'root.pem' },
      problem:
        'timestampUrl: cannot be set with the signer esrp, which stamps its signatures itself; a tsa store in trustPolicy demands it',
    },
  ];
  for (const { values, problem } of clashes) {
    it(`refuses ${Object.keys(values).join(' and ')} with the signer esrp`, () => {
      assert.deepEqual(problemsOf({ ...esrp, ...values }), [problem]);
    });
  }

  it('signs with a test key of ESRP', () => {
    const given = recordingInputs({ ...LEAST, ...esrp, esrpSignType: 'test' });
    const inputs = parseInputs(given, FOLDERS);
    assert.ok(inputs.ok && inputs.value.signer.kind === 'esrp');
    assert.equal(inputs.value.signer.signType, 'test');
  });

  for (const esrpKeyCode of ['400x', '4 00', '']) {
    it(`refuses the key code '${esrpKeyCode}'`, () => {
      const message = esrpKeyCode === '' ? 'is required' : 'is not a number such as 400';
      assert.deepEqual(problemsOf({ ...esrp, esrpKeyCode }), [`esrpKeyCode: ${message}`]);
    });
  }
});

describe('SignImageInfo parseInputs of a plugin', () => {
  const plugin = {
    ...{ signer: 'plugin', pluginKeyId: 'key', existingSignatures: 'add' },
    ...{ privateKey: '', certificateChain: '', pluginChecksum: 'ab'.repeat(32) },
  };
  const both = 'pluginPath: goes without pluginUrl and pluginChecksum, which are for a download';
  const refused = [
    { values: { pluginPath: 'a' }, problem: both },
    { values: { pluginPath: 'a', pluginUrl: 'https://x/y', pluginChecksum: '' }, problem: both },
    {
      values: { pluginPath: '$(plugin)' },
      problem: "pluginPath: the variable 'plugin' is not defined",
    },
    ...['see https://x/y', 'https://', 'https://a b/'].map((pluginUrl) => ({
      values: { pluginUrl },
      problem: 'pluginUrl: is not an http or https URL',
    })),
    ...['ab'.repeat(31), `${'ab'.repeat(32)}0`, `sha512:${'ab'.repeat(32)}`].map((text) => ({
      values: { pluginUrl: 'https://x/y', pluginChecksum: text },
      problem: 'pluginChecksum: is not a SHA-256 in hex; a download is never used without one',
    })),
  ];
  for (const { values, problem } of refused) {
    it(`refuses ${JSON.stringify(values)}`, () => {
      assert.deepEqual(problemsOf({ ...plugin, ...values }), [problem]);
    });
  }
});

describe('SignImageInfo parseInputs of timestamps', () => {
  it('names a root that nobody set, beside an address that is one', () => {
    const timestamps = {
      timestampUrl: 'http://tsa.example/',
      timestampRootCertificate: '$(root)',
    };
    assert.deepEqual(problemsOf(timestamps), [
      "timestampRootCertificate: the variable 'root' is not defined",
    ]);
  });
});
