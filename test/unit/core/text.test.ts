import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  counted,
  markdownCode,
  neutralise,
  redactUrl,
  withoutCommands,
} from '../../../shared/core/text.ts';

/** Text in which commands, also broken ones, are likely. */
const hostile = fc
  .array(
    fc.constantFrom('#', '##', 'vso[', '##vso[task.complete]', '\u200b', '\u00ad', '\r', '\n', 'a'),
  )
  .map((parts) => parts.join(''));

describe('text withoutCommands', () => {
  const cases = [
    { name: 'a command', text: '##vso[task.complete]x', expected: '# #vso[task.complete]x' },
    { name: 'a format command', text: 'a ##[error]b', expected: 'a # #[error]b' },
    { name: 'a command after a line break', text: 'a\n##vso[x]', expected: 'a # #vso[x]' },
    { name: 'a command split by a soft hyphen', text: '#\u00ad#vso[x]', expected: '# #vso[x]' },
    {
      name: 'a command split by a zero-width space',
      text: '##v\u200bso[x]',
      expected: '# #vso[x]',
    },
    { name: 'escape sequences', text: '\u001b[31mred\u0007', expected: '[31mred' },
    { name: 'line separators', text: 'a\u2028b\u2029c', expected: 'abc' },
    { name: 'tabs and returns', text: 'a\tb\r\nc', expected: 'a b  c' },
    { name: 'many marks', text: '####', expected: '# # # #' },
    { name: 'text in any script', text: 'Größe 大小 🙂 #1', expected: 'Größe 大小 🙂 #1' },
  ];
  for (const { name, text, expected } of cases) {
    it(`makes ${name} harmless`, () => {
      assert.equal(withoutCommands(text), expected);
    });
  }

  it('never leaves two marks beside each other, and changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string({ unit: 'binary' })), (text) => {
        const harmless = withoutCommands(text);
        assert.ok(!harmless.includes('##'));
        assert.ok(!/[\r\n\p{Cc}\p{Cf}]/u.test(harmless));
        assert.equal(withoutCommands(harmless), harmless);
      }),
    );
  });
});

describe('text neutralise', () => {
  it('cuts text at 500 characters', () => {
    assert.equal(neutralise('a'.repeat(500)).length, 500);
    const cut = neutralise('a'.repeat(501));
    assert.equal(cut.length, 500);
    assert.ok(cut.endsWith('a…'));
  });

  it('makes commands harmless', () => {
    assert.equal(neutralise('##vso[x]'), '# #vso[x]');
  });
});

describe('text redactUrl', () => {
  const cases = [
    {
      url: 'https://user:pass@host.example/a?b=1',
      redacted: 'https://host.example/a?b=1',
    },
    {
      url: 'https://host.example/a?sig=abc&se=2026&sp=r&b=1&X-Amz-Credential=c',
      redacted: 'https://host.example/a?sig=***&se=***&sp=***&b=1&X-Amz-Credential=***',
    },
    {
      url: 'https://host.example/a?token=1&token=2&x-goog-signature=s&Policy=p',
      redacted: 'https://host.example/a?token=***&x-goog-signature=***&Policy=***',
    },
    { url: 'not a url ##vso[x]', redacted: 'not a url # #vso[x]' },
  ];
  for (const { url, redacted } of cases) {
    it(`redacts ${url}`, () => {
      assert.equal(redactUrl(url), redacted);
    });
  }
});

describe('text counted', () => {
  it('chooses singular and plural', () => {
    assert.deepEqual(
      [counted(0, 'list'), counted(1, 'list'), counted(2, 'list')],
      ['0 lists', '1 list', '2 lists'],
    );
  });
});

describe('text markdownCode', () => {
  it('keeps text as it is, without what would end the code or command the agent', () => {
    assert.equal(markdownCode('a <b> *c*'), '`a <b> *c*`');
    assert.equal(markdownCode('`x`\n##vso[y]'), "`'x' # #vso[y]`");
  });
});
