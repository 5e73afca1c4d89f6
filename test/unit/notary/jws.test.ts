import assert from 'node:assert/strict';
import { parseJws } from '../../../shared/notary/jws.ts';
import { parseTime } from '../../../shared/notary/rfc3339.ts';
import { makeChain } from '../../support/certificates.ts';
import { faultsOf, makeEnvelope } from '../../support/signatures.ts';

interface Envelope {
  payload: unknown;
  protected: unknown;
  header: Record<string, unknown>;
  signature: unknown;
}

const SCHEME = 'io.cncf.notary.signingScheme';
const TIME = 'io.cncf.notary.signingTime';
const GOOD = Buffer.from(makeEnvelope(makeChain(), 'jws').bytes).toString('utf8');

/** Names enough to keep a reader busy that looks for each among all. */
const MANY = Array.from({ length: 100_000 }, (_, index) => `name${index}`);

/** The good envelope with its members changed. */
function withMembers(change: (envelope: Envelope) => unknown): string {
  const envelope = JSON.parse(GOOD) as Envelope;
  change(envelope);
  return JSON.stringify(envelope);
}

/** The good envelope with its protected header changed, as text. */
function withHeaderText(change: (text: string) => string): string {
  return withMembers((envelope) => {
    const text = Buffer.from(String(envelope.protected), 'base64url').toString('utf8');
    envelope.protected = Buffer.from(change(text)).toString('base64url');
  });
}

/** The good envelope with members of its protected header changed; undefined takes one away. */
function withHeader(changes: Readonly<Record<string, unknown>>): string {
  return withHeaderText((text) =>
    JSON.stringify({ ...(JSON.parse(text) as Record<string, unknown>), ...changes }),
  );
}

describe('jws parseJws', () => {
  it('takes the envelope that all the others are changed from', () => {
    assert.equal(faultsOf(parseJws(Buffer.from(GOOD))), '');
  });

  it('sees no time and no timestamp where a writer wrote null, as notation does', () => {
    const times = { 'io.cncf.notary.authenticSigningTime': null };
    assert.equal(faultsOf(parseJws(Buffer.from(withHeader(times)))), '');
    const text = withMembers((it) => {
      it.header = { ...it.header, 'io.cncf.notary.timestampSignature': null };
    });
    const read = parseJws(Buffer.from(text));
    assert.ok(read.ok && read.value.timestamp === undefined);
  });

  const rejected: readonly {
    readonly name: string;
    readonly text: string;
    readonly message: RegExp;
  }[] = [
    { name: 'no JSON', text: GOOD.slice(1), message: /envelope: is not JSON/ },
    {
      name: 'a member twice',
      text: GOOD.replace('{', '{"signature":"",'),
      message: /envelope: names a member twice/,
    },
    {
      name: 'no payload',
      text: withMembers((it) => (it.payload = undefined)),
      message: /payload: is not base64url/,
    },
    {
      name: 'a payload with padding',
      text: withMembers((it) => (it.payload = `${String(it.payload)}=`)),
      message: /payload: is not base64url/,
    },
    {
      name: 'a signature in standard base64',
      text: withMembers((it) => (it.signature = '+/+/')),
      message: /signature: is not base64url/,
    },
    {
      name: 'loose bits at the end',
      text: withMembers((it) => (it.signature = 'AB')),
      message: /signature: is not base64url/,
    },
    {
      name: 'white space in base64url',
      text: withMembers((it) => (it.signature = 'AA AA')),
      message: /signature: is not base64url/,
    },
    {
      name: 'a protected header that is an object',
      text: withMembers((it) => (it.protected = {})),
      message: /protected: is not base64url/,
    },
    {
      name: 'a protected header that is a list',
      text: withHeaderText(() => '[]'),
      message: /protected: is not a JSON object/,
    },
    {
      name: 'a protected member twice',
      text: withHeaderText((it) => it.replace('{', '{"alg":"ES256",')),
      message: /protected: names a member twice/,
    },
    {
      name: 'the algorithm none',
      text: withHeader({ alg: 'none' }),
      message: /names an algorithm/,
    },
    {
      name: 'an algorithm by its COSE label',
      text: withHeader({ alg: -7 }),
      message: /names an algorithm/,
    },
    {
      name: 'another content type',
      text: withHeader({ cty: 'text/plain' }),
      message: /content type/,
    },
    { name: 'no scheme', text: withHeader({ [SCHEME]: undefined }), message: /no signing scheme/ },
    {
      name: 'a registered name as critical',
      text: withHeader({ crit: [SCHEME, 'alg'] }),
      message: /marks alg, which/,
    },
    {
      name: 'the signing time as critical',
      text: withHeader({ crit: [SCHEME, TIME] }),
      message: /marks .*signingTime, which/,
    },
    {
      name: 'a critical list that is text',
      text: withHeader({ crit: SCHEME }),
      message: /no list of critical/,
    },
    {
      name: 'more parameters than a signature has, before it takes minutes',
      text: withHeader({
        crit: [SCHEME, ...MANY],
        ...Object.fromEntries(MANY.map((name) => [name, 0])),
      }),
      message: /protected: has more than 64 parameters$/,
    },
    {
      name: 'more critical attributes than a signature has',
      text: withHeader({ crit: [SCHEME, ...MANY] }),
      message: /protected: marks more than 64 parameters as critical$/,
    },
    {
      name: 'a time in seconds',
      text: withHeader({ [TIME]: 1_700_000_000 }),
      message: /has no io.cncf.notary.signingTime/,
    },
    {
      name: 'the time of the other scheme',
      text: withHeader({ [SCHEME]: 'notary.x509.signingAuthority', crit: [SCHEME] }),
      message: /does not mark .*authenticSigningTime/,
    },
    {
      name: 'no unprotected header',
      text: withMembers((it) => (it.header = [] as never)),
      message: /header: is not an object/,
    },
    {
      name: 'no certificates',
      text: withMembers((it) => delete it.header['x5c']),
      message: /header\.x5c: is not a list/,
    },
    {
      name: 'certificates in base64url',
      text: withMembers((it) => (it.header['x5c'] = ['-_-_'])),
      message: /header\.x5c\[0\]: is not base64/,
    },
    {
      name: 'a timestamp that is not text',
      text: withMembers((it) => (it.header['io.cncf.notary.timestampSignature'] = 1)),
      message: /timestampSignature"\]: is not base64/,
    },
  ];
  for (const { name, text, message } of rejected) {
    it(`rejects ${name}`, () => {
      assert.match(faultsOf(parseJws(Buffer.from(text))), message);
    });
  }

  it('passes over a signing agent that is not text', () => {
    const text = withMembers((it) => (it.header['io.cncf.notary.signingAgent'] = 1));
    const read = parseJws(Buffer.from(text));
    assert.ok(read.ok);
    assert.equal(read.value.signingAgent, undefined);
  });

  it('names everything that is wrong with the members at once', () => {
    const result = parseJws(Buffer.from('{"payload":1,"protected":2,"signature":3,"header":4}'));
    assert.ok(!result.ok);
    assert.deepEqual(
      result.problems.map(({ path }) => path),
      ['payload', 'protected', 'signature', 'header'],
    );
  });
});

describe('rfc3339 parseTime', () => {
  const accepted = [
    { text: '2026-11-22T03:53:12Z', iso: '2026-11-22T03:53:12.000Z' },
    { text: '2024-06-18T14:29:33+08:00', iso: '2024-06-18T06:29:33.000Z' },
    { text: '2024-02-29T23:59:59.123456789-00:30', iso: '2024-03-01T00:29:59.123Z' },
  ];
  for (const { text, iso } of accepted) {
    it(`reads ${text}`, () => {
      assert.equal(parseTime(text)?.toISOString(), iso);
    });
  }

  const rejected = [
    '2026-11-22',
    '2026-11-22 03:53:12Z',
    '2026-11-22T03:53:12',
    '2026-11-22T24:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-11-22T03:53:12+24:00',
    '2026-11-22T03:53:12Z\n',
    1_700_000_000,
  ];
  for (const text of rejected) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.equal(parseTime(text), undefined);
    });
  }
});
