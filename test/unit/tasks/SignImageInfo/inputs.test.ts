import assert from 'node:assert/strict';
import { parsed } from '../../../../shared/core/result.ts';
import { Secret } from '../../../../shared/core/secret.ts';
import { parseInputs } from '../../../../tasks/SignImageInfo/inputs.ts';
import { FOLDERS, recordingInputs } from '../../../support/recording-inputs.ts';

const LEAST = {
  imageInfo: 'image-info/image-info.json',
  registry: 'build.example',
  privateKey: 'key.pem',
  certificateChain: 'chain.pem',
};

function messagesOf(values: Readonly<Record<string, string>>): readonly string[] {
  const result = parseInputs(recordingInputs(values), FOLDERS);
  assert.ok(!result.ok, 'the inputs were accepted');
  return result.problems.map(({ path, message }) => `${path}: ${message}`);
}

describe('SignImageInfo parseInputs', () => {
  it('fills in defaults', () => {
    assert.deepEqual(parseInputs(recordingInputs(LEAST), FOLDERS), {
      ok: true,
      value: {
        imageInfo: { kind: 'file', path: '/workspace/image-info/image-info.json' },
        registry: {
          location: { registry: 'build.example', prefix: '' },
          connection: undefined,
          scheme: undefined,
        },
        registries: { trustedTokenHosts: [], referrersPerMinute: undefined },
        signer: {
          kind: 'certificate',
          privateKey: '/working/key.pem',
          certificateChain: '/working/chain.pem',
          password: undefined,
        },
        format: 'cose',
        expiryMs: undefined,
        userMetadata: new Map(),
        timestamp: undefined,
        existingSignatures: 'skip',
        trust: undefined,
        output: '/temp/image-info-signed/signing-report.json',
        artifactName: undefined,
        dryRun: false,
      },
    });
  });

  it('takes everything that can be given', () => {
    const { registry, ...rest } = LEAST;
    const connection = { registry, credential: { username: 'u', password: new Secret('p') } };
    const inputs = parseInputs(
      recordingInputs(
        {
          ...rest,
          repositoryPrefix: 'run/1',
          trustedTokenHosts: 'login.example',
          referrersPerMinute: '100',
          signer: 'certificate',
          privateKeyPassword: 'a $(b) c',
          signatureFormat: 'jws',
          expiry: '90d',
          userMetadata: 'build=42\nbranch=main',
          timestampUrl: 'http://tsa.example/',
          timestampRootCertificate: 'tsa.pem',
          existingSignatures: 'add',
          trustPolicy: 'trust/policy.json',
          trustStore: 'trust/store',
          output: '/reports/report.json',
          artifactName: 'signed',
          dryRun: 'true',
        },
        { registryConnection: parsed(connection) },
      ),
      FOLDERS,
    );
    assert.ok(inputs.ok);
    const { signer, ...value } = inputs.value;
    assert.ok(signer.kind === 'certificate');
    assert.equal(signer.password?.reveal(), 'a $(b) c');
    assert.deepEqual(value, {
      imageInfo: { kind: 'file', path: '/workspace/image-info/image-info.json' },
      registry: {
        location: { registry: 'build.example', prefix: 'run/1' },
        connection,
        scheme: undefined,
      },
      registries: { trustedTokenHosts: ['login.example'], referrersPerMinute: 100 },
      format: 'jws',
      expiryMs: 90 * 24 * 3_600_000,
      userMetadata: new Map([
        ['build', '42'],
        ['branch', 'main'],
      ]),
      timestamp: {
        urls: [new URL('http://tsa.example/')],
        rootCertificate: '/working/tsa.pem',
      },
      existingSignatures: 'add',
      trust: { policy: '/working/trust/policy.json', store: '/working/trust/store' },
      output: '/reports/report.json',
      artifactName: 'signed',
      dryRun: true,
    });
  });

  it('reports every problem in one go, with the name of the input', () => {
    const messages = messagesOf({
      imageInfo: '$(imageInfoPath)',
      registry: 'build.example/with/path',
      signer: 'certificate',
      privateKeyPassword: '$(signingPassword)',
      signatureFormat: 'pgp',
      expiry: '3 months',
      userMetadata: 'io.cncf.notary.x=1',
      existingSignatures: 'replace',
      trustStore: 'trust/store',
    });
    assert.deepEqual(messages, [
      "imageInfo: the variable 'imageInfoPath' is not defined",
      'registry: is not a registry host such as example.azurecr.io: "build.example/with/path"',
      'privateKey: is required',
      'certificateChain: is required',
      "privateKeyPassword: the variable 'signingPassword' is not defined",
      'signatureFormat: is not one of cose, jws: "pgp"',
      'expiry: is not a number of hours or days such as 12h or 90d: 3 months',
      'userMetadata.io.cncf.notary.x: begins with the reserved io.cncf.notary',
      'existingSignatures: is not one of skip, add: "replace"',
      'trustPolicy: is required when trustStore is given',
    ]);
  });

  for (const name of ['Image-Info.json', 'image-info.json.jws.sig', 'plan.json']) {
    it(`refuses to write its report to ${name}, where it would be lost`, () => {
      const given = { imageInfo: 'i.json', registry: 'build.example', privateKey: 'signing.pfx' };
      const result = parseInputs(recordingInputs({ ...given, output: `out/${name}` }), FOLDERS);
      assert.ok(!result.ok);
      assert.match(result.problems[0]?.message ?? '', /^cannot be called .*, which is written/);
    });
  }

  const keyFiles = [
    { privateKey: 'signing.PFX', problems: [] },
    { privateKey: 'signing.p12', problems: [] },
    { privateKey: 'signing.pem', problems: ['certificateChain: is required'] },
  ];
  for (const { privateKey, problems } of keyFiles) {
    it(`knows whether ${privateKey} may hold the certificates as well`, () => {
      const given = { imageInfo: 'i.json', registry: 'build.example', signer: 'certificate' };
      const result = parseInputs(recordingInputs({ ...given, privateKey }), FOLDERS);
      const found = result.ok
        ? []
        : result.problems.map(({ path, message }) => `${path}: ${message}`);
      assert.deepEqual(found, problems);
    });
  }

  const plugin = {
    imageInfo: 'image-info/image-info.json',
    registry: 'build.example',
    signer: 'plugin',
    pluginPath: 'tools/notation-azure-kv',
    pluginKeyId: 'https://vault.example/keys/release',
    existingSignatures: 'add',
  };
  const download = { pluginPath: '', pluginUrl: 'https://plugins.example/notation-x' };
  const sha256 = 'ab'.repeat(32);

  it('takes a plugin at a path', () => {
    const inputs = parseInputs(
      recordingInputs({ ...plugin, pluginConfig: 'ca_certs=chain.pem' }),
      FOLDERS,
    );
    assert.ok(inputs.ok);
    assert.deepEqual(inputs.value.signer, {
      kind: 'plugin',
      source: { kind: 'path', path: '/working/tools/notation-azure-kv' },
      keyId: plugin.pluginKeyId,
      config: new Map([['ca_certs', 'chain.pem']]),
    });
  });

  for (const checksum of [sha256, `sha256:${sha256}`, sha256.toUpperCase()]) {
    it(`takes a plugin to download, checksum ${checksum}`, () => {
      const inputs = parseInputs(
        recordingInputs({ ...plugin, ...download, pluginChecksum: checksum }),
        FOLDERS,
      );
      assert.ok(inputs.ok && inputs.value.signer.kind === 'plugin');
      const url = new URL(download.pluginUrl);
      assert.deepEqual(inputs.value.signer.source, { kind: 'url', url, sha256 });
    });
  }

  const refused = [
    {
      name: 'a download without a checksum',
      change: download,
      message: 'pluginChecksum: is not a SHA-256 in hex; a download is never used without one',
    },
    {
      name: 'a download by ftp',
      change: { ...download, pluginUrl: 'ftp://x/y', pluginChecksum: sha256 },
      message: 'pluginUrl: is not an http or https URL',
    },
    {
      name: 'a path and a download',
      change: { pluginUrl: 'https://x/y', pluginChecksum: sha256 },
      message: 'pluginPath: goes without pluginUrl and pluginChecksum, which are for a download',
    },
    {
      name: 'neither path nor download',
      change: { pluginPath: '' },
      message: 'pluginPath: is required, or pluginUrl with pluginChecksum',
    },
    { name: 'no key', change: { pluginKeyId: '' }, message: 'pluginKeyId: is required' },
    {
      name: 'skipping without a policy that says whose signatures count',
      change: { existingSignatures: 'skip' },
      message:
        'existingSignatures: is skip, and only trustPolicy can say whose signatures count: the signer plugin tells its certificate with each signature; give trustPolicy and trustStore, or add',
    },
  ];
  for (const { name, change, message } of refused) {
    it(`refuses ${name}`, () => {
      assert.deepEqual(messagesOf({ ...plugin, ...change }), [message]);
    });
  }

  it('skips with a plugin when a policy says whose signatures count', () => {
    const trust = { trustPolicy: 'policy.json', trustStore: 'store', existingSignatures: 'skip' };
    assert.ok(parseInputs(recordingInputs({ ...plugin, ...trust }), FOLDERS).ok);
  });

  const esrp = {
    imageInfo: 'image-info/image-info.json',
    registry: 'build.example',
    signer: 'esrp',
    esrpToolPath: '/microbuild/signing',
    esrpKeyCode: '400',
    existingSignatures: 'add',
  };

  it('takes ESRP', () => {
    const inputs = parseInputs(recordingInputs(esrp), FOLDERS);
    assert.ok(inputs.ok);
    assert.deepEqual(inputs.value.signer, {
      kind: 'esrp',
      toolFolder: '/microbuild/signing',
      keyCode: '400',
      signType: 'real',
    });
  });

  it('tells all that does not go with ESRP', () => {
    const stamps = { timestampUrl: 'http://tsa.example', timestampRootCertificate: 'tsa.pem' };
    const change = { existingSignatures: 'skip', signatureFormat: 'jws', expiry: '90d' };
    const messages = messagesOf({ ...esrp, ...change, ...stamps });
    assert.deepEqual(
      messages.map((message) => message.replace(/:.*/, '')),
      ['existingSignatures', 'signatureFormat', 'expiry', 'timestampUrl'],
    );
  });

  it('refuses ESRP without the plugin that brings it, and a key that is no number', () => {
    const change = { esrpToolPath: '$(MBSIGN_APPFOLDER)', esrpKeyCode: 'CP-4' };
    assert.deepEqual(messagesOf({ ...esrp, ...change }), [
      "esrpToolPath: the variable 'MBSIGN_APPFOLDER' is not defined",
      'esrpKeyCode: is not a number such as 400',
    ]);
  });

  it('refuses a signer that there is not', () => {
    assert.deepEqual(messagesOf({ ...LEAST, signer: 'magic' }), [
      'signer: is not one of certificate, azureKeyVault, plugin, esrp: "magic"',
    ]);
  });

  it('refuses metadata that is not of the form name=value', () => {
    assert.deepEqual(messagesOf({ ...LEAST, userMetadata: 'x' }), [
      'userMetadata: is not of the form name=value: "x"',
    ]);
  });
});
