import assert from 'node:assert/strict';
import { digestOf } from '../../../shared/oci/digest.ts';
import { inlineContent } from '../../../shared/oci/inline-content.ts';
import { nextLink } from '../../../shared/oci/link-header.ts';
import { documentOf } from '../../../shared/oci/manifest-document.ts';
import { MediaType, isForeignLayerType } from '../../../shared/oci/media-types.ts';
import {
  addReferrers,
  readReferrers,
  referrerEntry,
  referrersTag,
} from '../../../shared/oci/referrers.ts';
import { EMPTY_CONFIG } from '../../../shared/oci/signature-manifest.ts';

const ONE = { mediaType: 'a/b', digest: digestOf(Buffer.from('one')), size: 1 };
const TWO = { mediaType: 'a/b', digest: digestOf(Buffer.from('two')), size: 2 };

describe('referrers referrersTag', () => {
  it('names the algorithm and at most 64 characters of the digest', () => {
    assert.equal(referrersTag(ONE.digest), ONE.digest.replace(':', '-'));
    const long = digestOf(Buffer.from('x'), 'sha512');
    assert.equal(referrersTag(long), `sha512-${long.slice('sha512:'.length).slice(0, 64)}`);
  });
});

describe('referrers referrerEntry', () => {
  it('has the artifact type and all annotations', () => {
    const json = {
      artifactType: 'x/y',
      config: EMPTY_CONFIG,
      subject: ONE,
      annotations: { a: '1', b: '2' },
    };
    const document = documentOf(Buffer.from(JSON.stringify(json)), MediaType.ociManifest);
    const entry = referrerEntry(document);
    assert.ok(entry.ok);
    const { annotations, ...rest } = entry.value;
    assert.deepEqual({ ...annotations }, { a: '1', b: '2' });
    assert.deepEqual(rest, { ...document.descriptor, artifactType: 'x/y' });
  });

  it('F8 has neither where the manifest has none', () => {
    const json = { manifests: [], subject: ONE };
    const document = documentOf(Buffer.from(JSON.stringify(json)), MediaType.ociIndex);
    assert.deepEqual(referrerEntry(document), { ok: true, value: document.descriptor });
  });

  it('is a problem without a subject', () => {
    assert.ok(!referrerEntry(documentOf(Buffer.from('{}'), MediaType.ociManifest)).ok);
  });
});

describe('referrers addReferrers', () => {
  it('begins a list', () => {
    const made = addReferrers(undefined, [ONE]);
    assert.ok(made.ok);
    assert.equal(
      Buffer.from(made.value.bytes).toString(),
      `{"schemaVersion":2,"mediaType":"${MediaType.ociIndex}","manifests":[${JSON.stringify(ONE)}]}`,
    );
  });

  for (const text of ['{"schemaVersion":2}', '{"schemaVersion":2,"manifests":null}']) {
    it(`adds to ${text}`, () => {
      const made = addReferrers(Buffer.from(text), [ONE]);
      assert.ok(made.ok);
      assert.deepEqual(readReferrers(made.value.bytes), { ok: true, value: [ONE] });
    });
  }

  it('keeps what is there, unknown members too, and adds no digest twice', () => {
    const list = { schemaVersion: 2, manifests: [{ ...ONE, unknown: true }], other: 'kept' };
    const made = addReferrers(Buffer.from(JSON.stringify(list)), [ONE, TWO]);
    assert.ok(made.ok);
    assert.deepEqual(JSON.parse(Buffer.from(made.value.bytes).toString()), {
      ...list,
      manifests: [{ ...ONE, unknown: true }, TWO],
    });
    const entries = readReferrers(made.value.bytes);
    assert.ok(entries.ok);
    assert.deepEqual(entries.value, [ONE, TWO]);
  });

  it('is a problem for a list that is not JSON', () => {
    assert.ok(!addReferrers(Buffer.from('x'), [ONE]).ok);
  });
});

describe('referrers readReferrers', () => {
  for (const text of ['{"schemaVersion":2}', '{"schemaVersion":2,"manifests":null}']) {
    it(`finds nothing in ${text}`, () => {
      assert.deepEqual(readReferrers(Buffer.from(text)), { ok: true, value: [] });
    });
  }

  for (const text of ['[]', '{"schemaVersion":2,"manifests":{}}', 'x']) {
    it(`refuses ${text}`, () => {
      assert.ok(!readReferrers(Buffer.from(text)).ok);
    });
  }
});

describe('inline-content inlineContent', () => {
  const bytes = Buffer.from('hello');
  const descriptor = { mediaType: 'a/b', digest: digestOf(bytes), size: 5 };

  it('knows the empty config without data', () => {
    const found = inlineContent({ ...EMPTY_CONFIG, data: 'ignored' });
    assert.equal(Buffer.from(found ?? []).toString(), '{}');
  });

  it('takes data that has the right size and digest', () => {
    const found = inlineContent({ ...descriptor, data: bytes.toString('base64') });
    assert.deepEqual(found, bytes);
  });

  const ignored = [
    { name: 'no data', more: {} },
    { name: 'other data', more: { data: Buffer.from('HELLO').toString('base64') } },
    { name: 'data of another size', more: { data: 'aGVsbG8=', size: 6 } },
    { name: 'data that claims to be large', more: { data: 'aGVsbG8=', size: 10 ** 9 } },
  ];
  for (const { name, more } of ignored) {
    it(`ignores ${name}`, () => {
      assert.equal(inlineContent({ ...descriptor, ...more }), undefined);
    });
  }
});

describe('link-header nextLink', () => {
  const cases = [
    { header: undefined, is: undefined },
    { header: '</v2/a?n=1&last=x>; rel="next"', is: '/v2/a?n=1&last=x' },
    { header: '<a>;rel=next', is: 'a' },
    { header: '<a>; rel="prev", <b>; title="x,y"; rel="NEXT last"', is: 'b' },
    { header: '<a>; rel="previous"', is: undefined },
    { header: '<a>; rel=nextish', is: undefined },
    { header: 'nonsense', is: undefined },
  ];
  for (const { header, is } of cases) {
    it(`finds ${is ?? 'nothing'} in ${header ?? 'no header'}`, () => {
      assert.equal(nextLink(header), is);
    });
  }
});

describe('media-types isForeignLayerType', () => {
  const types = [
    { type: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', is: true },
    { type: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', is: true },
    { type: 'application/vnd.oci.image.layer.v1.tar+gzip', is: false },
  ];
  for (const { type, is } of types) {
    it(`is ${is} for ${type}`, () => {
      assert.equal(isForeignLayerType(type), is);
    });
  }
});
