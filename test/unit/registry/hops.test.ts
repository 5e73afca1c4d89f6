import assert from 'node:assert/strict';
import { sendFollowing } from '../../../shared/registry/hops.ts';
import { registryOrigin } from '../../../shared/registry/origins.ts';
import type { HttpRequest, Transport } from '../../../shared/registry/transport.ts';

const { signal } = new AbortController();

const NO_CHOICES = { insecureHosts: new Set<string>(), tlsHosts: new Set<string>() };

/** A transport that sends on to an address once, and writes down what it was asked. */
function sendingTo(location: string): Transport & { readonly requests: readonly HttpRequest[] } {
  const requests: HttpRequest[] = [];
  return {
    requests,
    get requestCount() {
      return requests.length;
    },
    send: async (request) => {
      requests.push(request);
      const isFirst = requests.length === 1;
      const values = (name: string): readonly string[] =>
        isFirst && name === 'location' ? [location] : [];
      return Promise.resolve({
        status: isFirst ? 307 : 200,
        url: request.url,
        header: (name) => values(name)[0],
        headerValues: values,
        body: (async function* () {
          yield* await Promise.resolve([]);
        })(),
        discard: async () => Promise.resolve(),
      });
    },
    close: async () => Promise.resolve(),
  };
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
});
