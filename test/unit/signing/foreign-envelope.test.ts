import assert from 'node:assert/strict';
import { buildPayload } from '../../../shared/notary/payload.ts';
import { acceptEnvelope } from '../../../shared/signing/foreign-envelope.ts';
import type { AcceptedEnvelope } from '../../../shared/signing/foreign-envelope.ts';
import { makeChain, makeStampingChain } from '../../support/certificates.ts';
import { SUBJECT, makeEnvelope } from '../../support/signatures.ts';
import type { EnvelopeChanges } from '../../support/signatures.ts';
import { makeToken } from '../../support/timestamps.ts';

const CHAIN = makeChain();
const AUTHORITY = makeStampingChain();
const STAMPED_AT = new Date('2026-02-03T04:05:06Z');

async function accept(
  changes: EnvelopeChanges = {},
  format: 'cose' | 'jws' = 'cose',
): Promise<AcceptedEnvelope> {
  const payload = buildPayload(SUBJECT, {}, format);
  assert.ok(payload.ok);
  const made = makeEnvelope(CHAIN, format, changes);
  const options = { format, signingTime: new Date(), userMetadata: {} };
  return acceptEnvelope({ ...made, subject: SUBJECT, payload: payload.value }, options);
}

describe('foreign-envelope acceptEnvelope', () => {
  for (const format of ['cose', 'jws'] as const) {
    it(`tells when a ${format} envelope was stamped by whoever made it`, async () => {
      const stamp = (signature: Uint8Array): Uint8Array =>
        makeToken(AUTHORITY, signature, { time: STAMPED_AT });
      const { envelope } = await accept({ stamp }, format);
      assert.deepEqual(envelope.stampedAt, STAMPED_AT);
    });
  }

  it('accepts an envelope without a timestamp', async () => {
    const { envelope, algorithm } = await accept();
    assert.equal(envelope.stampedAt, undefined);
    assert.equal(algorithm.name, 'ES256');
  });

  it('refuses a timestamp of another signature', async () => {
    const stamp = (): Uint8Array => makeToken(AUTHORITY, Buffer.from('other'));
    await assert.rejects(accept({ stamp }), {
      code: 'SIGNING_FAILED',
      message: /bears a timestamp of something else/,
    });
  });

  it('leaves a timestamp that it cannot read to those who want one', async () => {
    const { envelope } = await accept({ stamp: () => Buffer.from('stamped') });
    assert.equal(envelope.stampedAt, undefined);
  });
});
