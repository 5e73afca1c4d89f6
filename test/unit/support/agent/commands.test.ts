import assert from 'node:assert/strict';
import * as taskCommand from 'azure-pipelines-task-lib/taskcommand.js';
import fc from 'fast-check';
import { escapeData, looksLikeCommand, parseCommand } from '../../../support/agent/commands.ts';

const { TaskCommand } = taskCommand;

const understood = [
  {
    name: 'a command without properties',
    line: '##vso[task.debug]hello',
    expected: ['task', 'debug', {}, 'hello'],
  },
  {
    name: 'a command in the middle of a line',
    line: 'pulled ##vso[task.complete result=Failed]x',
    expected: ['task', 'complete', { result: 'Failed' }, 'x'],
  },
  {
    name: 'the first of two commands, the second as its data',
    line: '##vso[task.debug]a##vso[task.complete result=Failed]',
    expected: ['task', 'debug', {}, 'a##vso[task.complete result=Failed]'],
  },
  {
    name: 'area, event and property names in any case',
    line: '##vso[Task.SetVariable Variable=A;IsOutput=true]v',
    expected: ['task', 'setvariable', { variable: 'A', isoutput: 'true' }, 'v'],
  },
  {
    name: 'a header that ends at the first bracket',
    line: '##vso[task.issue type=error;code=a]b]c',
    expected: ['task', 'issue', { type: 'error', code: 'a' }, 'b]c'],
  },
  {
    name: 'escaped characters in properties and data',
    line: '##vso[a.b k=%3B%0D%0A%5D%AZP25]%3B%0D%0A%5D%AZP25',
    expected: ['a', 'b', { k: ';\r\n]%' }, ';\r\n]%'],
  },
  {
    name: 'an escaped percent sign before what looks like an escape',
    line: '##vso[a.b]%AZP250A',
    expected: ['a', 'b', {}, '%0A'],
  },
  {
    name: 'no property without a value',
    line: '##vso[a.b empty=;bare;k=v]',
    expected: ['a', 'b', { k: 'v' }, ''],
  },
  {
    name: 'a value with an equals sign inside',
    line: '##vso[a.b k=v=w==]',
    expected: ['a', 'b', { k: 'v=w==' }, ''],
  },
  {
    name: 'a value without the equals signs it starts with',
    line: '##vso[a.b k==v]',
    expected: ['a', 'b', { k: 'v' }, ''],
  },
  {
    name: 'empty parts of the name as nothing',
    line: '##vso[.a..b.]x',
    expected: ['a', 'b', {}, 'x'],
  },
] as const;

const ignored = [
  { name: 'a line without a command', line: 'hello [task.complete]' },
  { name: 'a header without an end', line: '##vso[task.complete result=Failed' },
  { name: 'a name of one part', line: '##vso[complete]' },
  { name: 'a name of three parts', line: '##vso[a.b.c]' },
  { name: 'a prefix that is broken up', line: '##_vso[task.complete result=Failed]' },
  { name: 'a prefix in upper case', line: '##VSO[task.complete result=Failed]' },
] as const;

describe('commands parseCommand', () => {
  for (const { name, line, expected } of understood) {
    it(`reads ${name}`, () => {
      const command = parseCommand(line);
      assert.ok(command);
      const { area, event, properties, data } = command;
      assert.deepEqual([area, event, Object.fromEntries(properties), data], expected);
    });
  }

  for (const { name, line } of ignored) {
    it(`finds no command in ${name}`, () => {
      assert.equal(parseCommand(line), undefined);
    });
  }

  it('reads back whatever the task library writes', () => {
    // The agent drops an equals sign at the start of a value; the library does not escape it.
    const value = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => !text.startsWith('='));
    const data = fc.string({ unit: 'grapheme' });
    const special = fc.string({
      unit: fc.constantFrom('%', '%AZP25', '%0D', '%3B', ';', ']', '\r', '\n', '=', '#', '['),
    });
    const property = fc.oneof(
      value,
      special.filter((text) => /^[^=]/.test(text)),
    );
    fc.assert(
      fc.property(property, property, fc.oneof(data, special), (first, second, message) => {
        const line = new TaskCommand('task.test', { first, second }, message).toString();
        const command = parseCommand(`text ${line}`);
        assert.ok(command);
        assert.deepEqual(Object.fromEntries(command.properties), { first, second });
        assert.equal(command.data, message);
      }),
    );
  });
});

describe('commands looksLikeCommand', () => {
  it('holds for a line that the agent warns about', () => {
    assert.equal(looksLikeCommand('see ##vso for more'), true);
    assert.equal(looksLikeCommand('see ##[section] for more'), false);
  });
});

describe('commands escapeData', () => {
  it('escapes as the task library does', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('%', '\r', '\n', ';', ']', 'a') }), (text) => {
        const line = new TaskCommand('task.test', {}, text).toString();
        assert.equal(line, `##vso[task.test]${escapeData(text)}`);
      }),
    );
  });
});
