import assert from 'node:assert/strict';
import fc from 'fast-check';
import { algorithmOf, digestOf, isDigest, parseDigest } from '../../../shared/oci/digest.ts';

const HEX = 'a'.repeat(64);

describe('digest parseDigest', () => {
  it('reads every digest of bytes (R2)', () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.constantFrom('sha256' as const, 'sha384' as const, 'sha512' as const),
        (bytes, algorithm) => {
          const digest = digestOf(bytes, algorithm);
          assert.deepEqual(parseDigest(digest, 'x'), { ok: true, value: digest });
          assert.equal(algorithmOf(digest), algorithm);
        },
      ),
    );
  });

  const rejected = [
    '',
    HEX,
    `sha256:${HEX}0`,
    `sha256:${HEX.toUpperCase()}`,
    `sha384:${HEX}`,
    `sha512:${HEX}`,
    `md5:${HEX}`,
    `sha256:${HEX}\n`,
  ];
  for (const text of rejected) {
    it(`rejects ${JSON.stringify(text)} (R2)`, () => {
      const result = parseDigest(text, 'x');
      assert.ok(!result.ok);
      assert.deepEqual(
        result.problems.map(({ path }) => path),
        ['x'],
      );
    });
  }

  it('accepts no other text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.equal(
          isDigest(text),
          /^(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/.test(text) &&
            !text.endsWith('\n'),
        );
      }),
    );
  });
});
