import assert from 'node:assert/strict';
import fc from 'fast-check';
import { withQuery } from '../../../shared/oci/upload-location.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const ADDED = `digest=sha256%3A${'a'.repeat(64)}`;

describe('upload-location withQuery', () => {
  const locations = [
    { name: 'without a query', from: 'http://r.io/u/1', to: `http://r.io/u/1?${ADDED}` },
    { name: 'with a query', from: 'http://r.io/u/1?a=b', to: `http://r.io/u/1?a=b&${ADDED}` },
    { name: 'with an empty query', from: 'http://r.io/u/1?', to: `http://r.io/u/1?${ADDED}` },
    { name: 'that ends with &', from: 'http://r.io/u/1?a&', to: `http://r.io/u/1?a&${ADDED}` },
    { name: 'that ends with ?', from: 'http://r.io/u/1?a?', to: `http://r.io/u/1?a?&${ADDED}` },
    { name: 'with a fragment', from: 'http://r.io/u/1?a#f', to: `http://r.io/u/1?a&${ADDED}` },
    {
      name: 'that is signed',
      from: 'https://s.io/u?_state=A+b%2Fc%3d%3D&z=1&a=2&sig=%41/+',
      to: `https://s.io/u?_state=A+b%2Fc%3d%3D&z=1&a=2&sig=%41/+&${ADDED}`,
    },
  ] as const;
  for (const { name, from, to } of locations) {
    it(`adds to a location ${name} (U3)`, () => {
      assert.equal(withQuery(new URL(from), { digest: DIGEST }).href, to);
    });
  }

  it('leaves any query as it is and adds readable parameters (U3)', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), (text) => {
        const url = new URL(text);
        const result = withQuery(url, { digest: DIGEST });
        assert.ok(result.href.startsWith(url.href));
        assert.equal(result.searchParams.getAll('digest').at(-1), DIGEST);
        assert.equal(result.origin, url.origin);
      }),
    );
  });
});
