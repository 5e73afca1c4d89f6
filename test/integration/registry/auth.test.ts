import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AuthSettings } from '../../support/registry/settings.ts';
import {
  artifact,
  headerOf,
  pushManifest,
  withRegistry,
} from '../../support/registry/raw-client.ts';
import type { Answer, Send } from '../../support/registry/raw-client.ts';

const ACCOUNT = { username: 'user', password: 'pass:word' };
const BASIC = `Basic ${Buffer.from('user:pass:word').toString('base64')}`;
const WRONG = `Basic ${Buffer.from('user:wrong').toString('base64')}`;
const bearer: AuthSettings = { kind: 'bearer', ...ACCOUNT };
const PULL = 'repository:app:pull';
const PUSH = 'repository:app:pull,push';

const form = (fields: Readonly<Record<string, string>>): Parameters<Send>[1] => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams(fields).toString(),
});

function fieldOf(answer: Answer, name: string): string {
  return String((answer.json() as Record<string, unknown>)[name]);
}

async function tokenFor(send: Send, scope: string, authorization?: string): Promise<string> {
  const headers = authorization === undefined ? {} : { authorization };
  return fieldOf(await send(`/token?service=x&scope=${scope}`, { headers }), 'token');
}

async function statusWith(send: Send, path: string, token: string): Promise<number> {
  return (await send(path, { headers: { authorization: `Bearer ${token}` } })).status;
}

describe('embedded registry Basic', () => {
  const auth: AuthSettings = { kind: 'basic', ...ACCOUNT };

  it('challenges callers without credentials or with wrong ones', async () => {
    await withRegistry({ auth }, async (send) => {
      for (const headers of [{}, { authorization: WRONG }, { authorization: 'Basic ???' }]) {
        const refused = await send('/v2/', { headers });
        assert.deepEqual([refused.status, refused.code()], [401, 'UNAUTHORIZED']);
        assert.equal(headerOf(refused, 'www-authenticate'), 'Basic realm="registry"');
      }
    });
  });

  it('lets the account in and knows no token server', async () => {
    await withRegistry({ auth }, async (send) => {
      const headers = { authorization: BASIC };
      assert.equal((await send('/v2/', { headers })).status, 200);
      assert.equal((await send('/token', { headers })).status, 404);
    });
  });

  it('denies what the account may not do', async () => {
    await withRegistry({ auth: { ...auth, grant: ['pull'] } }, async (send) => {
      const headers = { authorization: BASIC };
      assert.equal((await send('/v2/app/manifests/v1', { headers })).status, 404);
      const begun = await send('/v2/app/blobs/uploads/', { method: 'POST', headers });
      assert.deepEqual([begun.status, begun.code()], [403, 'DENIED']);
    });
  });
});

describe('embedded registry Bearer', () => {
  it('challenges with realm, service and the scope that is needed', async () => {
    await withRegistry({ auth: bearer }, async (send, { host, url }) => {
      const base = `Bearer realm="${url}/token",service="${host}"`;
      const challengeOf = (answer: Answer): string => headerOf(answer, 'www-authenticate');
      assert.equal(challengeOf(await send('/v2/')), base);
      assert.equal(challengeOf(await send('/v2/app/tags/list')), `${base},scope="${PULL}"`);
      const begun = await send('/v2/app/blobs/uploads/', { method: 'POST' });
      assert.equal(challengeOf(begun), `${base},scope="${PUSH}"`);
      const deleted = await send('/v2/app/manifests/v1', { method: 'DELETE' });
      assert.equal(challengeOf(deleted), `${base},scope="repository:app:delete"`);
    });
  });

  it('lets a token do what its scope says and asks for more otherwise', async () => {
    await withRegistry({ auth: bearer }, async (send) => {
      const token = await tokenFor(send, PULL, BASIC);
      assert.equal(await statusWith(send, '/v2/app/manifests/v1', token), 404);
      assert.equal(await statusWith(send, '/v2/other/manifests/v1', token), 401);
      const headers = { authorization: `Bearer ${token}` };
      const begun = await send('/v2/app/blobs/uploads/', { method: 'POST', headers });
      assert.equal(begun.status, 401);
      assert.match(
        headerOf(begun, 'www-authenticate'),
        /scope="repository:app:pull,push",error="insufficient_scope"$/,
      );
    });
  });

  it('takes several scopes, in one parameter or in many', async () => {
    await withRegistry({ auth: bearer }, async (send) => {
      const more = 'repository:other:pull';
      for (const scope of [`${PULL}&scope=${more}`, `${PULL}%20${more}`]) {
        const token = await tokenFor(send, scope, BASIC);
        assert.equal(await statusWith(send, '/v2/app/manifests/v1', token), 404);
        assert.equal(await statusWith(send, '/v2/other/manifests/v1', token), 404);
      }
    });
  });

  it('refuses an unknown token, a forgotten one and an old one', async () => {
    const auth: AuthSettings = { ...bearer, tokenLifetimeSeconds: 0.05 };
    await withRegistry({ auth }, async (send, registry) => {
      assert.equal(await statusWith(send, '/v2/', 'unknown'), 401);
      const old = await tokenFor(send, PULL, BASIC);
      assert.equal(await statusWith(send, '/v2/', old), 200);
      await sleep(80);
      const refused = await send('/v2/', { headers: { authorization: `Bearer ${old}` } });
      assert.match(headerOf(refused, 'www-authenticate'), /error="invalid_token"$/);
      registry.setOptions({ auth: bearer });
      const forgotten = await tokenFor(send, PULL, BASIC);
      registry.tokens.clear();
      assert.equal(await statusWith(send, '/v2/', forgotten), 401);
    });
  });

  it('gives no token for wrong credentials or none', async () => {
    await withRegistry({ auth: bearer }, async (send) => {
      const wrong = await send('/token', { headers: { authorization: WRONG } });
      assert.deepEqual([wrong.status, wrong.code()], [401, 'UNAUTHORIZED']);
      assert.equal((await send(`/token?scope=${PULL}`)).status, 401);
    });
  });

  it('lets anybody pull when it is told to, and push nothing', async () => {
    await withRegistry({ auth: { ...bearer, anonymousPull: true } }, async (send) => {
      const token = await tokenFor(send, PUSH);
      assert.equal(await statusWith(send, '/v2/app/manifests/v1', token), 404);
      const headers = { authorization: `Bearer ${token}` };
      const begun = await send('/v2/app/blobs/uploads/', { method: 'POST', headers });
      assert.equal(begun.status, 401);
    });
  });

  it('grants no more than the account may do', async () => {
    await withRegistry({ auth: { ...bearer, grant: ['pull'] } }, async (send) => {
      const headers = { authorization: `Bearer ${await tokenFor(send, PUSH, BASIC)}` };
      const begun = await send('/v2/app/blobs/uploads/', { method: 'POST', headers });
      assert.match(headerOf(begun, 'www-authenticate'), /insufficient_scope/);
    });
  });

  it('takes the OAuth2 grants password and refresh_token', async () => {
    await withRegistry({ auth: bearer }, async (send) => {
      const base = { service: 'x', client_id: 'test', scope: `${PULL} repository:other:pull` };
      const first = await send(
        '/token',
        form({ ...base, grant_type: 'password', access_type: 'offline', ...ACCOUNT }),
      );
      assert.equal(
        await statusWith(send, '/v2/app/tags/list', fieldOf(first, 'access_token')),
        404,
      );
      const refreshToken = fieldOf(first, 'refresh_token');
      const grant = { ...base, grant_type: 'refresh_token' };
      const second = await send('/token', form({ ...grant, refresh_token: refreshToken }));
      assert.equal(second.status, 200);
      assert.equal(
        await statusWith(send, '/v2/other/tags/list', fieldOf(second, 'access_token')),
        404,
      );
      const wrong = await send('/token', form({ ...grant, refresh_token: 'unknown' }));
      assert.equal(wrong.status, 401);
    });
  });

  it('mounts only from where the token may pull, and lists only that', async () => {
    await withRegistry({ auth: bearer }, async (send, { store }) => {
      const digest = `sha256:${'0'.repeat(64)}` as never;
      store.open('secret').blobs.set(digest, Buffer.from('x'));
      const path = `/v2/app/blobs/uploads/?mount=${String(digest)}&from=secret`;
      const statuses: number[] = [];
      for (const scope of [PUSH, `${PUSH}&scope=repository:secret:pull`]) {
        const headers = { authorization: `Bearer ${await tokenFor(send, scope, BASIC)}` };
        statuses.push((await send(path, { method: 'POST', headers })).status);
      }
      assert.deepEqual(statuses, [202, 201]);
      const headers = { authorization: `Bearer ${await tokenFor(send, PULL, BASIC)}` };
      const catalog = await send('/v2/_catalog', { headers });
      assert.deepEqual(catalog.json(), { repositories: ['app'] });
    });
  });

  it('is off unless it is asked for', async () => {
    await withRegistry({}, async (send) => {
      const put = await pushManifest(send, '/v2/app/manifests/v1', artifact());
      assert.equal(put.status, 201);
    });
  });
});
