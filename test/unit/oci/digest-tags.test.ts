import assert from 'node:assert/strict';
import { subjectOfTag } from '../../../shared/oci/digest-tags.ts';

const HEX = 'ab'.repeat(32);

describe('digest-tags subjectOfTag', () => {
  for (const kind of ['sig', 'att', 'sbom']) {
    it(`reads the digest of a tag .${kind}`, () => {
      assert.equal(subjectOfTag(`sha256-${HEX}.${kind}`), `sha256:${HEX}`);
    });
  }

  const others = [
    'latest',
    `sha256-${HEX}`,
    `sha256-${HEX}.sig2`,
    `sha256-${HEX}.SIG`,
    `sha256-${HEX.slice(1)}.sig`,
    `sha512-${HEX}.sig`,
    `x-sha256-${HEX}.sig`,
  ];
  for (const tag of others) {
    it(`takes ${tag} for an ordinary tag`, () => {
      assert.equal(subjectOfTag(tag), undefined);
    });
  }
});
