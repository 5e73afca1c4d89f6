import { TaskError } from '../../core/errors.ts';
import { orThrow } from '../../core/result.ts';
import type { SignatureAlgorithm } from '../../notary/key-spec.ts';
import type { SigningJob, SigningResult } from '../../ports/signer.ts';
import { makeEnvelope, requireSigningChain, signEach } from '../envelope-maker.ts';
import type { RawSignature } from '../envelope-maker.ts';
import { subjectOf } from '../job-subject.ts';
import { requestOf } from './known-plugin.ts';
import type { KnownPlugin, Signing } from './known-plugin.ts';
import { callPlugin } from './plugin-process.ts';
import { hashNameOf, parseKey, parseSignature } from './plugin-protocol.ts';

/** How ECDSA signatures in DER begin. */
const DER_SEQUENCE = 0x30;

/** Signs with a plugin that makes raw signatures; the envelopes around them are ours. */
export async function* signBySignature(
  plugin: KnownPlugin,
  jobs: readonly SigningJob[],
  { options, batch }: Signing,
): AsyncGenerator<SigningResult> {
  const { program, keyId, metadata } = plugin;
  const { signal } = batch;
  const described = await callPlugin(
    program,
    { command: 'describe-key', request: requestOf(plugin) },
    signal,
  );
  const algorithm = orThrow(parseKey(described, keyId), {
    code: 'PLUGIN_INVALID',
    subject: `What the plugin says about the key ${keyId}`,
    hint: 'Use a version of the plugin that follows the specification of notation plugins.',
  });
  const signingAgent = `${plugin.signingAgent} ${metadata.name}/${metadata.version}`;
  yield* signEach(jobs, batch, async (job) => {
    const subject = subjectOf(job, algorithm.hash);
    const sign = async (data: Uint8Array): Promise<RawSignature> =>
      generateSignature(plugin, { algorithm, data, at: options.signingTime }, signal);
    return makeEnvelope({ subject, algorithm, signingAgent, options }, sign, signal);
  });
}

async function generateSignature(
  plugin: KnownPlugin,
  {
    algorithm,
    data,
    at,
  }: { readonly algorithm: SignatureAlgorithm; readonly data: Uint8Array; readonly at: Date },
  signal: AbortSignal,
): Promise<RawSignature> {
  const request = requestOf(plugin, {
    keySpec: algorithm.keySpec,
    hashAlgorithm: hashNameOf(algorithm),
    payload: Buffer.from(data).toString('base64'),
  });
  const answer = await callPlugin(
    plugin.program,
    { command: 'generate-signature', request },
    signal,
  );
  const { signature, chain } = orThrow(parseSignature(answer, { keyId: plugin.keyId, algorithm }), {
    code: 'PLUGIN_INVALID',
    subject: 'The signature of the plugin',
    hint: 'Use a version of the plugin that follows the specification of notation plugins.',
  });
  if (signature.byteLength !== algorithm.signatureBytes) {
    const form = signature[0] === DER_SEQUENCE ? ', as DER is: r and s go side by side' : '';
    throw new TaskError(
      'PLUGIN_INVALID',
      `The plugin signed with ${signature.byteLength} bytes instead of ${algorithm.signatureBytes}${form}.`,
      { hint: 'Use a version of the plugin that keeps to the protocol.' },
    );
  }
  return { signature, chain: requireSigningChain(chain, at) };
}
