import assert from 'node:assert/strict';
import {
  isInternal,
  isLoopback,
  refusedHop,
  registryOrigin,
} from '../../../shared/registry/origins.ts';

describe('origins registryOrigin', () => {
  const cases = [
    { registry: 'example.azurecr.io', is: 'https://example.azurecr.io' },
    { registry: 'docker.io', is: 'https://registry-1.docker.io' },
    { registry: 'localhost:5000', is: 'http://localhost:5000' },
    { registry: '127.0.0.1:5000', is: 'http://127.0.0.1:5000' },
    { registry: '[::1]:5000', is: 'http://[::1]:5000' },
    { registry: '10.0.0.1:5000', is: 'https://10.0.0.1:5000' },
    { registry: 'registry.local:5000', is: 'http://registry.local:5000' },
    { registry: 'registry.local:5001', is: 'https://registry.local:5001' },
    { registry: '127.0.0.1.evil.io', is: 'https://127.0.0.1.evil.io' },
  ];
  for (const { registry, is } of cases) {
    it(`talks to ${registry} at ${is}`, () => {
      assert.equal(registryOrigin(registry, new Set(['registry.local:5000'])).origin, is);
    });
  }
});

describe('origins refusedHop', () => {
  const allowed = [
    ['https://r.io/v2/', 'https://storage.example/blob'],
    ['https://r.io/', 'https://r.io:443/x'],
    ['http://127.0.0.1:5000/', 'http://127.0.0.1:5001/'],
    ['http://127.0.0.1:5000/', 'https://storage.example/'],
    ['https://10.0.0.1/', 'https://10.0.0.2/'],
  ] as const;
  for (const [from, to] of allowed) {
    it(`lets ${from} point to ${to}`, () => {
      assert.equal(refusedHop(new URL(from), new URL(to)), undefined);
    });
  }

  const refused = [
    'http://r.io/',
    'https://127.0.0.1/',
    'https://localhost/',
    'https://x.localhost/',
    'https://10.1.2.3/',
    'https://172.16.0.1/',
    'https://192.168.1.1/',
    'https://169.254.169.254/metadata',
    'https://0.0.0.0/',
    'https://2130706433/',
    'https://[::1]/',
    'https://[fe80::1]/',
    'https://[fd00::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://user@r.io/',
    'ftp://r.io/',
    'file:///etc/passwd',
  ];
  for (const to of refused) {
    it(`does not let a public registry point to ${to}`, () => {
      assert.equal(typeof refusedHop(new URL('https://r.io/'), new URL(to)), 'string');
    });
  }
});

describe('origins isLoopback and isInternal', () => {
  it('tells this machine, the network and the outside apart', () => {
    const kinds = ['http://127.1.2.3/', 'http://192.168.0.1/', 'http://8.8.8.8/'].map((text) => {
      const url = new URL(text);
      return [isLoopback(url), isInternal(url)];
    });
    assert.deepEqual(kinds, [
      [true, true],
      [false, true],
      [false, false],
    ]);
  });
});
