import assert from 'node:assert/strict';
import { Secret } from '../../../shared/core/secret.ts';
import { checkRealm, knownChallenge } from '../../../shared/registry/realm.ts';
import { profileOf } from '../../../shared/registry/profiles.ts';
import { covers, pullScope, pushScope } from '../../../shared/registry/scopes.ts';
import { parseToken } from '../../../shared/registry/token-answer.ts';
import { tokenByGet, tokenByPost } from '../../../shared/registry/token.ts';

describe('realm checkRealm', () => {
  const accepted = [
    {
      name: 'the registry itself',
      registry: 'https://r.io',
      realm: 'https://r.io/token',
      is: 'https://r.io/token',
    },
    {
      name: 'a relative realm',
      registry: 'https://r.io',
      realm: '/token',
      is: 'https://r.io/token',
    },
    {
      name: 'a default port',
      registry: 'https://r.io',
      realm: 'https://r.io:443/token',
      is: 'https://r.io/token',
    },
    {
      name: 'a login server that is known to belong to it',
      registry: 'https://registry-1.docker.io',
      realm: 'https://auth.docker.io/token',
      is: 'https://auth.docker.io/token',
    },
    {
      name: 'a login server over TLS for a registry without',
      registry: 'http://127.0.0.1:1',
      realm: 'https://auth.docker.io/token',
      is: 'https://auth.docker.io/token',
    },
    {
      name: 'another port of this machine',
      registry: 'http://127.0.0.1:1',
      realm: 'http://127.0.0.1:2/token',
      is: 'http://127.0.0.1:2/token',
    },
  ];
  for (const { name, registry, realm, is } of accepted) {
    it(`S2 trusts ${name}`, () => {
      const url = checkRealm({
        ...{ realm, registryUrl: new URL(registry), hasCredential: true },
        trustedHosts: new Set(['auth.docker.io']),
      });
      assert.equal(url.href, is);
    });
  }

  it('lets anonymous users get tokens from any public server', () => {
    const registryUrl = new URL('https://r.io');
    const realm = 'https://tokens.example/t';
    const anonymous = { hasCredential: false, trustedHosts: new Set<string>() };
    assert.equal(checkRealm({ ...anonymous, realm, registryUrl }).href, realm);
  });

  for (const realm of ['https://10.0.0.1/t', 'https://169.254.169.254/t', 'https://localhost/t']) {
    it(`S2 asks nobody at ${realm} for a public registry, not even anonymously`, () => {
      const registryUrl = new URL('https://r.io');
      const anonymous = { hasCredential: false, trustedHosts: new Set<string>() };
      assert.throws(() => checkRealm({ ...anonymous, realm, registryUrl }), {
        code: 'REGISTRY_RESPONSE_INVALID',
        message: /it is an internal address/,
      });
    });
  }

  it('S2 sends no credentials of a registry on this machine to another one', () => {
    const request = { realm: 'https://tokens.example/t', hasCredential: true };
    const registryUrl = new URL('http://127.0.0.1:1');
    assert.throws(() => checkRealm({ ...request, registryUrl, trustedHosts: new Set<string>() }), {
      code: 'REGISTRY_RESPONSE_INVALID',
      message: /credentials are only sent to the registry itself/,
    });
  });

  const refused = [
    { name: 'no realm', realm: '' },
    { name: 'nonsense', realm: 'https://[' },
    { name: 'plain HTTP', realm: 'http://r.io/token' },
    { name: 'a user name', realm: 'https://a@r.io/token' },
    { name: 'a password', realm: 'https://:b@r.io/token' },
    { name: 'this machine', realm: 'https://127.0.0.1/token' },
    { name: 'a cloud metadata server', realm: 'https://169.254.169.254/' },
    { name: 'another host', realm: 'https://tokens.example/t' },
    { name: 'a neighbour below the same domain', realm: 'https://evil.r.io/token' },
    { name: 'another port', realm: 'https://r.io:444/token' },
  ];
  for (const { name, realm } of refused) {
    it(`S2 sends no credentials to ${name}`, () => {
      const registryUrl = new URL('https://r.io');
      const request = { realm, registryUrl, hasCredential: true, trustedHosts: new Set<string>() };
      assert.throws(() => checkRealm(request), {
        code: 'REGISTRY_RESPONSE_INVALID',
      });
    });
  }
});

describe('realm knownChallenge', () => {
  it('A19 knows where an Azure container registry issues tokens', () => {
    const host = 'example.azurecr.io';
    const { tokenPath } = profileOf(host);
    const challenge = knownChallenge(new URL(`https://${host}`), tokenPath ?? '');
    assert.deepEqual(
      [challenge.scheme, Object.fromEntries(challenge.parameters)],
      ['bearer', { realm: `https://${host}/oauth2/token`, service: host }],
    );
  });
});

describe('scopes covers', () => {
  const cases = [
    { granted: [pushScope('a')], wanted: [pullScope('a')], is: true },
    { granted: [pullScope('a')], wanted: [pushScope('a')], is: false },
    { granted: [pushScope('a')], wanted: [pullScope('b')], is: false },
    { granted: [pushScope('a'), pullScope('b')], wanted: [pullScope('b')], is: true },
    { granted: [pushScope('a')], wanted: [pushScope('a'), pullScope('b')], is: false },
    { granted: [pushScope('a')], wanted: ['repository:a:push'], is: true },
    { granted: [], wanted: [], is: true },
  ];
  for (const { granted, wanted, is } of cases) {
    it(`is ${is} for ${wanted.join(' ')} by ${granted.join(' ')}`, () => {
      assert.equal(covers(granted, wanted), is);
    });
  }
});

describe('token requests', () => {
  const url = new URL('https://r.io/token?tenant=1');
  const request = { url, service: 'r.io', scopes: [pushScope('a'), pullScope('b')] };
  const basic = { kind: 'basic', username: 'u', password: new Secret('p:w') } as const;

  it('A3 asks by GET with one scope parameter each and the password in the header', () => {
    const call = tokenByGet({ ...request, credential: basic });
    assert.equal(
      call.url.href,
      'https://r.io/token?tenant=1&service=r.io&scope=repository%3Aa%3Apull%2Cpush&scope=repository%3Ab%3Apull&client_id=container-image-release&account=u',
    );
    assert.equal(call.headers['authorization'], `Basic ${Buffer.from('u:p:w').toString('base64')}`);
    assert.deepEqual(tokenByGet({ ...request, credential: undefined }).headers, {});
  });

  it('A4 asks by POST with an identity token or a password in the form', () => {
    const form = (body: Uint8Array | undefined): object =>
      Object.fromEntries(new URLSearchParams(Buffer.from(body ?? []).toString()));
    const common = {
      client_id: 'container-image-release',
      service: 'r.io',
      scope: 'repository:a:pull,push repository:b:pull',
    };
    const token = { kind: 'identity-token', token: new Secret('t') } as const;
    assert.deepEqual(form(tokenByPost({ ...request, credential: token }).body), {
      ...common,
      grant_type: 'refresh_token',
      refresh_token: 't',
    });
    assert.deepEqual(form(tokenByPost({ ...request, credential: basic }).body), {
      ...common,
      grant_type: 'password',
      username: 'u',
      password: 'p:w',
    });
  });
});

describe('token parseToken', () => {
  const now = Date.parse('2026-11-22T00:00:00Z');
  const jwt = (exp: number, iat?: number): string =>
    `x.${Buffer.from(JSON.stringify({ exp, iat })).toString('base64url')}.y`;
  const cases = [
    { name: 'expires_in', answer: { token: 't', expires_in: 300 }, seconds: 300 },
    { name: 'a life shorter than a minute', answer: { token: 't', expires_in: 1 }, seconds: 60 },
    { name: 'nothing', answer: { access_token: 't' }, seconds: 60 },
    { name: 'the end of a JWT', answer: { access_token: jwt(now / 1000 + 4500) }, seconds: 4500 },
    { name: 'a JWT that has ended', answer: { access_token: jwt(now / 1000 - 10) }, seconds: 60 },
    {
      name: 'the time it was issued',
      answer: { token: 't', expires_in: 300, issued_at: '2026-11-21T23:59:00Z' },
      seconds: 240,
    },
    {
      name: 'a clock that is ahead',
      answer: { token: 't', expires_in: 300, issued_at: '2026-11-22T01:00:00Z' },
      seconds: 300,
    },
    {
      name: 'a clock that is behind',
      answer: { token: 't', expires_in: 300, issued_at: '2026-11-21T23:00:00Z' },
      seconds: 300,
    },
    {
      name: 'no readable time of issue',
      answer: { token: 't', expires_in: 300, issued_at: 'yesterday' },
      seconds: 300,
    },
    {
      name: 'a JWT of a clock that is behind',
      answer: { token: jwt(now / 1000 - 3000, now / 1000 - 3600) },
      seconds: 600,
    },
    { name: 'an absurd life', answer: { token: 't', expires_in: 10 ** 12 }, seconds: 86_400 },
  ];
  for (const { name, answer, seconds } of cases) {
    it(`A6 knows the end of a token from ${name}`, () => {
      const token = parseToken(Buffer.from(JSON.stringify(answer)), 'r.io', now);
      assert.equal(token.expiresAtMs, now + seconds * 1000);
      assert.equal(
        token.value,
        Reflect.get(answer, 'token') ?? Reflect.get(answer, 'access_token'),
      );
    });
  }

  for (const text of ['', '[]', '{}', '{"token":""}', '{"token":1}']) {
    it(`A5 refuses ${text === '' ? 'an empty answer' : text}`, () => {
      assert.throws(() => parseToken(Buffer.from(text), 'r.io', now), {
        code: 'REGISTRY_RESPONSE_INVALID',
      });
    });
  }
});
