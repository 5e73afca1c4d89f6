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
const SIGNING_TIME = new Date(Math.floor(Date.now() / 1000) * 1000);
const STAMPED_AT = new Date('2026-02-03T04:05:06Z');

/** What was asked for besides the subject. */
interface Asked {
  readonly format?: 'cose' | 'jws';
  readonly expiry?: Date;
  readonly userMetadata?: Readonly<Record<string, string>>;
}

async function accept(changes: EnvelopeChanges = {}, asked: Asked = {}): Promise<AcceptedEnvelope> {
  const { format = 'cose', userMetadata = {}, ...rest } = asked;
  const payload = buildPayload(SUBJECT, userMetadata, format);
  assert.ok(payload.ok);
  const made = makeEnvelope(CHAIN, format, changes);
  const options = { format, signingTime: SIGNING_TIME, userMetadata, ...rest };
  return acceptEnvelope({ ...made, subject: SUBJECT, payload: payload.value }, options);
}

function later(seconds: number): Date {
  return new Date(SIGNING_TIME.getTime() + seconds * 1000);
}

/** Payload bytes for the subject with members added to it. */
function payloadWith(members: object): Uint8Array {
  return Buffer.from(JSON.stringify({ targetArtifact: { ...SUBJECT, ...members } }));
}

describe('foreign-envelope acceptEnvelope', () => {
  for (const format of ['cose', 'jws'] as const) {
    it(`tells when a ${format} envelope was stamped by whoever made it`, async () => {
      const stamp = (signature: Uint8Array): Uint8Array =>
        makeToken(AUTHORITY, signature, { time: STAMPED_AT });
      const { envelope } = await accept({ stamp }, { format });
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

  const ends = { signingTime: SIGNING_TIME, expiry: later(3600) };
  const accepted: readonly {
    readonly name: string;
    readonly changes: EnvelopeChanges;
    readonly asked?: Asked;
  }[] = [
    { name: 'that binds more annotations', changes: { userMetadata: { more: '1' } } },
    {
      name: 'that binds the same in other words',
      changes: { payload: payloadWith({ annotations: { build: '42' } }) },
      asked: { userMetadata: { build: '42' } },
    },
    {
      name: 'that ends two seconds late, as rounding may have it',
      changes: { attributes: ends },
      asked: { expiry: later(3598) },
    },
    { name: 'that ends though it was not to', changes: { attributes: ends } },
  ];
  for (const { name, changes, asked } of accepted) {
    it(`accepts an envelope ${name}`, async () => {
      const { envelope } = await accept(changes, asked);
      assert.equal(envelope.subject, SUBJECT);
    });
  }

  const refused: readonly {
    readonly name: string;
    readonly changes: EnvelopeChanges;
    readonly asked?: Asked;
    readonly code?: string;
    readonly message: RegExp;
  }[] = [
    {
      name: 'that binds more of the target than was asked for',
      changes: { payload: payloadWith({ urls: [] }) },
      message: /binds another target than was asked for/,
    },
    {
      name: 'with other user metadata',
      changes: { userMetadata: { build: '43' } },
      asked: { userMetadata: { build: '42' } },
      message: /lacks user metadata/,
    },
    {
      name: 'that ends later than was asked for',
      changes: { attributes: ends },
      asked: { expiry: later(3597) },
      message: /which is not what was asked for/,
    },
    {
      name: 'that ends sooner than was asked for',
      changes: { attributes: ends },
      asked: { expiry: later(3603) },
      message: /which is not what was asked for/,
    },
    {
      name: 'from before its certificate was valid',
      changes: { attributes: { signingTime: new Date('2020-01-01T00:00:00Z') } },
      code: 'CERTIFICATE_INVALID',
      message: /is valid only from/,
    },
    {
      name: 'by another key than that of its certificate',
      changes: { chainDer: makeChain().chainDer },
      message: /is not good: integrity: signature was not made by/,
    },
    {
      name: 'whose payload is none',
      changes: { payload: Buffer.from('{}') },
      message: /The envelope made for sha256:[0-9a-f]+ has 1 problem/,
    },
  ];
  for (const { name, changes, asked, code = 'SIGNING_FAILED', message } of refused) {
    it(`refuses an envelope ${name}`, async () => {
      await assert.rejects(accept(changes, asked), { code, message });
    });
  }
});
