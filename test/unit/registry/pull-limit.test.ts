import assert from 'node:assert/strict';
import { PullLimits } from '../../../shared/registry/pull-limit.ts';

const noted = (
  headers: Readonly<Record<string, string>>,
  { status = 200, times = 1 } = {},
): readonly string[] => {
  const lines: string[] = [];
  const limits = new PullLimits({ warn: (line) => lines.push(line) });
  for (let time = 0; time < times; time += 1) {
    limits.note('docker.io', { status, header: (name) => headers[name] });
  }
  return lines;
};

const remaining = (left: string): Readonly<Record<string, string>> => ({
  'ratelimit-limit': '100;w=21600',
  'ratelimit-remaining': left,
  'docker-ratelimit-source': '203.0.113.7',
});

describe('pull-limit PullLimits', () => {
  it('X11 warns once when less than a tenth of the pulls is left, and names the source', () => {
    assert.deepEqual(noted(remaining('9;w=21600'), { times: 3 }), [
      'docker.io limits the pulls from 203.0.113.7: 9 of 100 are left. Log in to it, or use a mirror of its images.',
    ]);
  });

  it('X11 names the source when a pull was refused', () => {
    assert.deepEqual(noted({ 'docker-ratelimit-source': '203.0.113.7' }, { status: 429 }), [
      'docker.io limits the pulls from 203.0.113.7. Log in to it, or use a mirror of its images.',
    ]);
  });

  it('neutralises what the registry says about the source', () => {
    const [line = ''] = noted({ ...remaining('0'), 'docker-ratelimit-source': '##vso[x]' });
    assert.ok(line.includes('# #vso[x]'));
  });

  const quiet = [
    { name: 'a tenth is left', headers: remaining('10;w=21600'), status: 200 },
    { name: 'there are no headers', headers: {}, status: 429 },
    { name: 'the headers are garbage', headers: remaining('few'), status: 200 },
  ];
  for (const { name, headers, status } of quiet) {
    it(`X11 says nothing when ${name}`, () => {
      assert.deepEqual(noted(headers, { status }), []);
    });
  }
});
