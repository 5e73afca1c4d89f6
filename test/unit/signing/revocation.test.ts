import assert from 'node:assert/strict';
import { TaskError } from '../../../shared/core/errors.ts';
import type { RevocationStatus } from '../../../shared/notary/revocation-status.ts';
import type { HttpCall } from '../../../shared/ports/http.ts';
import { createRevocationReader } from '../../../shared/signing/revocation.ts';
import type { RevocationReader } from '../../../shared/signing/revocation.ts';
import { extension } from '../../support/certificate-extensions.ts';
import { makeChain } from '../../support/certificates.ts';
import type { TestChain } from '../../support/certificates.ts';
import { der, oid, sequence } from '../../support/der.ts';
import { certificateIn, makeAnswer, makeList, urlNames } from '../../support/revocation.ts';
import { scriptedHttp } from '../../support/scripted-http.ts';
import type { ScriptedAnswer, ScriptedHttp } from '../../support/scripted-http.ts';

const OCSP = 'http://ocsp.example/';
const CRL = 'http://crl.example/a.crl';
const SIGNAL = new AbortController().signal;

const CHAIN = makeChain({ leaf: { ocspUrl: OCSP, crlUrl: CRL } });
const RESPONDER_ONLY = makeChain({ leaf: { ocspUrl: OCSP } });
const LIST_ONLY = makeChain({ leaf: { crlUrl: CRL } });
const REVOKED = { revoked: [{ certificate: certificateIn(LIST_ONLY, 0).raw }] };

/** A certificate with two lists, and one with two responders. */
const LISTS = makeChain({
  leaf: {
    extensions: [
      extension(
        '2.5.29.31',
        sequence(sequence(urlNames(CRL)), sequence(urlNames('http://crl.example/b.crl'))),
      ),
    ],
  },
});
const RESPONDERS = makeChain({
  leaf: {
    extensions: [
      extension(
        '1.3.6.1.5.5.7.1.1',
        sequence(responderAt('one.example'), responderAt('two.example')),
      ),
    ],
  },
});

function responderAt(host: string): Uint8Array {
  return sequence(oid('1.3.6.1.5.5.7.48.1'), der(0x86, Buffer.from(`http://${host}/`)));
}

function readerOf(http: ScriptedHttp): RevocationReader {
  return createRevocationReader(http, { now: () => new Date() });
}

async function statusOf(
  chain: TestChain,
  http: ScriptedHttp,
): Promise<RevocationStatus | undefined> {
  const certificates = chain.chainDer.map((_, index) => certificateIn(chain, index));
  const statuses = await readerOf(http).read(certificates, SIGNAL);
  return statuses.get(certificateIn(chain, 0).thumbprint);
}

function textOf(status: RevocationStatus | undefined): string {
  return status?.kind === 'unknown' ? `unknown: ${status.reason}` : (status?.kind ?? 'nothing');
}

const CASES: readonly {
  readonly name: string;
  readonly chain: TestChain;
  readonly ocsp?: (call: HttpCall) => ScriptedAnswer;
  readonly crl?: (call: HttpCall) => ScriptedAnswer;
  readonly expected: RegExp;
  readonly hosts: readonly string[];
}[] = [
  {
    name: 'relies on the responder alone when it knows',
    chain: CHAIN,
    ocsp: () => makeAnswer(CHAIN),
    expected: /^good$/,
    hosts: ['ocsp.example'],
  },
  {
    name: 'relies on the responder that says revoked, whatever lists say',
    chain: CHAIN,
    ocsp: () => makeAnswer(CHAIN, { state: 'revoked' }),
    crl: () => makeList(CHAIN),
    expected: /^revoked$/,
    hosts: ['ocsp.example'],
  },
  {
    name: 'reads the list when the responder cannot be reached',
    chain: CHAIN,
    crl: () => makeList(CHAIN),
    expected: /^good$/,
    hosts: ['ocsp.example', 'crl.example'],
  },
  {
    name: 'reads the list when the responder does not know the certificate',
    chain: CHAIN,
    ocsp: () => makeAnswer(CHAIN, { state: 'unknown' }),
    crl: () => makeList(CHAIN),
    expected: /^good$/,
    hosts: ['ocsp.example', 'crl.example'],
  },
  {
    name: 'tells what both said when neither helps',
    chain: CHAIN,
    ocsp: () => 500,
    crl: () => 404,
    expected: /ocsp\.example\/ answered with status 500; .*a\.crl answered with status 404/,
    hosts: ['ocsp.example', 'crl.example'],
  },
  {
    name: 'has only the responder to ask',
    chain: RESPONDER_ONLY,
    ocsp: () => Buffer.from('<html>'),
    expected: /unknown: the responder .*: is not an answer of a responder/,
    hosts: ['ocsp.example'],
  },
  {
    name: 'has only the list to read',
    chain: LIST_ONLY,
    crl: () => makeList(LIST_ONLY, REVOKED),
    expected: /^revoked$/,
    hosts: ['crl.example'],
  },
  {
    name: 'does not take a page for a list',
    chain: LIST_ONLY,
    crl: () => Buffer.from('<html>'),
    expected: /a\.crl is not a list of revoked certificates/,
    hosts: ['crl.example'],
  },
  {
    name: 'names a list that cannot be relied on',
    chain: LIST_ONLY,
    crl: () => makeList(LIST_ONLY, { nextUpdate: 'none' }),
    expected: /a\.crl: the list does not say until when it counts/,
    hosts: ['crl.example'],
  },
  {
    name: 'reads the changes that a list names',
    chain: LIST_ONLY,
    crl: ({ url }) =>
      url.pathname === '/a.crl'
        ? makeList(LIST_ONLY, { deltaUrl: 'http://crl.example/d.crl' })
        : makeList(LIST_ONLY, { ...REVOKED, number: 6, changesOf: 5 }),
    expected: /^revoked$/,
    hosts: ['crl.example', 'crl.example'],
  },
  {
    name: 'does not know when the changes that a list names are not there',
    chain: LIST_ONLY,
    crl: ({ url }) =>
      url.pathname === '/a.crl' ? makeList(LIST_ONLY, { deltaUrl: 'http://crl.example/d' }) : 404,
    expected: /\/d answered with status 404/,
    hosts: ['crl.example', 'crl.example'],
  },
  {
    name: 'asks over plain http only',
    chain: makeChain({ leaf: { ocspUrl: 'https://ocsp.example/', crlUrl: 'ldap://crl.example/' } }),
    expected: /https:.* is not at an http address; .*ldap:.* is not at an http address/,
    hosts: [],
  },
  {
    name: 'asks nobody about a certificate that names nobody',
    chain: makeChain(),
    expected: /^nothing$/,
    hosts: [],
  },
];

describe('revocation createRevocationReader, several sources', () => {
  const revoking = (): Uint8Array =>
    makeList(LISTS, { revoked: [{ certificate: certificateIn(LISTS, 0).raw }] });
  const good = (): Uint8Array => makeList(LISTS);
  const lists: readonly {
    readonly name: string;
    readonly answers: readonly [ScriptedAnswer, ScriptedAnswer];
    readonly expected: RegExp;
  }[] = [
    { name: 'both are good', answers: [good(), good()], expected: /^good$/ },
    { name: 'only the first is revoking', answers: [revoking(), good()], expected: /^revoked$/ },
    { name: 'only the second is revoking', answers: [good(), revoking()], expected: /^revoked$/ },
    { name: 'one is not there', answers: [404, revoking()], expected: /^revoked$/ },
    { name: 'the first cannot be read', answers: [404, good()], expected: /^unknown: .*404/ },
    { name: 'the second cannot be read', answers: [good(), 404], expected: /^unknown: .*404/ },
  ];
  for (const { name, answers, expected } of lists) {
    it(`judges by two lists of which ${name}`, async () => {
      const crl = ({ url }: HttpCall): ScriptedAnswer => answers[url.pathname === '/a.crl' ? 0 : 1];
      const http = scriptedHttp({ 'crl.example': crl });
      assert.match(textOf(await statusOf(LISTS, http)), expected);
    });
  }

  it('asks the next responder when the first does not know', async () => {
    const http = scriptedHttp({
      'one.example': () => makeAnswer(RESPONDERS, { state: 'unknown' }),
      'two.example': () => makeAnswer(RESPONDERS, { state: 'revoked' }),
    });
    assert.equal(textOf(await statusOf(RESPONDERS, http)), 'revoked');
  });
});

describe('revocation createRevocationReader', () => {
  for (const { name, chain, ocsp, crl, expected, hosts } of CASES) {
    it(name, async () => {
      const http = scriptedHttp({
        ...(ocsp === undefined ? {} : { 'ocsp.example': ocsp }),
        ...(crl === undefined ? {} : { 'crl.example': crl }),
      });
      assert.match(textOf(await statusOf(chain, http)), expected);
      assert.deepEqual(
        http.calls.map(({ url }) => url.host),
        hosts,
      );
    });
  }

  it('asks in a GET, with the request in the path', async () => {
    const http = scriptedHttp({ 'ocsp.example': () => makeAnswer(RESPONDER_ONLY) });
    await statusOf(RESPONDER_ONLY, http);
    const [call] = http.calls;
    assert.equal(call?.method, 'GET');
    const request = decodeURIComponent(call.url.pathname.slice(1));
    assert.equal(Buffer.from(request, 'base64')[0], 0x30);
  });

  it('asks in a POST where the request is too long for a path', async () => {
    const chain = makeChain({ leaf: { ocspUrl: OCSP, serialBytes: 200 } });
    const http = scriptedHttp({ 'ocsp.example': () => makeAnswer(chain) });
    assert.equal(textOf(await statusOf(chain, http)), 'good');
    const [call] = http.calls;
    assert.deepEqual([call?.method, call?.url.href], ['POST', OCSP]);
    assert.deepEqual(call?.headers, { 'content-type': 'application/ocsp-request' });
    assert.ok(call.body instanceof Uint8Array && call.body.includes(0x30));
    assert.ok(call.body.byteLength > 200);
  });

  it('asks the same thing once, however many ask at once or later', async () => {
    const http = scriptedHttp({ 'ocsp.example': () => 500, 'crl.example': () => makeList(CHAIN) });
    const reader = readerOf(http);
    const chain = [0, 1].map((index) => certificateIn(CHAIN, index));
    await Promise.all([1, 2, 3].map(async () => reader.read(chain, SIGNAL)));
    await reader.read(chain, SIGNAL);
    assert.equal(http.calls.length, 2);
  });

  it('reads a list once for all certificates of an issuer', async () => {
    const two = makeChain({
      intermediates: 1,
      leaf: { crlUrl: CRL },
      authority: { keyUsage: [5, 6], crlUrl: CRL },
    });
    const http = scriptedHttp({ 'crl.example': () => makeList(two) });
    await statusOf(two, http);
    assert.equal(http.calls.length, 1);
  });

  it('ends when the run is canceled', async () => {
    const canceled = AbortSignal.abort(new TaskError('INPUT_INVALID', 'canceled'));
    const chain = [0, 1].map((index) => certificateIn(CHAIN, index));
    await assert.rejects(readerOf(scriptedHttp()).read(chain, canceled), /canceled/);
  });
});
