import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nextLink } from '../../../shared/oci/link-header.ts';

describe('link-header nextLink', () => {
  const headers = [
    { header: '</v2/a/tags/list?last=b>; rel="next"', target: '/v2/a/tags/list?last=b' },
    { header: '</p?a=1,2;3>; rel=next', target: '/p?a=1,2;3' },
    { header: '<a>; rel="prev", <b>; rel="next"', target: 'b' },
    { header: '<a>; title="x, <c>; rel=next", <b>; REL = next', target: 'b' },
    { header: '<a>; rel="first next last"', target: 'a' },
    { header: '<a>; rel="nexts"', target: undefined },
    { header: '<a>', target: undefined },
    { header: '', target: undefined },
    { header: undefined, target: undefined },
  ] as const;
  for (const { header, target } of headers) {
    it(`finds ${target ?? 'nothing'} in ${header ?? 'no header'} (T1)`, () => {
      assert.equal(nextLink(header), target);
    });
  }

  it('finds any target, and never throws (T1)', () => {
    const target = fc.webUrl({ withQueryParameters: true }).filter((url) => !/[<>]/.test(url));
    fc.assert(
      fc.property(target, (url) => {
        assert.equal(nextLink(`<${url}>; rel="next"`), url);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        const found = nextLink(text);
        assert.ok(found === undefined || text.includes(found));
      }),
    );
  });
});
