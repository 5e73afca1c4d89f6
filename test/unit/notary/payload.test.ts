import assert from 'node:assert/strict';
import fc from 'fast-check';
import { buildPayload, checkUserMetadata, parsePayload } from '../../../shared/notary/payload.ts';
import type { EnvelopeFormat } from '../../../shared/notary/payload.ts';
import { SUBJECT, faultsOf } from '../../support/signatures.ts';

const DIGEST = SUBJECT.digest;

function textOf(metadata: Readonly<Record<string, string>>, format: EnvelopeFormat): string {
  const payload = buildPayload(SUBJECT, metadata, format);
  assert.ok(payload.ok);
  return Buffer.from(payload.value).toString('utf8');
}

describe('payload buildPayload', () => {
  it('writes struct order for COSE', () => {
    assert.equal(
      textOf({ z: '1<2&3>\u2028', a: 'é', 10: 'x' }, 'cose'),
      `{"targetArtifact":{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"${DIGEST}","size":8,` +
        '"annotations":{"10":"x","a":"é","z":"1\\u003c2\\u00263\\u003e\\u2028"}}}',
    );
  });

  it('writes sorted members for JWS', () => {
    assert.equal(
      textOf({ z: '1', a: 'é', B: 'y', 9: 'w', 10: 'x' }, 'jws'),
      `{"targetArtifact":{"annotations":{"10":"x","9":"w","B":"y","a":"é","z":"1"},"digest":"${DIGEST}",` +
        '"mediaType":"application/vnd.oci.image.index.v1+json","size":8}}',
    );
  });

  it('sorts by the bytes of UTF-8, where characters beyond the BMP come last', () => {
    const text = textOf({ '\u{10000}': 'last', '\uFF5E': 'first' }, 'cose');
    assert.ok(text.indexOf('first') < text.indexOf('last'));
  });

  it('has no annotations without user metadata', () => {
    assert.ok(!textOf({}, 'cose').includes('annotations'));
    assert.ok(!textOf({}, 'jws').includes('annotations'));
  });

  it('binds nothing of the subject but type, digest, size and annotations', () => {
    const annotations = { own: '1' };
    const rich = { ...SUBJECT, annotations, urls: ['https://x.example'], artifactType: 'a/b' };
    const payload = buildPayload(rich, { added: '2' }, 'cose');
    assert.ok(payload.ok);
    const target: unknown = JSON.parse(Buffer.from(payload.value).toString());
    assert.deepEqual(target, {
      targetArtifact: { ...SUBJECT, annotations: { added: '2', own: '1' } },
    });
  });

  it('refuses user metadata that the subject has already', () => {
    const result = buildPayload({ ...SUBJECT, annotations: { a: '1' } }, { a: '2' }, 'cose');
    assert.match(faultsOf(result), /userMetadata: names annotations of the subject: a/);
  });

  it('is read back as it was, in both formats', () => {
    const metadata = fc.dictionary(
      fc.string({ unit: 'grapheme', minLength: 1 }).filter((name) => !name.startsWith('io.cncf')),
      fc.string({ unit: 'grapheme' }),
    );
    fc.assert(
      fc.property(metadata, fc.constantFrom('cose' as const, 'jws' as const), (given, format) => {
        const payload = buildPayload(SUBJECT, given, format);
        assert.ok(payload.ok);
        const read = parsePayload(payload.value, 'payload');
        assert.ok(read.ok);
        assert.deepEqual({ ...read.value.annotations }, { ...given });
        assert.equal(read.value.digest, SUBJECT.digest);
      }),
    );
  });
});

describe('payload checkUserMetadata', () => {
  const rejected = [
    { name: 'a reserved name', metadata: { 'io.cncf.notary.x': '1' }, message: /reserved/ },
    { name: 'an empty name', metadata: { '': '1' }, message: /has no name/ },
    { name: 'half a surrogate pair', metadata: { a: '\uD800' }, message: /not well-formed/ },
  ];
  for (const { name, metadata, message } of rejected) {
    it(`rejects ${name}`, () => {
      assert.match(faultsOf(checkUserMetadata(metadata, 'userMetadata')), message);
      assert.ok(!buildPayload(SUBJECT, metadata, 'jws').ok);
    });
  }
});

describe('payload parsePayload', () => {
  const target = { mediaType: 'a/b', digest: DIGEST, size: 1 };
  const rejected = [
    { name: 'no JSON', text: '{', message: /payload: is not JSON/ },
    { name: 'a list', text: '[]', message: /payload: is not a JSON object/ },
    { name: 'no target', text: '{}', message: /targetArtifact: is not an object/ },
    {
      name: 'a target without anything',
      text: '{"targetArtifact":{}}',
      message: /mediaType.*\n.*digest.*\n.*size/,
    },
    {
      name: 'a digest of another kind',
      text: payloadOf({ digest: 'md5:00' }),
      message: /not a sha256/,
    },
    { name: 'a negative size', text: payloadOf({ size: -1 }), message: /size: is not a size/ },
    { name: 'a fractional size', text: payloadOf({ size: 1.5 }), message: /size: is not a size/ },
    {
      name: 'annotations that are a list',
      text: payloadOf({ annotations: [] }),
      message: /annotations: is not an object/,
    },
    {
      name: 'an annotation that is a number',
      text: payloadOf({ annotations: { a: 1 } }),
      message: /annotations\.a: is not text/,
    },
    {
      name: 'a target named twice',
      text: `{"targetArtifact":${JSON.stringify(target)},"target\\u0041rtifact":${JSON.stringify(target)}}`,
      message: /names a member twice/,
    },
    {
      name: 'a digest named twice',
      text: payloadOf({}).replace('"size"', `"digest":"${DIGEST}","size"`),
      message: /names a member twice/,
    },
  ];
  for (const { name, text, message } of rejected) {
    it(`rejects ${name}`, () => {
      assert.match(faultsOf(parsePayload(Buffer.from(text), 'payload')), message);
    });
  }

  it('takes annotations that are null for none, as notation does', () => {
    const read = parsePayload(Buffer.from(payloadOf({ annotations: null })), 'payload');
    assert.ok(read.ok && read.value.annotations === undefined);
  });

  it('accepts equal names in different objects, and members it does not know', () => {
    const annotations = { digest: 'x', size: 'y', '"': '{"size":' };
    assert.ok(
      parsePayload(Buffer.from(payloadOf({ annotations, urls: ['a', 'a'] })), 'payload').ok,
    );
  });

  function payloadOf(changes: Readonly<Record<string, unknown>>): string {
    return JSON.stringify({ targetArtifact: { ...target, ...changes } });
  }
});
