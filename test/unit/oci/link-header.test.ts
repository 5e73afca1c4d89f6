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

  it('finds the first next of any links, whatever else they say (T1)', () => {
    const rel = fc.constantFrom('next', 'NEXT', 'prev', 'first next', 'nexts', 'up');
    const title = fc.constantFrom(
      '',
      '; title="a, <b>; rel=next"',
      '; type=text/html',
      ';hreflang = de',
    );
    const link = fc.record({
      target: fc.constantFrom('/v2/a?n=1', 'https://r.io/x?a=1,2;3', 'b', '?last=%20'),
      before: title,
      name: fc.constantFrom('rel', 'REL', 'Rel'),
      rel,
      after: title,
    });
    fc.assert(
      fc.property(fc.array(link, { maxLength: 4 }), (links) => {
        const header = links
          .map((each) => `<${each.target}>${each.before}; ${each.name}="${each.rel}"${each.after}`)
          .join(' , ');
        const isNext = (text: string): boolean => text.toLowerCase().split(' ').includes('next');
        assert.equal(nextLink(header), links.find((each) => isNext(each.rel))?.target);
      }),
    );
  });

  it('finds any target, and never throws (T1)', () => {
    const target = fc.webUrl({ withQueryParameters: true }).filter((url) => !/[<>]/.test(url));
    fc.assert(
      fc.property(target, (url) => {
        assert.equal(nextLink(`<${url}>; rel="next"`), url);
      }),
    );
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('<', '>', ';', ',', '"', '=', ' ', 'rel', 'next') }),
        (text) => {
          const found = nextLink(text);
          assert.ok(found === undefined || text.includes(found));
        },
      ),
    );
  });
});
