import assert from 'node:assert/strict';
import fc from 'fast-check';
import { digestOf } from '../../../shared/oci/digest.ts';
import {
  MAX_MANIFEST_BYTES,
  documentOf,
  manifestMediaType,
  readManifest,
} from '../../../shared/oci/manifest-document.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';

const DESCRIPTOR = { mediaType: 'a/b', digest: digestOf(Buffer.from('x')), size: 1 };

function bytesOf(value: unknown): Uint8Array {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}

describe('manifest-document documentOf', () => {
  it('computes digest and size from the bytes', () => {
    const bytes = Buffer.from('{"ä":1}');
    const { descriptor } = documentOf(bytes, MediaType.ociManifest);
    assert.equal(descriptor.size, 8);
    assert.equal(descriptor.digest, digestOf(bytes));
    assert.match(documentOf(bytes, 'a/b', 'sha512').descriptor.digest, /^sha512:/);
  });
});

describe('manifest-document readManifest', () => {
  it('finds what an image points to', () => {
    const subject = { ...DESCRIPTOR, size: 2 };
    const links = readManifest(
      documentOf(
        bytesOf({
          schemaVersion: 2,
          config: { ...DESCRIPTOR, mediaType: 'config/type', data: 'e30=' },
          layers: [{ ...DESCRIPTOR, urls: ['https://a.b'] }],
          subject,
          annotations: { a: '1' },
        }),
        MediaType.ociManifest,
      ),
    );
    assert.ok(links.ok);
    const { annotations, ...rest } = links.value;
    assert.deepEqual({ ...annotations }, { a: '1' });
    assert.deepEqual(rest, {
      config: { ...DESCRIPTOR, mediaType: 'config/type', data: 'e30=' },
      layers: [{ ...DESCRIPTOR, urls: ['https://a.b'] }],
      manifests: [],
      subject,
      artifactType: 'config/type',
    });
  });

  it('finds the children of an index with their platforms, verbatim', () => {
    const platform = {
      os: 'windows',
      architecture: 'amd64',
      'os.version': '10',
      'os.features': ['a'],
    };
    const index = { manifests: [{ ...DESCRIPTOR, platform }] };
    const links = readManifest(documentOf(bytesOf(index), MediaType.dockerList));
    assert.ok(links.ok);
    const manifests = [{ ...DESCRIPTOR, platform }];
    assert.deepEqual(links.value, { manifests, layers: [], annotations: {} });
  });

  it('takes the blobs of an artifact manifest for layers', () => {
    const links = readManifest(
      documentOf(bytesOf({ artifactType: 'x/y', blobs: [DESCRIPTOR] }), MediaType.ociArtifact),
    );
    assert.ok(links.ok);
    assert.deepEqual(links.value.layers, [DESCRIPTOR]);
    assert.equal(links.value.artifactType, 'x/y');
  });

  it('takes the type of the config where the document names none', () => {
    const json = { artifactType: '', config: DESCRIPTOR, layers: null, subject: null };
    const links = readManifest(documentOf(bytesOf(json), MediaType.ociManifest));
    assert.ok(links.ok);
    assert.equal(links.value.artifactType, DESCRIPTOR.mediaType);
  });

  it('keeps an annotation named __proto__ as an annotation', () => {
    const json = '{"manifests":[],"annotations":{"__proto__":"x"}}';
    const links = readManifest(documentOf(bytesOf(json), MediaType.ociIndex));
    assert.ok(links.ok);
    assert.deepEqual(Object.keys(links.value.annotations), ['__proto__']);
  });

  const many = Array.from({ length: 10_001 }, () => 0);
  const rejected = [
    { name: 'text that is not JSON', json: '{', path: '' },
    { name: 'a list', json: [], path: '' },
    { name: 'schema 1', json: { schemaVersion: 1 }, path: 'schemaVersion' },
    { name: 'manifests and layers', json: { manifests: [], layers: [] }, path: '' },
    { name: 'manifests and config', json: { manifests: [], config: DESCRIPTOR }, path: '' },
    { name: 'manifests and blobs', json: { manifests: [], blobs: [] }, path: '' },
    {
      name: 'another media type',
      json: { mediaType: MediaType.ociIndex, layers: [] },
      path: 'mediaType',
    },
    { name: 'manifests in an image', json: { manifests: [] }, path: 'manifests' },
    { name: 'too many layers', json: { layers: many }, path: 'layers' },
    { name: 'a layer that is text', json: { layers: ['x'] }, path: 'layers[0]' },
    {
      name: 'a bad digest',
      json: { layers: [{ ...DESCRIPTOR, digest: 'sha256:x' }] },
      path: 'layers[0].digest',
    },
    {
      name: 'a negative size',
      json: { layers: [{ ...DESCRIPTOR, size: -1 }] },
      path: 'layers[0].size',
    },
    {
      name: 'half a byte',
      json: { layers: [{ ...DESCRIPTOR, size: 0.5 }] },
      path: 'layers[0].size',
    },
    {
      name: 'an unsafe size',
      json: { layers: [{ ...DESCRIPTOR, size: 2 ** 53 }] },
      path: 'layers[0].size',
    },
    { name: 'a size in text', json: { config: { ...DESCRIPTOR, size: '1' } }, path: 'config.size' },
    { name: 'annotations that are not text', json: { annotations: { a: 1 } }, path: 'annotations' },
    { name: 'a subject that is no descriptor', json: { subject: 1 }, path: 'subject' },
  ];
  for (const { name, json, path } of rejected) {
    it(`rejects ${name}`, () => {
      const result = readManifest(documentOf(bytesOf(json), MediaType.ociManifest));
      assert.ok(!result.ok);
      assert.deepEqual(
        result.problems.map((problem) => problem.path),
        [path],
      );
    });
  }

  it('S6 rejects more than 8 MiB before it reads them', () => {
    const text = '{}'.padEnd(MAX_MANIFEST_BYTES, ' ');
    assert.ok(readManifest(documentOf(bytesOf(text), MediaType.ociManifest)).ok);
    assert.deepEqual(readManifest(documentOf(bytesOf(`${text} `), MediaType.ociManifest)), {
      ok: false,
      problems: [{ path: '', message: 'is larger than 8 MiB' }],
    });
  });

  it('S6 takes 10,000 layers', () => {
    const layers = many.slice(1).map(() => DESCRIPTOR);
    const links = readManifest(documentOf(bytesOf({ layers }), MediaType.ociManifest));
    assert.ok(links.ok);
    assert.equal(links.value.layers.length, 10_000);
  });

  const nested = (depth: number, open: string, close: string): string =>
    `{"x":${open.repeat(depth - 1)}1${close.repeat(depth - 1)}}`;
  const depths = [
    { name: 'lists', of: (depth: number) => nested(depth, '[', ']') },
    { name: 'objects', of: (depth: number) => nested(depth, '{"y":', '}') },
    {
      name: 'lists after text that looks like the end of some',
      of: (depth: number) => nested(depth, '["]}]}",', ']'),
    },
    {
      name: 'lists after text with quotes and slashes',
      of: (depth: number) => nested(depth, '["\\"[[","\\\\",', ']'),
    },
  ];
  for (const { name, of } of depths) {
    it(`S6 rejects ${name} within each other over 32 deep, before it reads them`, () => {
      assert.ok(readManifest(documentOf(bytesOf(of(32)), MediaType.ociManifest)).ok);
      for (const text of [of(33), of(33).slice(0, -5)]) {
        assert.deepEqual(readManifest(documentOf(bytesOf(text), MediaType.ociManifest)), {
          ok: false,
          problems: [{ path: '', message: 'nests deeper than 32 levels' }],
        });
      }
    });
  }

  it('S6 counts how deep a document is, not how many brackets it has', () => {
    const flat = { x: many.map(() => [{}]), y: '[{'.repeat(1000), ['"[['.repeat(500)]: 1 };
    assert.ok(readManifest(documentOf(bytesOf(flat), MediaType.ociManifest)).ok);
  });

  it('rejects an index without manifests', () => {
    assert.ok(!readManifest(documentOf(bytesOf({}), MediaType.ociIndex)).ok);
  });

  it('never throws, whatever JSON it gets', () => {
    fc.assert(
      fc.property(
        fc.record(
          {
            manifests: fc.jsonValue(),
            layers: fc.jsonValue(),
            config: fc.jsonValue(),
            annotations: fc.jsonValue(),
          },
          { requiredKeys: [] },
        ),
        fc.constantFrom(MediaType.ociIndex, MediaType.ociManifest, 'x/y'),
        (json, mediaType) => {
          const result = readManifest(documentOf(bytesOf(json), mediaType));
          if (result.ok) assert.ok(Array.isArray(result.value.layers));
        },
      ),
    );
  });
});

describe('manifest-document manifestMediaType', () => {
  const types = [
    { name: 'the document', body: { mediaType: MediaType.ociIndex }, header: undefined },
    { name: 'the header', body: {}, header: `${MediaType.ociIndex}; charset=utf-8` },
    {
      name: 'a header in capitals',
      body: {},
      header: ` ${MediaType.ociIndex.toUpperCase()} ; x=y`,
    },
    {
      name: 'both when they agree',
      body: { mediaType: MediaType.ociIndex },
      header: MediaType.ociIndex,
    },
    {
      name: 'the document beside a general header',
      body: { mediaType: MediaType.ociIndex },
      header: 'text/plain',
    },
  ];
  for (const { name, body, header } of types) {
    it(`takes the type from ${name}`, () => {
      assert.deepEqual(manifestMediaType(bytesOf(body), header), {
        ok: true,
        value: MediaType.ociIndex,
      });
    });
  }

  const rejected = [
    { name: 'neither says a type', body: {}, header: 'application/json' },
    {
      name: 'they disagree',
      body: { mediaType: MediaType.ociManifest },
      header: MediaType.ociIndex,
    },
    { name: 'the document says nonsense alone', body: { mediaType: 'x' }, header: undefined },
    { name: 'the document says a number alone', body: { mediaType: 1 }, header: undefined },
    {
      name: 'they disagree on an image',
      body: { mediaType: MediaType.ociIndex },
      header: MediaType.dockerManifest,
    },
    { name: 'the document says nonsense', body: { mediaType: 'x' }, header: MediaType.ociIndex },
    { name: 'the document says a number', body: { mediaType: 1 }, header: MediaType.ociIndex },
    { name: 'it is not JSON', body: '<html>', header: MediaType.ociIndex },
  ];
  for (const { name, body, header } of rejected) {
    it(`refuses when ${name}`, () => {
      assert.ok(!manifestMediaType(bytesOf(body), header).ok);
    });
  }
});
