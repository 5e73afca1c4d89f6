import assert from 'node:assert/strict';
import {
  isVisible,
  parseVisibleRule,
  ruleInWords,
} from '../../../../scripts/manifests/visible-rule.ts';

const RULES = [
  {
    text: 'signer = plugin',
    words: '`signer` is `plugin`',
    shown: [{ signer: 'plugin' }],
    hidden: [{ signer: 'esrp' }, {}],
  },
  {
    text: 'wait != ""',
    words: '`wait` is given',
    shown: [{ wait: 'mcr.example' }],
    hidden: [{}, { wait: '' }],
  },
  { text: 'wait = ', words: '`wait` is empty', shown: [{}], hidden: [{ wait: 'x' }] },
  {
    text: 'a = 1 || b != 2 && c = 3',
    words: '`a` is `1` or `b` is not `2` and `c` is `3`',
    shown: [{ a: '1', b: '2' }, { c: '3' }],
    hidden: [{ b: '2', c: '3' }, { b: '1' }],
  },
] as const;

describe('visible-rule', () => {
  for (const { text, words, shown, hidden } of RULES) {
    const rule = parseVisibleRule(text);
    const shows = (values: Readonly<Record<string, string>>): boolean =>
      isVisible(rule, (input) => values[input] ?? '');

    it(`reads ${text}`, () => {
      assert.equal(ruleInWords(rule), words);
      for (const values of shown) assert.ok(shows(values), JSON.stringify(values));
      for (const values of hidden) assert.ok(!shows(values), JSON.stringify(values));
    });
  }

  it('takes what is no condition for the name of an input', () => {
    assert.deepEqual(parseVisibleRule('signer == x || nonsense'), [
      [{ input: 'signer', isEqual: true, value: '= x' }],
      [{ input: 'nonsense', isEqual: true, value: '' }],
    ]);
  });
});
