import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '../../shared/oci/digest.ts';
import { documentOf, readManifest } from '../../shared/oci/manifest-document.ts';
import { MediaType } from '../../shared/oci/media-types.ts';
import {
  buildSignatureManifest,
  readSignatureManifest,
} from '../../shared/oci/signature-manifest.ts';

const SHARED = process.env['SHARED_DIR'] ?? join(import.meta.dirname, '../../../shared');
const REFERENCE = join(SHARED, 'data/notary/reference');
const THUMBPRINT = 'ab'.repeat(32);

describe('signature-manifest buildSignatureManifest beside the reference implementation', () => {
  const names = readdirSync(REFERENCE).filter((name) => name.endsWith('.manifest'));

  it('has manifests to compare with', () => {
    assert.equal(names.length, 8);
  });

  for (const name of names) {
    it(`writes ${name} byte for byte`, () => {
      const bytes = readFileSync(join(REFERENCE, name));
      const envelope = readFileSync(join(REFERENCE, name.replace(/\.manifest$/, '')));
      const document = documentOf(bytes, MediaType.ociManifest);
      const read = readSignatureManifest(document);
      const links = readManifest(document);
      assert.ok(read.ok && links.ok && read.value !== undefined);
      assert.equal(read.value.envelope.digest, digestOf(envelope));
      const built = buildSignatureManifest({
        subject: read.value.subject,
        envelope: read.value.envelope,
        thumbprints: [THUMBPRINT],
        signingTime: new Date(read.value.annotations['org.opencontainers.image.created'] ?? ''),
      });
      // The reference manifests carry a placeholder as thumbprint.
      const expected = bytes
        .toString('utf8')
        .replace(String.raw`[\"x\"]`, String.raw`[\"${THUMBPRINT}\"]`);
      assert.equal(Buffer.from(built.bytes).toString('utf8'), expected);
    });
  }
});
