import assert from 'node:assert/strict';
import { environmentName, JobVariables } from '../../../support/agent/variables.ts';

const expanded = [
  { name: 'a variable in any case', text: 'x$(build.BUILDID)y', expected: 'x42y' },
  { name: 'each variable', text: '$(a)$(a)', expected: '$(b)$(b)' },
  { name: 'no unknown one', text: '$(none)', expected: '$(none)' },
  {
    name: 'a known one inside an unknown one',
    text: '$(none$(Build.BuildId))',
    expected: '$(none42)',
  },
  { name: 'nothing without an end', text: '$(a', expected: '$(a' },
  { name: 'an output of an earlier step', text: '$(make.path)', expected: '/p' },
] as const;

describe('variables JobVariables', () => {
  for (const { name, text, expected } of expanded) {
    it(`expands ${name}`, () => {
      const variables = new JobVariables();
      variables.set('Build.BuildId', '42');
      variables.set('a', '$(b)');
      variables.set('b', 'not again');
      variables.set('make.path', '/p');
      assert.equal(variables.expand(text), expected);
    });
  }
});

describe('variables environmentName', () => {
  it('puts underscores for dots and spaces and keeps dashes', () => {
    assert.equal(
      environmentName('Release.Artifacts._my-build a.Id'),
      'RELEASE_ARTIFACTS__MY-BUILD_A_ID',
    );
  });
});
