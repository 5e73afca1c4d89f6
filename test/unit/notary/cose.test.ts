import assert from 'node:assert/strict';
import { Tagged, decode, encode } from 'cborg';
import { parseCose } from '../../../shared/notary/cose.ts';
import { makeChain } from '../../support/certificates.ts';
import { faultsOf, makeEnvelope } from '../../support/signatures.ts';

type Fields = [unknown, unknown, unknown, unknown];

const TAGS = { useMaps: true, tags: Tagged.preserve(1, 18) };
const SCHEME = 'io.cncf.notary.signingScheme';
const TIME = 'io.cncf.notary.signingTime';
const EXPIRY = 'io.cncf.notary.expiry';
const GOOD = makeEnvelope(makeChain(), 'cose', {
  attributes: { expiry: new Date('2099-01-01T00:00:00Z') },
}).bytes;

/** Names enough to keep a reader busy that looks for each among all. */
const MANY = Array.from({ length: 100_000 }, (_, index) => `name${index}`);

/** The good envelope with its four fields changed. */
function withFields(change: (fields: Fields) => unknown): Uint8Array {
  const message = decode(GOOD, TAGS) as Tagged;
  return encode(new Tagged(18, change(message.value as Fields)));
}

/** The good envelope with its protected header changed. */
function withHeader(change: (header: Map<unknown, unknown>) => unknown): Uint8Array {
  return withFields(([header, ...rest]) => {
    const values = decode(header as Uint8Array, TAGS) as Map<unknown, unknown>;
    change(values);
    return [encode(values), ...rest];
  });
}

/** The good envelope with its unprotected header changed. */
function withUnprotected(change: (header: Map<unknown, unknown>) => unknown): Uint8Array {
  return withFields(([header, unprotected, ...rest]) => {
    change(unprotected as Map<unknown, unknown>);
    return [header, unprotected, ...rest];
  });
}

const hex = (text: string): Uint8Array => Buffer.from(text, 'hex');

describe('cose parseCose', () => {
  it('takes the envelope that all the others are changed from', () => {
    assert.equal(faultsOf(parseCose(GOOD)), '');
  });

  const rejected: readonly {
    readonly name: string;
    readonly bytes: Uint8Array;
    readonly message: RegExp;
  }[] = [
    { name: 'no bytes', bytes: hex(''), message: /envelope: is not CBOR/ },
    {
      name: 'bytes after the end',
      bytes: Buffer.concat([GOOD, hex('00')]),
      message: /is not CBOR/,
    },
    {
      name: 'a message without tag',
      bytes: GOOD.subarray(1),
      message: /is not a tagged COSE_Sign1/,
    },
    { name: 'another tag', bytes: encode(new Tagged(98, [])), message: /is not CBOR/ },
    { name: 'three fields', bytes: withFields((fields) => fields.slice(1)), message: /COSE_Sign1/ },
    {
      name: 'no payload',
      bytes: withFields(([a, b, , d]) => [a, b, null, d]),
      message: /no protected header, payload/,
    },
    {
      name: 'a header that is text',
      bytes: withFields(([, ...rest]) => ['{}', ...rest]),
      message: /no protected header, payload/,
    },
    {
      name: 'no signature',
      bytes: withFields(([a, b, c]) => [a, b, c, null]),
      message: /no protected header, payload/,
    },
    {
      name: 'a header that is no map',
      bytes: withFields(([, ...rest]) => [encode([]), ...rest]),
      message: /protected: is not a map/,
    },
    {
      name: 'a header that is empty',
      bytes: withFields(([, ...rest]) => [hex(''), ...rest]),
      message: /protected: is not CBOR/,
    },
    {
      name: 'an indefinite length',
      bytes: withFields(([, ...rest]) => [hex('bfff'), ...rest]),
      message: /protected: is not CBOR/,
    },
    {
      name: 'a label twice',
      bytes: withFields(([, ...rest]) => [hex('a201260126'), ...rest]),
      message: /repeat map key/,
    },
    { name: 'deep nesting', bytes: Buffer.alloc(100_000, 0x81), message: /too many arrays/ },
    {
      name: 'an unknown algorithm',
      bytes: withHeader((it) => it.set(1, -257)),
      message: /names an algorithm/,
    },
    {
      name: 'the JWS name of an algorithm',
      bytes: withHeader((it) => it.set(1, 'ES256')),
      message: /names an algorithm/,
    },
    {
      name: 'another content type',
      bytes: withHeader((it) => it.set(3, 'text/plain')),
      message: /content type/,
    },
    {
      name: 'another scheme',
      bytes: withHeader((it) => it.set(SCHEME, 'notary.x')),
      message: /no signing scheme/,
    },
    {
      name: 'no critical list',
      bytes: withHeader((it) => it.delete(2)),
      message: /no list of critical/,
    },
    {
      name: 'an empty critical list',
      bytes: withHeader((it) => it.set(2, [])),
      message: /no list of critical/,
    },
    {
      name: 'a label as critical that is not there',
      bytes: withHeader((it) => it.set(2, [SCHEME, EXPIRY, 4])),
      message: /marks 4, which it does not have/,
    },
    {
      name: 'bytes as critical',
      bytes: withHeader((it) => it.set(2, [SCHEME, EXPIRY, hex('00')])),
      message: /no list of critical/,
    },
    {
      name: 'a scheme that is not critical',
      bytes: withHeader((it) => it.set(2, [EXPIRY])),
      message: /does not mark .*signingScheme/,
    },
    {
      name: 'an expiry that is not critical',
      bytes: withHeader((it) => it.set(2, [SCHEME])),
      message: /does not mark .*expiry/,
    },
    {
      name: 'a critical attribute that is not there',
      bytes: withHeader((it) => it.set(2, [SCHEME, EXPIRY, 'x'])),
      message: /marks x, which it does not have/,
    },
    {
      name: 'a critical attribute twice',
      bytes: withHeader((it) => it.set(2, [SCHEME, EXPIRY, EXPIRY])),
      message: /marks a parameter twice/,
    },
    {
      name: 'more parameters than a signature has, before it takes minutes',
      bytes: withHeader((it) => {
        MANY.forEach((name) => it.set(name, 0));
        it.set(2, [SCHEME, EXPIRY, ...MANY]);
      }),
      message: /protected: has more than 64 parameters$/,
    },
    {
      name: 'more critical attributes than a signature has',
      bytes: withHeader((it) => it.set(2, [SCHEME, EXPIRY, ...MANY])),
      message: /protected: marks more than 64 parameters as critical$/,
    },
    {
      name: 'a time without tag',
      bytes: withHeader((it) => it.set(TIME, 1_700_000_000)),
      message: /has no io.cncf.notary.signingTime/,
    },
    {
      name: 'a time in fractions',
      bytes: withHeader((it) => it.set(TIME, new Tagged(1, 1.5))),
      message: /has no io.cncf.notary.signingTime/,
    },
    {
      name: 'a time beyond all dates',
      bytes: withHeader((it) => it.set(TIME, new Tagged(1, 2 ** 52))),
      message: /has no io.cncf.notary.signingTime/,
    },
    {
      name: 'a broken expiry',
      bytes: withHeader((it) => it.set(EXPIRY, 'soon')),
      message: /has a broken expiry/,
    },
    {
      name: 'an expiry before the signing time',
      bytes: withHeader((it) => it.set(EXPIRY, new Tagged(1, 5))),
      message: /expires before it was signed/,
    },
    {
      name: 'two signing times',
      bytes: withHeader((it) => it.set('io.cncf.notary.authenticSigningTime', new Tagged(1, 5))),
      message: /not of its scheme/,
    },
    {
      name: 'no certificates',
      bytes: withUnprotected((it) => it.delete(33)),
      message: /no list of certificates/,
    },
    {
      name: 'a certificate outside of a list',
      bytes: withUnprotected((it) => it.set(33, hex('3000'))),
      message: /no list of certificates/,
    },
    {
      name: 'something else among the certificates',
      bytes: withUnprotected((it) => it.set(33, [hex('3000'), 'x'])),
      message: /no list of certificates/,
    },
    {
      name: 'an unprotected header that is a list',
      bytes: withFields(([a, , c, d]) => [a, [], c, d]),
      message: /unprotected: is not a map/,
    },
  ];
  for (const { name, bytes, message } of rejected) {
    it(`rejects ${name}`, () => {
      assert.match(faultsOf(parseCose(bytes)), message);
    });
  }

  it('passes over a signing agent that is not text', () => {
    const read = parseCose(withUnprotected((it) => it.set('io.cncf.notary.signingAgent', 1)));
    assert.ok(read.ok);
    assert.equal(read.value.signingAgent, undefined);
  });

  it('takes known parameters that are marked as critical, as notation does', () => {
    const bytes = withHeader((it) => it.set(2, [SCHEME, EXPIRY, TIME, 1, 2, 3]));
    assert.equal(faultsOf(parseCose(bytes)), '');
  });

  for (const value of [null, 'x']) {
    it(`sees no timestamp in one that is ${String(value)}, as notation does`, () => {
      const name = 'io.cncf.notary.timestampSignature';
      const read = parseCose(withUnprotected((it) => it.set(name, value)));
      assert.ok(read.ok && read.value.timestamp === undefined);
    });
  }
});
