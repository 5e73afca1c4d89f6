import assert from 'node:assert/strict';
import fc from 'fast-check';
import { algorithmOf, digestOf, isDigest, parseDigest } from '../../../shared/oci/digest.ts';

const HEX = 'a'.repeat(64);

const LENGTHS: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

const digest = fc
  .tuple(fc.uint8Array(), fc.constantFrom('sha256' as const, 'sha384' as const, 'sha512' as const))
  .map(([bytes, algorithm]): string => digestOf(bytes, algorithm));

/** The rule, said in another way than by a pattern. */
function isWellFormed(text: string): boolean {
  const [algorithm = '', digits = '', ...more] = text.split(':');
  const isHex = Array.from(digits).every((digit) => '0123456789abcdef'.includes(digit));
  return more.length === 0 && isHex && digits.length === LENGTHS[algorithm];
}

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

  it('accepts no text that differs from a digest in a character (R2)', () => {
    const character = fc.constantFrom(
      '',
      '0',
      'a',
      'f',
      'g',
      'A',
      ':',
      '-',
      '/',
      '%',
      '\n',
      ' ',
      'é',
    );
    const edit = fc.record({ at: fc.nat(140), removed: fc.nat(1), added: character });
    fc.assert(
      fc.property(digest, edit, (text, { at, removed, added }) => {
        const place = at % (text.length + 1);
        const edited = text.slice(0, place) + added + text.slice(place + removed);
        assert.equal(isDigest(edited), isWellFormed(edited));
      }),
      { numRuns: 1000 },
    );
  });

  it('accepts no other text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.equal(isDigest(text), isWellFormed(text));
      }),
    );
  });
});
