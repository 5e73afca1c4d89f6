import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LineSplitter } from '../../../support/agent/lines.ts';

/** Lines and text of chunks. */
function split(chunks: readonly Uint8Array[]): { lines: string[]; text: string } {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  const texts = chunks.map((chunk) => splitter.write(chunk));
  return { lines, text: [...texts, splitter.end()].join('') };
}

const texts = [
  { name: 'LF', text: 'a\nb\n', lines: ['a', 'b'] },
  { name: 'CR LF', text: 'a\r\nb\r\n', lines: ['a', 'b'] },
  { name: 'CR', text: 'a\rb\r', lines: ['a', 'b'] },
  { name: 'a last line without an end', text: 'a\nb', lines: ['a', 'b'] },
  { name: 'empty lines', text: '\n\n', lines: ['', ''] },
  { name: 'characters of several bytes', text: '✅ é\n', lines: ['✅ é'] },
  { name: 'nothing', text: '', lines: [] },
] as const;

describe('lines LineSplitter', () => {
  for (const { name, text, lines } of texts) {
    it(`cuts at ${name}`, () => {
      assert.deepEqual(split([Buffer.from(text)]), { lines, text });
    });
  }

  it('finds the same lines however the bytes are cut', () => {
    const text = fc.string({ unit: fc.constantFrom('\r', '\n', 'a', 'é', '✅') });
    fc.assert(
      fc.property(text, (whole) => {
        const bytes = [...Buffer.from(whole)].map((byte) => Uint8Array.of(byte));
        assert.deepEqual(split(bytes), split([Buffer.from(whole)]));
      }),
    );
  });
});
