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

interface Redirecting extends Transport {
  readonly requests: readonly HttpRequest[];
  /** How many answers were given back unread. */
  readonly discarded: number;
}

/** A transport that sends on from one address to the next, and writes down what it was asked. */
function sendingTo(...locations: readonly string[]): Redirecting {
  const requests: HttpRequest[] = [];
  let discarded = 0;
  return {
    requests,
    get discarded() {
      return discarded;
    },
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
        discard: async () => {
          discarded += 1;
          return Promise.resolve();
        },
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

  const url = new URL('https://r.io/v2/app/blobs/x');
  const asked = { what: 'read', url, headers: {}, home: url.origin, registryUrl: url } as const;

  it('S1 gives the credentials to nobody once it has been elsewhere, not even at home again', async () => {
    const transport = sendingTo('https://cdn.example/a', 'https://r.io/b');
    const headers = { accept: 'x' };
    const homeHeaders = { authorization: 'Basic x' };
    await sendFollowing(transport, { ...asked, method: 'GET', headers, homeHeaders }, signal);
    assert.deepEqual(
      transport.requests.map((request) => request.headers),
      [{ ...headers, ...homeHeaders }, headers, headers],
    );
  });

  it('B3 follows ten redirects, gives back each answer, and gives up at the eleventh', async () => {
    const ten = sendingTo(...new Array<string>(10).fill('/next'));
    await sendFollowing(ten, { ...asked, method: 'GET' }, signal);
    assert.deepEqual([ten.requests.length, ten.discarded], [11, 10]);
    const eleven = sendingTo(...new Array<string>(11).fill('/next'));
    await assert.rejects(sendFollowing(eleven, { ...asked, method: 'GET' }, signal), {
      code: 'REGISTRY_RESPONSE_INVALID',
      message: /redirected more than 10 times/,
    });
    assert.equal(eleven.requests.length, 11);
  });

  it('B1 follows the redirect of a HEAD, and none of a request that writes', async () => {
    for (const method of ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const) {
      const transport = sendingTo('/next');
      const { response } = await sendFollowing(transport, { ...asked, method }, signal);
      assert.equal(response.status, method === 'HEAD' ? 200 : 307);
    }
  });

  const notFollowed = [
    { name: 'a redirect that leads nowhere', status: 307, location: undefined },
    { name: 'an address that comes with content', status: 200, location: '/elsewhere' },
    { name: 'an address that comes with a choice', status: 300, location: '/elsewhere' },
  ];
  for (const { name, status, location } of notFollowed) {
    it(`B2 takes ${name} for the answer`, async () => {
      const transport = sendingTo();
      const send: Transport['send'] = async (request, stop) => ({
        ...(await transport.send(request, stop)),
        ...{ status, header: () => location },
      });
      const request = { ...asked, method: 'GET' } as const;
      const { response } = await sendFollowing({ ...transport, send }, request, signal);
      assert.equal(response.status, status);
      assert.equal(transport.requests.length, 1);
    });
  }

  it('S2 does not follow a redirect that the asker refuses', async () => {
    const transport = sendingTo('https://tokens.example/t');
    const checkRedirect = (to: URL): void => {
      throw new RangeError(`not ${to.host}`);
    };
    await assert.rejects(
      sendFollowing(transport, { ...asked, method: 'GET', checkRedirect }, signal),
      /^RangeError: not tokens\.example$/,
    );
    assert.equal(transport.requests.length, 1);
  });

  it('S3 tells of each server who sent us to it, so that a public one does not lead inside for a registry that is', async () => {
    const registry = new URL('https://registry.corp.test/v2/app/blobs/x');
    const registryUrl = new URL(registry.origin);
    const transport = sendingTo(
      ...['https://public.test/a', 'https://vault.corp.test/b', registry.href],
    );
    const request = { ...asked, method: 'GET', url: registry, home: registry.origin } as const;
    await sendFollowing(transport, { ...request, registryUrl }, signal);
    assert.deepEqual(
      transport.requests.map(({ namedBy }) => namedBy?.host),
      [undefined, 'registry.corp.test', 'public.test', undefined],
    );
  });
});
