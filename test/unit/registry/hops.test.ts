import assert from 'node:assert/strict';
import fc from 'fast-check';
import { kindOfHost } from '../../../shared/registry/addresses.ts';
import { RegistryError } from '../../../shared/registry/errors.ts';
import { resolveHop, sendFollowing } from '../../../shared/registry/hops.ts';
import { IncomingBody } from '../../../shared/registry/incoming-body.ts';
import { registryOrigin } from '../../../shared/registry/origins.ts';
import type { HttpRequest, Transport } from '../../../shared/registry/transport.ts';

const { signal } = new AbortController();

const NO_CHOICES = { insecureHosts: new Set<string>(), tlsHosts: new Set<string>() };

/** A transport that sends on from one address to the next, and writes down what it was asked. */
function sendingTo(
  ...locations: readonly string[]
): Transport & { readonly requests: readonly HttpRequest[] } {
  const requests: HttpRequest[] = [];
  return {
    requests,
    get requestCount() {
      return requests.length;
    },
    send: async (request) => {
      const location = locations[requests.length];
      requests.push(request);
      const values = (name: string): readonly string[] =>
        location !== undefined && name === 'location' ? [location] : [];
      return Promise.resolve({
        status: location === undefined ? 200 : 307,
        url: request.url,
        header: (name) => values(name)[0],
        headerValues: values,
        body: emptyBody(),
        discard: async () => Promise.resolve(),
      });
    },
    close: async () => Promise.resolve(),
  };
}

function emptyBody(): IncomingBody {
  const nothing = (): void => undefined;
  const body = new IncomingBody({ pause: nothing, resume: nothing, abort: nothing });
  body.finish();
  return body;
}

describe('hops resolveHop', () => {
  const hosts = fc.constantFrom(
    ...['r.io', 'r.io:444', 'cdn.example', '127.0.0.1', '[::1]', '10.0.0.1', '169.254.169.254'],
    ...['localhost', 'user:secret@r.io', '2130706433', '0x7f.1', '', 'r.io\\@evil.example'],
  );
  const location = fc.oneof(
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.webPath(),
    fc.string(),
    fc
      .tuple(
        fc.constantFrom('https://', 'http://', '//', 'ftp://', 'file://', 'data:'),
        hosts,
        fc.webPath(),
      )
      .map((parts) => parts.join('')),
  );

  it('S3 B3 gives an HTTPS address outside for any Location that a public registry sends, or refuses it', () => {
    const from = new URL('https://registry.example/v2/app/blobs/uploads/1?state=a%2Fb');
    let followed = 0;
    fc.assert(
      fc.property(location, (text) => {
        const to = resolved(from, text);
        if (to === undefined) return;
        followed += 1;
        assert.equal(to.protocol, 'https:');
        assert.deepEqual([to.username, to.password], ['', '']);
        assert.ok(['public', undefined].includes(kindOfHost(to)), to.href);
        // What the platform makes of it, by its own rules for relative addresses.
        assert.equal(to.href, new URL(text, from.href).href);
      }),
      { numRuns: 2000 },
    );
    assert.ok(followed > 100, `only ${followed} of these were followed`);
  });
});

/** Where a Location leads, absent when it is refused. */
function resolved(from: URL, location: string): URL | undefined {
  try {
    return resolveHop({ what: 'upload', method: 'POST' }, from, location);
  } catch (error) {
    assert.ok(error instanceof RegistryError, String(error));
    assert.equal(error.code, 'REGISTRY_RESPONSE_INVALID');
    return undefined;
  }
}

describe('hops sendFollowing', () => {
  const cases = [
    { registry: 'r.io:443', location: 'https://r.io/a', isHome: true },
    { registry: 'r.io', location: 'https://r.io:443/a', isHome: true },
    { registry: 'r.io', location: 'https://R.IO/a', isHome: true },
    { registry: 'r.io', location: '/a', isHome: true },
    { registry: 'r.io', location: 'https://r.io:444/a', isHome: false },
    { registry: 'r.io:5000', location: 'https://r.io/a', isHome: false },
    { registry: 'r.io', location: 'https://r.io.example.com/a', isHome: false },
  ];
  for (const { registry, location, isHome } of cases) {
    it(`R7 takes ${location} for ${isHome ? 'the same server as' : 'another server than'} ${registry}`, async () => {
      const origin = registryOrigin(registry, NO_CHOICES);
      const transport = sendingTo(location);
      const request = {
        what: 'read',
        method: 'GET',
        url: new URL('/v2/app/blobs/x', origin),
        headers: {},
        home: origin.origin,
        registryUrl: origin,
        homeHeaders: { authorization: 'Basic x' },
      } as const;
      assert.equal((await sendFollowing(transport, request, signal)).isHome, isHome);
      const [, second] = transport.requests;
      assert.equal(second?.headers['authorization'] !== undefined, isHome);
    });
  }

  it('S3 tells of each server who sent us to it, so that a public one does not lead inside for a registry that is', async () => {
    const url = new URL('https://registry.corp.test/v2/app/blobs/x');
    const registryUrl = new URL(url.origin);
    const transport = sendingTo('https://public.test/a', 'https://vault.corp.test/b', url.href);
    const request = { what: 'read', method: 'GET', url, headers: {}, home: url.origin } as const;
    await sendFollowing(transport, { ...request, registryUrl }, signal);
    assert.deepEqual(
      transport.requests.map(({ namedBy }) => namedBy?.host),
      [undefined, 'registry.corp.test', 'public.test', undefined],
    );
  });
});
