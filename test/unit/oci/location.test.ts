import assert from 'node:assert/strict';
import { parsed, problem, problems } from '../../../shared/core/result.ts';
import type { Parsed } from '../../../shared/core/result.ts';
import { parsePlace } from '../../../shared/oci/location.ts';
import type { Place } from '../../../shared/oci/location.ts';

interface Connection {
  readonly registry: string;
}

const HUB: Connection = { registry: 'index.docker.io' };
const ACR: Connection = { registry: 'example.azurecr.io' };
const FAULT = problem('c', 'was not delivered');

const cases: readonly {
  readonly name: string;
  readonly registry?: string;
  readonly prefix?: string;
  readonly connection?: Parsed<Connection | undefined>;
  readonly expected: Parsed<Place<Connection>>;
}[] = [
  {
    name: 'a registry',
    registry: 'https://Example.azurecr.io/',
    expected: parsed({
      location: { registry: 'example.azurecr.io', prefix: '' },
      connection: undefined,
      scheme: 'https',
    }),
  },
  {
    name: 'a registry in plain HTTP',
    registry: 'HTTP://registry.example:5000/',
    expected: parsed({
      location: { registry: 'registry.example:5000', prefix: '' },
      connection: undefined,
      scheme: 'http',
    }),
  },
  {
    name: 'a connection and the same registry, which says that it is in plain HTTP',
    registry: 'http://example.azurecr.io',
    connection: parsed(ACR),
    expected: parsed({
      location: { registry: 'example.azurecr.io', prefix: '' },
      connection: ACR,
      scheme: 'http',
    }),
  },
  {
    name: 'two schemes',
    registry: 'http://http://example.azurecr.io',
    expected: problem(
      'r',
      'is not a registry host such as example.azurecr.io: "http://example.azurecr.io"',
    ),
  },
  {
    name: 'a connection',
    prefix: '/a/b/',
    connection: parsed(ACR),
    expected: parsed({
      location: { registry: 'example.azurecr.io', prefix: 'a/b' },
      connection: ACR,
      scheme: undefined,
    }),
  },
  {
    name: 'a connection and the same registry, spelt otherwise',
    registry: 'registry-1.docker.io',
    connection: parsed(HUB),
    expected: parsed({
      location: { registry: 'docker.io', prefix: '' },
      connection: HUB,
      scheme: undefined,
    }),
  },
  {
    name: 'a connection and another registry',
    registry: 'docker.io',
    connection: parsed(ACR),
    expected: problem('r', 'is docker.io, but c is for example.azurecr.io'),
  },
  { name: 'nothing', expected: problem('r', 'is required unless c is given') },
  {
    name: 'a connection that is broken',
    registry: 'docker.io',
    connection: FAULT,
    expected: FAULT,
  },
  {
    name: 'a macro beside a connection that is broken',
    registry: '$(host)',
    connection: FAULT,
    expected: problems([
      { path: 'c', message: 'was not delivered' },
      { path: 'r', message: "the variable 'host' is not defined" },
    ]),
  },
  {
    name: 'a connection to no registry',
    registry: 'docker.io',
    connection: parsed({ registry: 'a/b' }),
    expected: problem('c', 'is not a registry host such as example.azurecr.io: "a/b"'),
  },
  {
    name: 'a registry beside a connection that is none',
    registry: 'a/b',
    connection: parsed(ACR),
    expected: problem('r', 'is not a registry host such as example.azurecr.io: "a/b"'),
  },
  {
    name: 'macros',
    registry: '$(host)',
    prefix: 'a/$(run)',
    connection: parsed(ACR),
    expected: problems([
      { path: 'r', message: "the variable 'host' is not defined" },
      { path: 'p', message: "the variable 'run' is not defined" },
    ]),
  },
  {
    name: 'two problems',
    prefix: 'A',
    connection: FAULT,
    expected: problems([
      { path: 'c', message: 'was not delivered' },
      { path: 'p', message: 'is not a repository prefix such as build/app: "A"' },
    ]),
  },
];

describe('location parsePlace', () => {
  for (const { name, registry = '', prefix = '', connection, expected } of cases) {
    it(`${expected.ok ? 'takes' : 'refuses'} ${name}`, () => {
      const place = parsePlace<Connection>({
        registry: { name: 'r', value: registry },
        prefix: { name: 'p', value: prefix },
        connection: { name: 'c', value: connection ?? parsed(undefined) },
      });
      assert.deepEqual(place, expected);
    });
  }
});
