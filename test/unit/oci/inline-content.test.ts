import assert from 'node:assert/strict';
import type { Descriptor } from '../../../shared/oci/descriptor.ts';
import { digestOf } from '../../../shared/oci/digest.ts';
import { inlineContent, leanDescriptor } from '../../../shared/oci/inline-content.ts';
import { EMPTY_CONFIG } from '../../../shared/oci/signature-manifest.ts';

const CONTENT = Buffer.from('{"os":"linux"}');

/** A descriptor of bytes that carries them, or others. */
function descriptorOf(bytes: Buffer, data = bytes): Descriptor {
  return {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    ...{ digest: digestOf(bytes), size: bytes.byteLength, data: data.toString('base64') },
  };
}

describe('inlineContent', () => {
  it('takes what the descriptor carries', () => {
    assert.deepEqual(inlineContent(descriptorOf(CONTENT)), CONTENT);
  });

  it('knows the empty config', () => {
    assert.equal(Buffer.from(inlineContent(EMPTY_CONFIG) ?? []).toString(), '{}');
  });

  const large = Buffer.alloc(64 * 1024 + 1, ' ');
  const refused: readonly { readonly what: string; readonly descriptor: Descriptor }[] = [
    { what: 'what is not there', descriptor: { ...descriptorOf(CONTENT), data: '' } },
    {
      what: 'other content of the same size',
      descriptor: descriptorOf(CONTENT, Buffer.from('{"os":"plan9"}')),
    },
    { what: 'content that goes on', descriptor: descriptorOf(CONTENT, Buffer.alloc(100)) },
    { what: 'more than 64 KiB', descriptor: descriptorOf(large) },
  ];
  for (const { what, descriptor } of refused) {
    it(`does not take ${what}`, () => {
      assert.equal(inlineContent(descriptor), undefined);
    });
  }
});

describe('leanDescriptor', () => {
  it('keeps what reading the content needs', () => {
    const { mediaType, digest, size } = descriptorOf(CONTENT);
    const urls = ['https://example.com'];
    const rich = { mediaType, digest, size, urls, annotations: { a: 'b' }, artifactType: 'x/y' };
    assert.deepEqual(leanDescriptor(rich), { mediaType, digest, size });
  });

  it('keeps content that is used', () => {
    const most = descriptorOf(Buffer.alloc(64 * 1024, 'x'));
    assert.deepEqual(leanDescriptor(most), most);
    assert.notEqual(inlineContent(leanDescriptor(most)), undefined);
  });

  it('drops content that is not used', () => {
    const { data, ...lean } = descriptorOf(CONTENT, Buffer.alloc(64 * 1024 + 3));
    assert.ok((data?.length ?? 0) > 64 * 1024);
    assert.deepEqual(leanDescriptor({ ...lean, data: data ?? '' }), lean);
  });
});
