import assert from 'node:assert/strict';
import { tally } from '../../../../scripts/testing/suite.ts';

const SUMMARIES = [
  {
    name: 'a suite that passed',
    output: '\n  12 passing (3s)\n\n',
    code: 0,
    counted: { passed: 12, failed: 0 },
  },
  {
    name: 'a suite with failures',
    output: '\n  1203 passing (40ms)\n  2 failing\n\n  1) adds\n',
    code: 2,
    counted: { passed: 1203, failed: 2 },
  },
  {
    name: 'a summary in colour',
    output: '\u001b[92m \u001b[0m\u001b[32m 7 passing\u001b[0m\u001b[90m (5ms)\u001b[0m\n',
    code: 0,
    counted: { passed: 7, failed: 0 },
  },
  {
    name: 'a test that prints something like a summary',
    output: '  5 passing\n\n  8 passing (1s)\n',
    code: 0,
    counted: { passed: 8, failed: 0 },
  },
  {
    name: 'a suite that broke off',
    output: 'Error: Cannot find module\n',
    code: 1,
    counted: { passed: 0, failed: 1 },
  },
  {
    name: 'a suite that was killed after its summary',
    output: '\n  12 passing (3s)\n',
    code: null,
    counted: { passed: 12, failed: 1 },
  },
  {
    name: 'a suite without tests',
    output: '\n  0 passing (1ms)\n',
    code: 0,
    counted: { passed: 0, failed: 1 },
  },
] as const;

describe('suite tally', () => {
  for (const { name, output, code, counted } of SUMMARIES) {
    it(`counts ${name}`, () => {
      assert.deepEqual(tally(output, code), counted);
    });
  }
});
