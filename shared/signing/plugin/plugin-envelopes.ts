import { TaskError } from '../../core/errors.ts';
import { orThrow } from '../../core/result.ts';
import { mediaTypeOf } from '../../notary/envelope.ts';
import { PAYLOAD_TYPE } from '../../notary/payload.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { SigningJob, SigningResult } from '../../ports/signer.ts';
import { payloadFor, signEach } from '../envelope-maker.ts';
import { acceptEnvelope } from '../foreign-envelope.ts';
import type { AcceptedEnvelope } from '../foreign-envelope.ts';
import { subjectOf } from '../job-subject.ts';
import { requestOf } from './known-plugin.ts';
import type { KnownPlugin, Signing } from './known-plugin.ts';
import { callPlugin } from './plugin-process.ts';
import { parseGeneratedEnvelope } from './plugin-protocol.ts';

/**
 * Signs with a plugin that makes whole envelopes; timestamps are its own business.
 *
 * @throws TaskError `INPUT_INVALID` when somebody else is to stamp them
 */
export async function* signByEnvelope(
  plugin: KnownPlugin,
  jobs: readonly SigningJob[],
  signing: Signing,
): AsyncGenerator<SigningResult> {
  if (signing.options.timestamper !== undefined) throw stampsItself(plugin);
  yield* signEach(jobs, signing.batch, async (job) => {
    const first = await generate(plugin, subjectOf(job, 'sha256'), signing);
    // Only the envelope tells the key, and with it the hash that the digest of content must be made with.
    const { hash } = first.algorithm;
    if (job.kind === 'manifest' || hash === 'sha256') return first.envelope;
    return (await generate(plugin, subjectOf(job, hash), signing)).envelope;
  });
}

function stampsItself({ name }: KnownPlugin): TaskError {
  return new TaskError(
    'INPUT_INVALID',
    `timestampUrl cannot be used: the plugin notation-${name} makes whole envelopes, which only it can have stamped.`,
    {
      hint: 'Leave timestampUrl empty, have the plugin stamp (pluginConfig), and demand it with a tsa store in trustPolicy.',
    },
  );
}

async function generate(
  plugin: KnownPlugin,
  subject: Descriptor,
  { options, batch }: Signing,
): Promise<AcceptedEnvelope> {
  const mediaType = mediaTypeOf(options.format);
  const payload = payloadFor(subject, options);
  const { expiry, signingTime } = options;
  const seconds = expiry === undefined ? 0 : (expiry.getTime() - signingTime.getTime()) / 1000;
  const request = requestOf(plugin, {
    payloadType: PAYLOAD_TYPE,
    signatureEnvelopeType: mediaType,
    payload: Buffer.from(payload).toString('base64'),
    ...(expiry === undefined ? {} : { expiryDurationInSeconds: seconds }),
  });
  const answer = await callPlugin(
    plugin.program,
    { command: 'generate-envelope', request },
    batch.signal,
  );
  const { envelope, annotations } = orThrow(parseGeneratedEnvelope(answer, mediaType), {
    code: 'PLUGIN_INVALID',
    subject: 'The envelope of the plugin',
    hint: 'Use a version of the plugin that follows the specification of notation plugins.',
  });
  return acceptEnvelope({ bytes: envelope, mediaType, subject, payload }, options, annotations);
}
