import assert from 'node:assert/strict';
import { Secret } from '../../../shared/core/secret.ts';
import { createProxyChooser } from '../../../shared/registry/proxies.ts';
import type { AgentProxy, ProxyChooser } from '../../../shared/registry/proxies.ts';

interface Made {
  readonly choose: ProxyChooser;
  readonly warnings: string[];
  readonly hidden: string[];
}

function chooser(environment: Record<string, string>, agent?: AgentProxy): Made {
  const warnings: string[] = [];
  const hidden: string[] = [];
  const report = {
    warn: (message: string) => void warnings.push(message),
    maskSecret: (value: string) => void hidden.push(value),
  };
  const settings = agent === undefined ? { environment } : { environment, agent };
  return { choose: createProxyChooser(settings, report), warnings, hidden };
}

const agentProxy = { url: 'http://agent.proxy:8080', bypass: [] };

describe('proxies createProxyChooser', () => {
  const environments = [
    {
      name: 'HTTPS by its own variable',
      env: { HTTPS_PROXY: 'http://p:1' },
      url: 'https://r.io/',
      is: 'p:1',
    },
    {
      name: 'HTTPS not by that for HTTP',
      env: { HTTP_PROXY: 'http://p:1' },
      url: 'https://r.io/',
      is: undefined,
    },
    {
      name: 'plain HTTP by its own variable',
      env: { HTTP_PROXY: 'p:1' },
      url: 'http://r.io/',
      is: 'p:1',
    },
    {
      name: 'names in lower case first',
      env: { HTTPS_PROXY: 'http://upper:1', https_proxy: 'http://lower:1' },
      url: 'https://r.io/',
      is: 'lower:1',
    },
    {
      name: 'this machine directly',
      env: { HTTP_PROXY: 'p:1' },
      url: 'http://127.0.0.1:5000/',
      is: undefined,
    },
    {
      name: 'what a cloud serves to this machine directly',
      env: { HTTP_PROXY: 'p:1' },
      url: 'http://169.254.169.254/metadata/identity',
      is: undefined,
    },
    {
      name: 'localhost directly',
      env: { HTTP_PROXY: 'p:1' },
      url: 'http://localhost/',
      is: undefined,
    },
  ];
  for (const { name, env, url, is } of environments) {
    it(`X14 reaches ${name}`, () => {
      assert.equal(chooser(env).choose(new URL(url))?.url.host, is);
    });
  }

  const exclusions = [
    { list: 'r.io', excluded: true },
    { list: '.r.io', excluded: true },
    { list: '*.r.io', excluded: true },
    { list: 'other.io, r.io', excluded: true },
    { list: 'R.IO', excluded: true },
    { list: '*', excluded: true },
    { list: 'r.io:443', excluded: true },
    { list: 'r.io:5000', excluded: false },
    { list: 'io', excluded: true },
    { list: 'x.r.io', excluded: false },
    { list: 'ar.io', excluded: false },
    { list: '', excluded: false },
  ];
  for (const { list, excluded } of exclusions) {
    it(`X14 ${excluded ? 'goes directly' : 'uses the proxy'} when NO_PROXY is "${list}"`, () => {
      const { choose } = chooser({ HTTPS_PROXY: 'http://p:1', NO_PROXY: list });
      assert.equal(choose(new URL('https://r.io/v2/')) === undefined, excluded);
    });
  }

  const numbered = [
    { list: '10.0.0.0/8', url: 'https://10.1.2.3:5000/', excluded: true },
    { list: '10.0.0.0/8', url: 'https://11.1.2.3/', excluded: false },
    { list: '10.0.0.0/8', url: 'https://r.io/', excluded: false },
    { list: '10.1.2.3', url: 'https://10.1.2.3/', excluded: true },
    { list: '10.1.2.3:443', url: 'https://10.1.2.3/', excluded: true },
    { list: '10.1.2.3:443', url: 'https://10.1.2.3:5000/', excluded: false },
    { list: 'r.io,fd00::/8', url: 'https://[fd00::1]:5000/', excluded: true },
    { list: 'fd00:0::1', url: 'https://[fd00::1]/', excluded: true },
    { list: '[fd00::1]', url: 'https://[fd00::1]/', excluded: true },
    { list: '[fd00::1]:443', url: 'https://[fd00::1]/', excluded: true },
    { list: 'fd00::1', url: 'https://[fd00::2]/', excluded: false },
  ];
  for (const { list, url, excluded } of numbered) {
    it(`X14 ${excluded ? 'goes directly' : 'uses the proxy'} to ${url} when NO_PROXY is "${list}"`, () => {
      const { choose, warnings } = chooser({ HTTPS_PROXY: 'http://p:1', NO_PROXY: list });
      assert.equal(choose(new URL(url)) === undefined, excluded);
      assert.deepEqual(warnings, []);
    });
  }

  for (const entry of ['10.0.0.0/33', 'fd00::/8/9', 'https://r.io', '[fd00::/8]']) {
    it(`X14 names the entry ${entry} of NO_PROXY that it cannot follow, where there is a proxy`, () => {
      const { choose, warnings } = chooser({
        HTTPS_PROXY: 'http://p:1',
        NO_PROXY: `x.io ${entry}`,
      });
      assert.equal(choose(new URL('https://x.io/')), undefined);
      assert.equal(choose(new URL('https://10.1.2.3/'))?.url.host, 'p:1');
      assert.deepEqual(warnings, [
        `The variable no_proxy has an entry that is not used: ${JSON.stringify(entry)}.`,
      ]);
      assert.deepEqual(chooser({ NO_PROXY: entry }).warnings, []);
    });
  }

  it('X14 prefers the proxy of the agent, and does not fall back to another where it is bypassed', () => {
    const agent = { ...agentProxy, bypass: ['^https://R\\.io', '(', ''] };
    const { choose, warnings } = chooser({ HTTPS_PROXY: 'http://p:1' }, agent);
    assert.equal(choose(new URL('https://x.io/'))?.url.host, 'agent.proxy:8080');
    assert.equal(choose(new URL('https://r.io/v2/')), undefined);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /no regular expression: "\("/);
  });

  it('X14 encodes user and password of the agent by their parts and hides them', () => {
    const agent = { ...agentProxy, username: 'u:1', password: new Secret('p@%41/') };
    const { choose, hidden } = chooser({}, agent);
    const pair = Buffer.from('u:1:p@%41/').toString('base64');
    const authorization = choose(new URL('https://r.io/'))?.authorization;
    assert.equal(authorization?.reveal(), `Basic ${pair}`);
    assert.deepEqual(hidden, ['p@%41/', pair]);
  });

  it('X14 reads user and password of a URL, encoded or not', () => {
    const pairs = ['http://u:p%40s@p:1', 'http://u:100%@p:1'].map((text) => {
      const { choose } = chooser({ https_proxy: text });
      const header = choose(new URL('https://r.io/'))?.authorization?.reveal() ?? '';
      return Buffer.from(header.slice('Basic '.length), 'base64').toString();
    });
    assert.deepEqual(pairs, ['u:p@s', 'u:100%']);
  });

  const unusable = ['http://', 'socks5://p:1', 'http://secret password@:x'];
  for (const text of unusable) {
    it(`X14 goes on without the proxy ${JSON.stringify(text)}, without showing it`, () => {
      const fromAgent = chooser({ HTTPS_PROXY: 'http://p:1' }, { ...agentProxy, url: text });
      assert.equal(fromAgent.choose(new URL('https://r.io/'))?.url.host, 'p:1');
      const fromVariable = chooser({ HTTPS_PROXY: text });
      assert.equal(fromVariable.choose(new URL('https://r.io/')), undefined);
      for (const { warnings } of [fromAgent, fromVariable]) {
        assert.equal(warnings.length, 1);
        assert.ok(!warnings.join('').includes(text));
      }
    });
  }
});
