import assert from 'node:assert/strict';
import { Secret } from '../../../shared/core/secret.ts';
import { parseChallenges } from '../../../shared/oci/challenge.ts';
import type { Challenge } from '../../../shared/oci/challenge.ts';
import { Authorizer } from '../../../shared/registry/auth.ts';
import type { AuthorizerOptions } from '../../../shared/registry/auth.ts';
import type { Credential } from '../../../shared/registry/credentials/credential.ts';
import { RegistryError } from '../../../shared/registry/errors.ts';
import { STANDARD_PROFILE } from '../../../shared/registry/profiles.ts';
import { pullScope, pushScope } from '../../../shared/registry/scopes.ts';
import type { AccessTarget } from '../../../shared/registry/scopes.ts';
import type { TokenCall } from '../../../shared/registry/token.ts';

const { signal } = new AbortController();

const TARGET: AccessTarget = { registry: 'r.io', repository: 'app', scopes: [pullScope('app')] };

const BEARER = parseChallenges(['Bearer realm="https://r.io/token",service="s"']);

const BASIC = parseChallenges(['Basic realm="r"']);

const NARROW = parseChallenges([
  'Bearer realm="/token",error="insufficient_scope",scope="repository:app:pull repository:b:pull"',
]);

const password = (text: string): Credential => ({
  kind: 'basic',
  username: 'u',
  password: new Secret(text),
});

/** An authorizer that knows one credential, and a token server that answers `t1`, `t2` and so on. */
function anAuthorizer(options: Partial<AuthorizerOptions> = {}): {
  readonly authorizer: Authorizer;
  readonly calls: TokenCall[];
  readonly hidden: string[];
  readonly ask: (challenges: readonly Challenge[]) => Promise<string | undefined>;
} {
  const calls: TokenCall[] = [];
  const hidden: string[] = [];
  const authorizer = new Authorizer({
    credentials: () => Promise.resolve(password('p')),
    maskSecret: (value) => hidden.push(value),
    now: () => 0,
    originOf: (registry) => new URL(`https://${registry}`),
    fetchToken: (call) => {
      calls.push(call);
      return Promise.resolve(tokenAnswer(`t${calls.length}`));
    },
    trustedTokenHosts: [],
    profileOf: () => STANDARD_PROFILE,
    ...options,
  });
  const ask = async (challenges: readonly Challenge[]): Promise<string | undefined> => {
    authorizer.learn('r.io', challenges);
    return authorizer.header(TARGET, signal);
  };
  return { authorizer, calls, hidden, ask };
}

function tokenAnswer(token: string): Uint8Array {
  return Buffer.from(JSON.stringify({ token, expires_in: 600 }));
}

function refusal(status: number): RegistryError {
  return new RegistryError('REGISTRY_UNAUTHORIZED', 'Cannot log in.', {
    hint: 'Try.',
    details: { method: 'GET', url: 'x', status, registryCodes: [], namedDigests: [] },
  });
}

const scopesIn = ({ url }: TokenCall): readonly string[] => url.searchParams.getAll('scope');

describe('auth Authorizer header', () => {
  it('A1 authorizes nothing before the registry has asked for it', async () => {
    const { authorizer, calls, hidden } = anAuthorizer();
    assert.equal(authorizer.knows('r.io'), false);
    assert.equal(await authorizer.header(TARGET, signal), undefined);
    authorizer.learn('r.io', []);
    assert.equal(await authorizer.header(TARGET, signal), undefined);
    assert.deepEqual([calls, hidden], [[], []]);
  });

  for (const challenges of [BEARER, BASIC]) {
    it(`A15 sends a registry token as it is to a registry that asks for ${String(challenges[0]?.scheme)}`, async () => {
      const token = { kind: 'registry-token', token: new Secret('given') } as const;
      const { ask, calls, hidden } = anAuthorizer({ credentials: () => Promise.resolve(token) });
      assert.equal(await ask(challenges), 'Bearer given');
      assert.deepEqual([calls, hidden], [[], ['given']]);
    });
  }

  it('A2 takes the first Bearer challenge, and a new one instead of an old one', async () => {
    const realm = (path: string): string => `Bearer realm="https://r.io/${path}"`;
    const { ask, authorizer, calls } = anAuthorizer();
    await ask(parseChallenges(['Basic realm="r"', `${realm('one')}, ${realm('two')}`]));
    authorizer.learn('r.io', parseChallenges([realm('three')]));
    const elsewhere = { ...TARGET, scopes: [pullScope('b')] };
    await authorizer.header(elsewhere, signal);
    assert.deepEqual(
      calls.map(({ url }) => url.pathname),
      ['/one', '/three'],
    );
  });

  it('A20 hides the password, its encoded form and the token, each once and no empty one', async () => {
    const { ask, hidden } = anAuthorizer({ credentials: () => Promise.resolve(password('')) });
    await ask(BEARER);
    await ask(BEARER);
    assert.deepEqual(hidden, [Buffer.from('u:').toString('base64'), 't1']);
  });

  it('A4 asks with an identity token by POST only', async () => {
    const token = { kind: 'identity-token', token: new Secret('i') } as const;
    const { ask, calls } = anAuthorizer({ credentials: () => Promise.resolve(token) });
    assert.equal(await ask(BEARER), 'Bearer t1');
    assert.deepEqual(
      calls.map(({ method }) => method),
      ['POST'],
    );
  });

  it('A4 posts nothing for nobody', async () => {
    const methods: string[] = [];
    const { ask } = anAuthorizer({
      credentials: () => Promise.resolve(undefined),
      fetchToken: ({ method }) => {
        methods.push(method);
        return Promise.resolve(undefined);
      },
    });
    await assert.rejects(ask(BEARER), { message: 'There is no token server at r.io.' });
    assert.deepEqual(methods, ['GET']);
  });

  const hosts = [
    { name: 'no other', profile: [], trusted: [], isTrusted: false },
    { name: 'one of its profile', profile: ['login.example'], trusted: [], isTrusted: true },
    { name: 'one that the user trusts', profile: [], trusted: ['login.example'], isTrusted: true },
  ];
  for (const { name, profile, trusted, isTrusted } of hosts) {
    it(`S2 logs in at the registry and at ${name}, also after a redirect`, async () => {
      let leadsOn: (() => void) | undefined;
      const { ask } = anAuthorizer({
        profileOf: () => ({ ...STANDARD_PROFILE, tokenHosts: profile }),
        trustedTokenHosts: trusted,
        fetchToken: (_call, { checkRedirect }) => {
          leadsOn = () => {
            checkRedirect(new URL('https://login.example/t'));
          };
          return Promise.resolve(tokenAnswer('t'));
        },
      });
      await ask(BEARER);
      assert.ok(leadsOn !== undefined);
      if (isTrusted) leadsOn();
      else assert.throws(leadsOn, { code: 'REGISTRY_RESPONSE_INVALID' });
      const elsewhere = anAuthorizer({
        profileOf: () => ({ ...STANDARD_PROFILE, tokenHosts: profile }),
        trustedTokenHosts: trusted,
      }).ask(parseChallenges(['Bearer realm="https://login.example/t"']));
      if (isTrusted) assert.equal(await elsewhere, 'Bearer t1');
      else await assert.rejects(elsewhere, { code: 'REGISTRY_RESPONSE_INVALID' });
    });
  }
});

describe('auth Authorizer header with foreseen scopes', () => {
  const target = { ...TARGET, foreseenScopes: [pushScope('app')] };

  for (const status of [400, 401, 403, 503]) {
    it(`A8 ${status === 503 ? 'fails' : 'asks for what the request needs'} when they are answered ${status}`, async () => {
      const wanted: (readonly string[])[] = [];
      const { authorizer } = anAuthorizer({
        credentials: () => Promise.resolve(undefined),
        fetchToken: (call) => {
          wanted.push(scopesIn(call));
          if (wanted.length === 1) return Promise.reject(refusal(status));
          return Promise.resolve(tokenAnswer('small'));
        },
      });
      authorizer.learn('r.io', BEARER);
      const asked = authorizer.header(target, signal);
      if (status === 503) await assert.rejects(asked, refusal(status));
      else assert.equal(await asked, 'Bearer small');
      const all = [[pushScope('app')], [pullScope('app')]];
      assert.deepEqual(wanted, status === 503 ? all.slice(0, 1) : all);
    });
  }
});

describe('auth Authorizer hasEnded', () => {
  it('A11 takes for ended what a registry has accepted, or what is held no more', async () => {
    const { ask, authorizer } = anAuthorizer();
    const sent = (await ask(BEARER)) ?? '';
    const ended = (header?: string, challenges: readonly Challenge[] = []): boolean =>
      authorizer.hasEnded('r.io', { sent: header, challenges });
    assert.deepEqual([ended(undefined), ended(sent), ended('Bearer other')], [false, false, true]);
    authorizer.accept('r.io', sent);
    assert.deepEqual([ended(sent), ended(sent, NARROW)], [true, false]);
    assert.equal(authorizer.hasEnded('unknown.io', { sent, challenges: [] }), false);
  });

  it('A13 never takes a password for ended', async () => {
    const { ask, authorizer } = anAuthorizer();
    const sent = (await ask(BASIC)) ?? '';
    authorizer.accept('r.io', sent);
    assert.equal(authorizer.hasEnded('r.io', { sent, challenges: [] }), false);
  });
});

describe('auth Authorizer renew', () => {
  it('A10 asks for the scopes that the registry wants besides, each once', async () => {
    const { ask, authorizer, calls } = anAuthorizer();
    const sent = await ask(BEARER);
    const both = [pullScope('app'), pullScope('b')];
    assert.equal(await authorizer.renew(TARGET, { sent, challenges: NARROW }, signal), 'Bearer t2');
    const foreseen = { ...TARGET, foreseenScopes: [pushScope('app')] };
    await authorizer.renew(foreseen, { sent: 'Bearer t2', challenges: NARROW }, signal);
    assert.deepEqual(calls.map(scopesIn), [
      TARGET.scopes,
      both,
      [pushScope('app'), pullScope('b')],
    ]);
  });

  it('A13 asks the source once more, and gives up when it knows nothing else', async () => {
    const renewals: boolean[] = [];
    const { ask, authorizer } = anAuthorizer({
      credentials: (_registry, { isRenewal }) => {
        renewals.push(isRenewal);
        return Promise.resolve(password('p'));
      },
    });
    const sent = await ask(BASIC);
    assert.equal(await authorizer.renew(TARGET, { sent, challenges: [] }, signal), undefined);
    assert.equal(renewals.filter(Boolean).length, 1);
  });

  it('A13 has nothing for a registry that never asked', async () => {
    const { authorizer } = anAuthorizer();
    const asked = authorizer.renew(TARGET, { sent: undefined, challenges: [] }, signal);
    assert.equal(await asked, undefined);
  });

  const sources = [
    { name: 'a fresh password', fresh: password('q'), is: 'Bearer t' },
    { name: 'the same password', fresh: password('p'), is: undefined },
  ];
  for (const { name, fresh, is } of sources) {
    it(`A18 goes to the token server with ${name} ${is === undefined ? 'no more' : 'once more'} after a refusal`, async () => {
      let refused = 0;
      const { ask } = anAuthorizer({
        credentials: (_registry, { isRenewal }) =>
          Promise.resolve(isRenewal || refused > 1 ? fresh : password('p')),
        fetchToken: ({ headers }) => {
          const isFresh = headers['authorization'] === `Basic ${btoa('u:q')}`;
          if (isFresh) return Promise.resolve(tokenAnswer('t'));
          refused += 1;
          return Promise.reject(refusal(401));
        },
      });
      if (is === undefined) await assert.rejects(ask(BEARER), refusal(401));
      else assert.equal(await ask(BEARER), is);
      assert.equal(refused, 1);
    });
  }

  it('A18 does not ask the source again when the token server is down', async () => {
    let asked = 0;
    const { ask } = anAuthorizer({
      credentials: (_registry, { isRenewal }) => {
        if (isRenewal) asked += 1;
        return Promise.resolve(password('p'));
      },
      fetchToken: () => Promise.reject(refusal(503)),
    });
    await assert.rejects(ask(BEARER), refusal(503));
    assert.equal(asked, 0);
  });
});
