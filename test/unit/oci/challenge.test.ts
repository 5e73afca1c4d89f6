import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseChallenges } from '../../../shared/oci/challenge.ts';

function read(...headers: readonly string[]): readonly (readonly [string, object])[] {
  return parseChallenges(headers).map(({ scheme, parameters }) => [
    scheme,
    Object.fromEntries(parameters),
  ]);
}

describe('challenge parseChallenges', () => {
  const cases = [
    { name: 'a scheme alone', header: 'Basic', is: [['basic', {}]] },
    {
      name: 'quoted values',
      header: 'Bearer realm="https://a.b/token?x=1,2",service="a.b",scope="repository:a:pull,push"',
      is: [
        [
          'bearer',
          { realm: 'https://a.b/token?x=1,2', service: 'a.b', scope: 'repository:a:pull,push' },
        ],
      ],
    },
    {
      name: 'lower case and blanks',
      header: 'bearer  Realm = "x" ,  SERVICE="y"',
      is: [['bearer', { realm: 'x', service: 'y' }]],
    },
    {
      name: 'unquoted values',
      header: 'Bearer realm=https://a.b/t,service=x',
      is: [['bearer', { realm: 'https://a.b/t', service: 'x' }]],
    },
    {
      name: 'escaped quotes',
      header: String.raw`Basic realm="a \"b\" \\ c"`,
      is: [['basic', { realm: String.raw`a "b" \ c` }]],
    },
    {
      name: 'several challenges',
      header: 'Negotiate, Basic realm="b", Bearer realm="c",service="d"',
      is: [
        ['negotiate', {}],
        ['basic', { realm: 'b' }],
        ['bearer', { realm: 'c', service: 'd' }],
      ],
    },
    {
      name: 'a token68',
      header: 'Negotiate YWJj==, Basic realm="x"',
      is: [
        ['negotiate', {}],
        ['basic', { realm: 'x' }],
      ],
    },
    { name: 'empty elements', header: ', ,Basic realm="x",,', is: [['basic', { realm: 'x' }]] },
    { name: 'an empty value', header: 'Bearer realm=""', is: [['bearer', { realm: '' }]] },
    { name: 'a parameter before any scheme', header: 'realm="x"', is: [] },
    {
      name: 'a quote that is never closed',
      header: 'Basic realm="x", Bearer realm="y',
      is: [
        ['basic', { realm: 'x' }],
        ['bearer', {}],
      ],
    },
    { name: 'nothing', header: '', is: [] },
  ];
  for (const { name, header, is } of cases) {
    it(`reads ${name}`, () => {
      assert.deepEqual(read(header), is);
    });
  }

  it('reads several headers in their order', () => {
    assert.deepEqual(read('Basic realm="a"', 'Bearer realm="b"'), [
      ['basic', { realm: 'a' }],
      ['bearer', { realm: 'b' }],
    ]);
  });

  it('does not read a header of absurd length', () => {
    assert.deepEqual(read(`Basic realm="${'x'.repeat(20_000)}"`), []);
  });

  it('reads back every value that was quoted', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (realm, service) => {
        const quote = (text: string): string => `"${text.replace(/["\\]/g, String.raw`\$&`)}"`;
        assert.deepEqual(read(`Bearer realm=${quote(realm)}, service=${quote(service)}`), [
          ['bearer', { realm, service }],
        ]);
      }),
    );
  });

  it('reads any challenges, however they are written (A2)', () => {
    const letters = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
    const spelling = fc.record({
      isUpper: fc.boolean(),
      isQuoted: fc.boolean(),
      space: fc.constantFrom('', ' ', '\t', '  '),
      comma: fc.constantFrom(',', ' ,', ', ', ',,', ' , ,'),
    });
    const parameter = fc.record({
      name: letters,
      value: fc.oneof(letters, fc.string({ maxLength: 20 })),
      spelling,
    });
    const challenge = fc.record({
      scheme: letters,
      parameters: fc.uniqueArray(parameter, { maxLength: 3, selector: ({ name }) => name }),
      spelling,
    });
    type Written = typeof spelling extends fc.Arbitrary<infer T> ? T : never;
    const spelt = (text: string, { isUpper }: Written): string =>
      isUpper ? text.toUpperCase() : text;
    const valueOf = (value: string, { isQuoted }: Written): string =>
      isQuoted || !/^[a-z0-9-]+$/.test(value)
        ? `"${value.replace(/["\\]/g, String.raw`\$&`)}"`
        : value;
    fc.assert(
      fc.property(
        fc.array(challenge, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        (all, isOne) => {
          const headers = all.map((each) => {
            const written = each.parameters.map(({ name, value, spelling: how }) => {
              const { space } = how;
              return `${spelt(name, how)}${space}=${space}${valueOf(value, how)}`;
            });
            const first = spelt(each.scheme, each.spelling);
            const rest = written.join(each.spelling.comma);
            return rest === '' ? first : `${first} ${rest}`;
          });
          assert.deepEqual(
            read(...(isOne ? [headers.join(', ')] : headers)),
            all.map(({ scheme, parameters }) => [
              scheme,
              Object.fromEntries(parameters.map(({ name, value }) => [name, value])),
            ]),
          );
        },
      ),
    );
  });

  it('ends with any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', ' ', '=', ',', '"', '\\', '/', 'é', '\t') }),
        (header) => {
          assert.ok(Array.isArray(parseChallenges([header])));
        },
      ),
    );
  });
});
