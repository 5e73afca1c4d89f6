import assert from 'node:assert/strict';
import { definite } from '../../../shared/core/errors.ts';
import { checkChain } from '../../../shared/notary/certificate-chain.ts';
import type { CertificateChain } from '../../../shared/notary/certificate-chain.ts';
import { parseCertificates } from '../../../shared/notary/pem.ts';
import type { HttpCall } from '../../../shared/ports/http.ts';
import type { Timestamper } from '../../../shared/ports/timestamper.ts';
import { createRevocationReader } from '../../../shared/signing/revocation.ts';
import { createTimestamper } from '../../../shared/signing/timestamper.ts';
import { makeChain, makeStampingChain } from '../../support/certificates.ts';
import type { TestChain } from '../../support/certificates.ts';
import { makeAnswer } from '../../support/revocation.ts';
import { scriptedHttp } from '../../support/scripted-http.ts';
import type { ScriptedAnswer, ScriptedHttp } from '../../support/scripted-http.ts';
import { answerRequest, refusal } from '../../support/timestamps.ts';
import type { TokenChanges } from '../../support/timestamps.ts';

const SIGNAL = new AbortController().signal;
const SIGNATURE = Buffer.from('a signature');
const AUTHORITY = makeStampingChain();
const OTHER = makeStampingChain();
const EXPIRY = new Date('2050-01-01T00:00:00Z');
const SIGNER = chainOf(makeChain({ notAfter: EXPIRY }));

function chainOf({ chainDer }: TestChain): CertificateChain {
  const chain = checkChain(chainDer, 'chain');
  assert.ok(chain.ok);
  return chain.value;
}

function timestamperOf(
  http: ScriptedHttp,
  urls: readonly string[] = ['http://one.example/tsa', 'http://two.example/tsa'],
  authority = AUTHORITY,
): Timestamper {
  const roots = parseCertificates(Buffer.from(authority.rootPem), 'root');
  assert.ok(roots.ok);
  const revocation = createRevocationReader(http, { now: () => new Date() });
  return createTimestamper({
    http,
    urls: urls.map((url) => new URL(url)),
    roots: roots.value,
    revocation,
  });
}

async function stamp(timestamper: Timestamper): Promise<Uint8Array> {
  const { token } = await timestamper.stamp({ signature: SIGNATURE, chain: SIGNER }, SIGNAL);
  return token;
}

function answering(
  changes: TokenChanges = {},
  authority = AUTHORITY,
): (call: HttpCall) => Uint8Array {
  return ({ body }) => answerRequest(authority, definite(body, 'the request'), changes);
}

describe('timestamper createTimestamper', () => {
  it('gives the token of the first authority', async () => {
    const http = scriptedHttp({ 'one.example': answering() });
    const token = await stamp(timestamperOf(http));
    assert.equal(token[0], 0x30);
    const [call, ...others] = http.calls;
    assert.deepEqual(others, []);
    assert.equal(call?.method, 'POST');
    assert.deepEqual(call.headers, { 'content-type': 'application/timestamp-query' });
  });

  it('asks for a different number each time', async () => {
    const http = scriptedHttp({ 'one.example': answering() });
    const timestamper = timestamperOf(http);
    await stamp(timestamper);
    await stamp(timestamper);
    const [first, second] = http.calls.map(({ body }) => Buffer.from(body ?? []).toString('hex'));
    assert.notEqual(first, second);
  });

  const failures: readonly {
    readonly name: string;
    readonly answer: (call: HttpCall) => ScriptedAnswer;
    readonly reason: RegExp;
  }[] = [
    {
      name: 'cannot be reached',
      answer: () => 'unreachable',
      reason: /cannot be used: Cannot call/,
    },
    { name: 'has an error', answer: () => 500, reason: /answered with status 500/ },
    { name: 'refuses', answer: () => refusal(2, 'no'), reason: /was refused with status 2 no/ },
    {
      name: 'answers with a page',
      answer: () => Buffer.from('<html>'),
      reason: /is not an answer/,
    },
    {
      name: 'repeats an old token',
      answer: answering({ nonce: Uint8Array.of(7) }),
      reason: /is an answer to another request/,
    },
    {
      name: 'is not trusted',
      answer: answering({}, OTHER),
      reason: /does not lead to a trusted root/,
    },
    {
      name: 'has a clock that is years ahead',
      answer: answering({ time: new Date('2120-01-01T00:00:00Z') }),
      reason: /expired at/,
    },
  ];
  for (const { name, answer, reason } of failures) {
    it(`turns to the next authority when one ${name}`, async () => {
      const http = scriptedHttp({ 'one.example': answer, 'two.example': answering() });
      const timestamper = timestamperOf(http);
      await stamp(timestamper);
      await stamp(timestamper);
      assert.deepEqual(
        http.calls.map(({ url }) => url.host),
        ['one.example', 'two.example', 'two.example'],
      );
    });

    it(`fails and tells why when the only authority ${name}`, async () => {
      const http = scriptedHttp({ 'one.example': answer });
      await assert.rejects(
        stamp(timestamperOf(http, ['http://one.example/tsa?token=x'])),
        (error) => {
          assert.ok(error instanceof Error && 'code' in error && error.code === 'TIMESTAMP_FAILED');
          assert.match(error.message, reason);
          assert.doesNotMatch(error.message, /token=x/);
          return true;
        },
      );
    });
  }

  it('does not take the answer of something that is no authority', async () => {
    const http = scriptedHttp({ 'one.example': answering() }, 'text/html');
    await assert.rejects(
      stamp(timestamperOf(http)),
      /did not answer with application\/timestamp-reply/,
    );
  });

  it('does not take a timestamp from before the signing certificate was valid', async () => {
    const authority = makeStampingChain({ notBefore: new Date('2000-01-01') });
    const http = scriptedHttp({
      'one.example': answering({ time: new Date('2010-01-01T00:00:00Z') }, authority),
    });
    const timestamper = timestamperOf(http, ['http://one.example/'], authority);
    await assert.rejects(stamp(timestamper), /says it is 2010.*is valid only from/);
  });

  it('does not take a timestamp that may be from after the signing certificate expired', async () => {
    const authority = makeStampingChain({ notAfter: new Date('2099-01-01') });
    const http = scriptedHttp({
      'one.example': answering({ time: EXPIRY, accuracySeconds: 5 }, authority),
    });
    const timestamper = timestamperOf(http, ['http://one.example/'], authority);
    await assert.rejects(stamp(timestamper), /says it is .* expired at/);
  });

  for (const state of ['good', 'revoked'] as const) {
    it(`asks whether the authority is revoked: ${state}`, async () => {
      const authority = makeStampingChain({ leaf: { ocspUrl: 'http://ocsp.example/' } });
      const http = scriptedHttp({
        'one.example': answering({}, authority),
        'ocsp.example': () => makeAnswer(authority, { state }),
      });
      const stamped = stamp(timestamperOf(http, ['http://one.example/'], authority));
      if (state === 'good') assert.ok((await stamped).byteLength > 0);
      else await assert.rejects(stamped, /stamps with a certificate that may not: .*was revoked/);
    });
  }

  it('asks for four timestamps at a time', async () => {
    let [open, most] = [0, 0];
    const http = scriptedHttp({ 'one.example': answering() });
    const counting: ScriptedHttp = {
      calls: http.calls,
      async call(request, options) {
        open += 1;
        most = Math.max(most, open);
        await new Promise((resolve) => setTimeout(resolve, 5));
        open -= 1;
        return http.call(request, options);
      },
    };
    const timestamper = timestamperOf(counting);
    await Promise.all(Array.from({ length: 12 }, async () => stamp(timestamper)));
    assert.equal(most, 4);
    assert.equal(http.calls.length, 12);
  });

  it('ends when the run is canceled', async () => {
    const timestamper = timestamperOf(scriptedHttp({ 'one.example': answering() }));
    const request = { signature: SIGNATURE, chain: SIGNER };
    await assert.rejects(timestamper.stamp(request, AbortSignal.abort()), { name: 'AbortError' });
  });
});
