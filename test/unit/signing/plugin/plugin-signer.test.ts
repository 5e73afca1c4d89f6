import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definite } from '../../../../shared/core/errors.ts';
import { describeBlob } from '../../../../shared/notary/blob-signature.ts';
import { parseEnvelope } from '../../../../shared/notary/envelope.ts';
import { verifyAgainstChain } from '../../../../shared/notary/verify.ts';
import type { Descriptor } from '../../../../shared/oci/descriptor.ts';
import type { SigningJob, SigningOptions, SigningResult } from '../../../../shared/ports/signer.ts';
import { createPluginSigner } from '../../../../shared/signing/plugin/plugin-signer.ts';
import { makeChain } from '../../../support/certificates.ts';
import type { KeyType } from '../../../support/certificates.ts';
import { installPlugin } from '../../../support/plugin/plugin-kit.ts';
import type { PluginOptions, TestPlugin } from '../../../support/plugin/plugin-kit.ts';
import { SUBJECT, collect } from '../../../support/signatures.ts';
import { NOW } from '../../../support/signing.ts';

const CHAINS = new Map<KeyType, ReturnType<typeof makeChain>>();
const BLOB = { bytes: Buffer.from('{}'), mediaType: 'application/json' };
const OPTIONS: SigningOptions = { format: 'cose', signingTime: NOW, userMetadata: {} };
const JOB: SigningJob = { kind: 'manifest', subject: SUBJECT };

function chainOf(keyType: KeyType): ReturnType<typeof makeChain> {
  const chain = CHAINS.get(keyType) ?? makeChain({ keyType, intermediates: 1 });
  CHAINS.set(keyType, chain);
  return chain;
}

describe('plugin-signer', () => {
  let folder = '';
  let count = 0;
  let plugin: TestPlugin | undefined;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plugins-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  interface Given extends PluginOptions {
    readonly keyType?: KeyType;
    readonly jobs?: readonly SigningJob[];
    readonly options?: Partial<SigningOptions>;
    readonly config?: Readonly<Record<string, string>>;
    readonly timeoutMs?: number;
    readonly signal?: AbortSignal;
  }

  async function sign(given: Given): Promise<readonly SigningResult[]> {
    const { keyType = 'EC-256', jobs = [JOB], options, config = {}, ...rest } = given;
    plugin = await installPlugin(join(folder, String((count += 1))), chainOf(keyType), rest);
    const signer = createPluginSigner({
      program: {
        path: plugin.path,
        environment: { PATH: process.env['PATH'] },
        retryWaitsMs: [1, 1],
        ...(rest.timeoutMs === undefined ? {} : { timeoutMs: rest.timeoutMs }),
      },
      name: 'double',
      keyId: 'a-key',
      config: new Map(Object.entries(config)),
      signingAgent: 'test/1.0',
      concurrency: 2,
    });
    assert.equal(await signer.chain(new AbortController().signal), undefined);
    const { signal = new AbortController().signal } = rest;
    return collect(signer.sign(jobs, { ...OPTIONS, ...options }, signal));
  }

  for (const [capability, format, keyType] of [
    ['RAW', 'cose', 'EC-256'],
    ['RAW', 'jws', 'RSA-3072'],
    ['RAW', 'cose', 'EC-521'],
    ['ENVELOPE', 'jws', 'EC-256'],
    ['ENVELOPE', 'cose', 'EC-384'],
  ] as const) {
    it(`signs manifests and content with ${capability} and ${keyType} as ${format}`, async () => {
      const jobs = [JOB, { kind: 'blob', blob: BLOB }] as const;
      const results = await sign({ capability, keyType, jobs, options: { format } });
      assert.equal(results.length, 2);
      for (const result of results) {
        assert.ok(result.kind === 'signed');
        const { bytes, mediaType, subject, chain } = result.envelope;
        const { chainDer } = chainOf(keyType);
        assert.equal(Buffer.compare(Buffer.concat(chain), Buffer.concat(chainDer)), 0);
        const signature = { envelope: bytes, mediaType, subject, now: new Date() };
        assert.ok(verifyAgainstChain(signature, chainDer).ok);
        const opened = parseEnvelope(bytes, mediaType);
        assert.ok(opened.ok);
        const { hash } = opened.value.algorithm;
        const expected: Descriptor = result.job === JOB ? SUBJECT : describeBlob(BLOB, hash);
        assert.deepEqual(subject, expected);
      }
    });
  }

  it('introduces itself to the plugin once, and names it in the envelope', async () => {
    const jobs = [JOB, { ...JOB }, { ...JOB }];
    const results = await sign({ jobs });
    assert.deepEqual(await plugin?.calls(), [
      'get-plugin-metadata',
      'describe-key',
      ...Array<string>(3).fill('generate-signature'),
    ]);
    const [first] = results;
    assert.ok(first?.kind === 'signed');
    const opened = parseEnvelope(first.envelope.bytes, first.envelope.mediaType);
    assert.equal(opened.ok && opened.value.signingAgent, 'test/1.0 double/1.2.3');
  });

  it('takes annotations of the plugin, and an expiry to it', async () => {
    const expiry = new Date(NOW.getTime() + 3_600_000);
    const [result] = await sign({ capability: 'ENVELOPE', options: { expiry } });
    assert.ok(result?.kind === 'signed');
    assert.deepEqual(result.envelope.annotations, { 'com.example.plugin': 'double' });
  });

  it('lets an envelope plugin add annotations to the payload', async () => {
    const [result] = await sign({ capability: 'ENVELOPE', misbehave: 'adds' });
    assert.equal(result?.kind, 'signed');
  });

  it('tries again when the plugin is throttled', async () => {
    const [result] = await sign({ misbehave: 'throttled' });
    assert.equal(result?.kind, 'signed');
    assert.equal((await definite(plugin, 'the plugin').calls()).length, 6);
  });

  it('hands on its configuration', async () => {
    const run = sign({ config: { misbehave: 'refuses' } });
    await assert.rejects(run, {
      code: 'PLUGIN_REFUSED',
      message: /^The plugin refused get-plugin-metadata: ACCESS_DENIED: no # #vso\[task/,
    });
  });

  const unfit = [
    { misbehave: 'name', message: /calls itself other/ },
    { misbehave: 'contract', message: /does not know contract version 1\.0/ },
    {
      misbehave: 'crashes',
      message: /ended with exit code 3 at get-plugin-metadata and said nothing/,
    },
    {
      misbehave: 'no-json',
      message: /What the plugin answered to get-plugin-metadata has 1 problem/,
    },
    { misbehave: 'key-spec', message: /keySpec: is not a kind of key that may sign: "RSA-1024"/ },
    { misbehave: 'deaf', code: 'PLUGIN_REFUSED', message: /ERROR: I do not listen/ },
    { misbehave: 'floods', code: 'PROGRAM_FAILED', message: /wrote more than/ },
  ];
  for (const { misbehave, message, code = 'PLUGIN_INVALID' } of unfit) {
    it(`signs nothing with a plugin that is no use: ${misbehave}`, async () => {
      await assert.rejects(sign({ misbehave }), { code, message });
    });
  }

  it('signs nothing with a plugin that is for something else', async () => {
    const capability = 'VERIFIER' as 'RAW';
    await assert.rejects(sign({ capability }), { message: /cannot sign, it can SIGNATURE_GEN/ });
  });

  const bad: readonly (PluginOptions & { readonly message: RegExp; readonly expires?: boolean })[] =
    [
      { misbehave: 'key-id', message: /keyId: is "another", not a-key/ },
      { misbehave: 'algorithm', message: /signingAlgorithm: is "RSASSA-PKCS1", not ECDSA-SHA-256/ },
      { misbehave: 'other-data', message: /is not good: integrity: signature was not made by/ },
      { misbehave: 'der', message: /bytes instead of 64, as DER is: r and s go side by side/ },
      { misbehave: 'no-root', message: /is the last certificate but not a self-signed root/ },
      { misbehave: 'hangs', message: /did not end within 1 s/ },
      {
        capability: 'ENVELOPE',
        misbehave: 'type',
        message: /signatureEnvelopeType: is "text\/plain"/,
      },
      {
        capability: 'ENVELOPE',
        misbehave: 'swaps',
        message: /is not good: subject: signs sha256:000/,
      },
      { capability: 'ENVELOPE', misbehave: 'smuggles', message: /binds more than a target/ },
      { capability: 'ENVELOPE', misbehave: 'no-root', message: /not a self-signed root/ },
      {
        capability: 'ENVELOPE',
        misbehave: 'no-expiry',
        expires: true,
        message: /does not expire, though it was to/,
      },
    ];
  for (const { capability = 'RAW', misbehave = '', message, expires = false } of bad) {
    it(`fails a signature of a ${capability} plugin that misbehaves: ${misbehave}`, async () => {
      const options = expires ? { expiry: new Date(NOW.getTime() + 3_600_000) } : {};
      const timeoutMs = misbehave === 'hangs' ? { timeoutMs: 1000 } : {};
      const run = sign({ capability, misbehave, options, ...timeoutMs });
      if (misbehave === 'hangs') return assert.rejects(run, { message });
      const [result] = await run;
      assert.ok(result?.kind === 'failed');
      assert.match(result.error.message, message);
      return undefined;
    });
  }

  it('fails an envelope that lacks user metadata', async () => {
    const options = { userMetadata: { build: '42' } };
    const [result] = await sign({ capability: 'ENVELOPE', options, misbehave: 'forgets' });
    assert.ok(result?.kind === 'failed');
    assert.match(result.error.message, /lacks user metadata/);
  });
});
