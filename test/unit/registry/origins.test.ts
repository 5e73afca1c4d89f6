import assert from 'node:assert/strict';
import { kindOfAddress, kindOfHost, mayReach } from '../../../shared/registry/addresses.ts';
import { isLoopback, refusedHop, registryOrigin } from '../../../shared/registry/origins.ts';

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
    { registry: '127.0.0.1:5443', is: 'https://127.0.0.1:5443' },
  ];
  for (const { registry, is } of cases) {
    it(`R8 talks to ${registry} at ${is}`, () => {
      const schemes = {
        insecureHosts: new Set(['registry.local:5000']),
        tlsHosts: new Set(['127.0.0.1:5443']),
      };
      assert.equal(registryOrigin(registry, schemes).origin, is);
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
    ['http://169.254.1.1/', 'http://169.254.1.1:8080/'],
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
    'https://localhost./',
    'https://168.63.129.16/',
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
    'https://[::]/',
    'https://user@r.io/',
    'https://:secret@r.io/',
    'ftp://r.io/',
    'file:///etc/passwd',
  ];
  for (const to of refused) {
    it(`S3 does not let a public registry point to ${to}`, () => {
      assert.equal(typeof refusedHop(new URL('https://r.io/'), new URL(to)), 'string');
    });
  }
});

describe('addresses kindOfAddress and mayReach', () => {
  const kinds = [
    { address: '127.1.2.3', is: 'loopback' },
    { address: '0.0.0.0', is: 'loopback' },
    { address: '0.255.255.255', is: 'loopback' },
    { address: '127.255.255.255', is: 'loopback' },
    { address: '::', is: 'loopback' },
    { address: '::1', is: 'loopback' },
    { address: '::ffff:127.0.0.1', is: 'loopback' },
    { address: '169.254.169.254', is: 'link-local' },
    { address: '::ffff:169.254.169.254', is: 'link-local' },
    { address: '169.254.0.1', is: 'link-local' },
    { address: 'fe80::1', is: 'link-local' },
    { address: 'febf:ffff::1', is: 'link-local' },
    { address: 'fd00:ec2::254', is: 'link-local' },
    { address: '100.100.100.200', is: 'link-local' },
    { address: '168.63.129.16', is: 'link-local' },
    { address: '10.255.255.255', is: 'private' },
    { address: '172.16.0.1', is: 'private' },
    { address: '172.31.255.255', is: 'private' },
    { address: '192.168.255.255', is: 'private' },
    { address: '100.64.0.1', is: 'private' },
    { address: '100.127.255.255', is: 'private' },
    { address: 'fc00::1', is: 'private' },
    { address: 'fd12::1', is: 'private' },
    { address: '1.0.0.1', is: 'public' },
    { address: '8.8.8.8', is: 'public' },
    { address: '11.0.0.1', is: 'public' },
    { address: '100.63.255.255', is: 'public' },
    { address: '100.128.0.1', is: 'public' },
    { address: '126.255.255.255', is: 'public' },
    { address: '168.63.129.17', is: 'public' },
    { address: '169.253.255.255', is: 'public' },
    { address: '169.255.0.1', is: 'public' },
    { address: '172.15.255.255', is: 'public' },
    { address: '172.32.0.1', is: 'public' },
    { address: '192.167.255.255', is: 'public' },
    { address: '192.169.0.1', is: 'public' },
    { address: '::2', is: 'public' },
    { address: 'fec0::1', is: 'public' },
    { address: '2606:4700::1111', is: 'public' },
    { address: 'registry.example', is: undefined },
  ];
  for (const { address, is } of kinds) {
    it(`S3 takes ${address} for ${is ?? 'a name'}`, () => {
      assert.equal(kindOfAddress(address), is);
    });
  }

  it('S3 lets servers point outwards and to their own kind of network, never further in', () => {
    const all = ['public', 'private', 'link-local', 'loopback'] as const;
    const reachable = all.map((from) => all.filter((to) => mayReach(from, to)));
    assert.deepEqual(reachable, [
      ['public'],
      ['public', 'private'],
      ['public', 'private', 'link-local'],
      ['public', 'private', 'loopback'],
    ]);
  });

  it('knows this machine by its names and numbers', () => {
    const urls = ['http://127.1.2.3/', 'http://a.localhost./', 'http://[::1]/', 'http://8.8.8.8/'];
    assert.deepEqual(
      urls.map((text) => isLoopback(new URL(text))),
      [true, true, true, false],
    );
    assert.equal(kindOfHost(new URL('https://r.io/')), undefined);
  });
});
