import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { AddressGuard } from '../../../shared/registry/address-guard.ts';
import type { Resolver } from '../../../shared/registry/address-guard.ts';

function resolving(...addresses: readonly string[]): Resolver {
  return (_, done) => {
    const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    done(null, found);
  };
}

async function ask(
  lookup: LookupFunction,
  all = true,
  name = 'name.test',
): Promise<string | readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookup(name, { all }, (error, found) => {
      if (error === null) resolve(found);
      else reject(error);
    });
  });
}

describe('address-guard AddressGuard', () => {
  it('passes on why a name leads nowhere, from the resolver of the machine', async () => {
    const guard = new AddressGuard();
    for (const lookup of [guard.trustingLookup, guard.guardedLookup('public')]) {
      await assert.rejects(ask(lookup), { code: /^(ENOTFOUND|EAI_AGAIN)$/ });
    }
  });

  it('S3 uses only those addresses of a name that may be reached', async () => {
    const guard = new AddressGuard(resolving('10.0.0.1', '8.8.8.8', '::1'));
    const lookup = guard.guardedLookup('public');
    assert.deepEqual(await ask(lookup), [{ address: '8.8.8.8', family: 4 }]);
    assert.equal(await ask(lookup, false), '8.8.8.8');
  });

  it('S3 refuses a name whose addresses are all further inside, and names them', async () => {
    const lookup = new AddressGuard(resolving('10.0.0.1', '::1')).guardedLookup('public');
    await assert.rejects(ask(lookup), {
      code: 'REGISTRY_RESPONSE_INVALID',
      message: /name\.test.*10\.0\.0\.1, ::1/,
    });
  });

  it('S3 lets a registry with a private endpoint send us to its private storage', async () => {
    const guard = new AddressGuard(resolving('10.0.0.1'));
    const registry = new URL('https://name.test/');
    assert.equal(guard.kindOf(registry), 'public');
    await ask(guard.trustingLookup);
    assert.equal(guard.kindOf(registry), 'private');
    assert.equal((await ask(guard.guardedLookup(guard.kindOf(registry)))).length, 1);
  });

  it('S3 knows the network of a registry that is named by number', () => {
    const guard = new AddressGuard(resolving());
    const kinds = ['https://10.0.0.1/', 'http://localhost:5000/', 'http://[::1]/'].map((url) =>
      guard.kindOf(new URL(url)),
    );
    assert.deepEqual(kinds, ['private', 'loopback', 'loopback']);
  });

  it('S3 does not let public storage of a registry with a private endpoint send us inside', async () => {
    const addresses: Readonly<Record<string, string>> = { 'storage.test': '8.8.8.8' };
    const guard = new AddressGuard((hostname, done) => {
      done(null, [{ address: addresses[hostname] ?? '10.0.0.1', family: 4 }]);
    });
    const storage = new URL('https://storage.test/');
    await ask(guard.guardedLookup('private'), true, 'storage.test');
    assert.equal(guard.kindOf(storage), 'public');
    await assert.rejects(ask(guard.guardedLookup(guard.kindOf(storage)), true, 'vault.test'));
    await ask(guard.guardedLookup('private'), true, 'inner.test');
    assert.equal(guard.kindOf(new URL('https://inner.test/')), 'private');
  });

  it('S3 does not open the inside for a name that leads outside as well', async () => {
    const guard = new AddressGuard(resolving('127.0.0.1', '8.8.8.8'));
    assert.equal((await ask(guard.trustingLookup)).length, 2);
    assert.equal(guard.kindOf(new URL('https://name.test/')), 'public');
  });

  it('X12 stays for five minutes with the addresses of a name that the user gave, and then asks again', async () => {
    let nowMs = 0;
    let asked = 0;
    const guard = new AddressGuard(
      (_, done) => {
        asked += 1;
        done(null, [{ address: `8.8.8.${asked}`, family: 4 }]);
      },
      () => nowMs,
    );
    assert.equal(await ask(guard.trustingLookup, false), '8.8.8.1');
    nowMs = 299_999;
    assert.equal(await ask(guard.trustingLookup, false), '8.8.8.1');
    assert.deepEqual(await ask(guard.trustingLookup), [{ address: '8.8.8.1', family: 4 }]);
    assert.equal(await ask(guard.guardedLookup('public'), false), '8.8.8.2');
    nowMs = 300_000;
    assert.equal(await ask(guard.trustingLookup, false), '8.8.8.3');
  });

  it('passes on that a name does not exist', async () => {
    const failure = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    const guard = new AddressGuard((_, done) => {
      done(failure, []);
    });
    await assert.rejects(ask(guard.trustingLookup), failure);
    await assert.rejects(ask(guard.guardedLookup('public')), failure);
  });

  it('asks again for a name that did not exist a moment ago', async () => {
    let addresses: readonly LookupAddress[] = [];
    const guard = new AddressGuard((_, done) => {
      done(null, addresses);
    });
    await assert.rejects(ask(guard.trustingLookup));
    addresses = [{ address: '10.0.0.1', family: 4 }];
    assert.equal(await ask(guard.trustingLookup, false), '10.0.0.1');
  });

  it('S3 remembers the network of a server whose name cannot be found for a while', async () => {
    let addresses: readonly LookupAddress[] = [{ address: '10.0.0.1', family: 4 }];
    const guard = new AddressGuard((_, done) => {
      done(null, addresses);
    });
    await ask(guard.guardedLookup('private'));
    addresses = [];
    await assert.rejects(ask(guard.guardedLookup('private')));
    assert.equal(guard.kindOf(new URL('https://name.test/')), 'private');
  });

  it('asks the machine when nothing else is given', async () => {
    const found = await new Promise((resolve) => {
      new AddressGuard().trustingLookup('localhost', { all: true }, (_, addresses) => {
        resolve(addresses);
      });
    });
    assert.ok(Array.isArray(found) && found.length > 0);
  });
});
