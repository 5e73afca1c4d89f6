import assert from 'node:assert/strict';
import { Secret } from '../../../shared/core/secret.ts';
import { firstCredential } from '../../../shared/registry/credentials/credential.ts';
import { staticCredentials } from '../../../shared/registry/credentials/static.ts';
import { aCredentialContext } from '../../support/credentials.ts';

const { signal } = new AbortController();
const context = aCredentialContext();

describe('credential firstCredential', () => {
  const credential = { username: 'u', password: new Secret('p') };

  it('give a service connection only to its own registry', async () => {
    const source = staticCredentials([
      { registry: 'r.io', credential },
      { registry: 'anonymous.io' },
    ]);
    assert.deepEqual(await source('r.io', context, signal), { kind: 'basic', ...credential });
    assert.equal(await source('anonymous.io', context, signal), undefined);
    assert.equal(await source('other.io', context, signal), undefined);
  });

  it('are asked in turn until one knows the registry', async () => {
    const chain = firstCredential([
      staticCredentials([]),
      staticCredentials([{ registry: 'r.io', credential }]),
    ]);
    assert.deepEqual(await chain('r.io', context, signal), { kind: 'basic', ...credential });
    assert.equal(await chain('other.io', context, signal), undefined);
  });
});
