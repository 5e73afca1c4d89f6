import { optional } from '../core/input-values.ts';
import { all, parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { parseRegistryHost, parseRepositoryPrefix } from './reference.ts';
import type { Location } from './reference.ts';

/** What a registry input may begin with; the user decides by it how the registry is talked to. */
const SCHEMES = ['http', 'https'] as const;

type Scheme = (typeof SCHEMES)[number];

/** An input: its name and what was given. */
interface Named<T> {
  readonly name: string;
  readonly value: T;
}

/** What says where images are, and with which service connection they are reached. */
export interface PlaceInputs<C> {
  readonly registry: Named<string>;
  readonly prefix: Named<string>;
  readonly connection: Named<Parsed<C | undefined>>;
}

/** A location and the service connection that gives access to it, when there is one. */
export interface Place<C> {
  readonly location: Location;
  readonly connection: C | undefined;
  /**
   * What the registry input begins with. `https`: a registry on this machine is talked to over TLS too; `http`: any
   * registry is talked to in plain HTTP. Absent: plain HTTP is for this machine only.
   */
  readonly scheme: Scheme | undefined;
}

/**
 * The place that inputs name: the registry of the service connection, else the registry input.
 *
 * Giving both is accepted only when they name the same registry: nothing that is given is ignored.
 */
export function parsePlace<C extends { readonly registry: string }>(
  inputs: PlaceInputs<C>,
): Parsed<Place<C>> {
  const place = all<{ connection: C | undefined; registry: string; prefix: string }>({
    connection: inputs.connection.value,
    registry: parseRegistry(inputs),
    prefix: parsePrefix(inputs.prefix),
  });
  if (!place.ok) return place;
  const { connection, ...location } = place.value;
  return parsed({ location, connection, scheme: schemeOf(inputs.registry.value).scheme });
}

function schemeOf(text: string): { readonly scheme: Scheme | undefined; readonly rest: string } {
  const [scheme] = SCHEMES.filter((each) => text.toLowerCase().startsWith(`${each}://`));
  return { scheme, rest: scheme === undefined ? text : text.slice(`${scheme}://`.length) };
}

function parsePrefix({ name, value }: Named<string>): Parsed<string> {
  const prefix = optional(name, value);
  return prefix.ok ? parseRepositoryPrefix(prefix.value ?? '', name) : prefix;
}

function parseRegistry<C extends { readonly registry: string }>({
  registry,
  connection,
}: PlaceInputs<C>): Parsed<string> {
  const named = parseNamed(registry);
  const given = connection.value;
  // What is wrong with the connection is told by itself, and no registry is known without it.
  if (!named.ok || !given.ok) return named.ok ? parsed('') : named;
  if (given.value === undefined) {
    return named.value === undefined
      ? problem(registry.name, `is required unless ${connection.name} is given`)
      : parsed(named.value);
  }
  const host = parseRegistryHost(given.value.registry, connection.name);
  if (!host.ok || named.value === undefined || named.value === host.value) return host;
  return problem(registry.name, `is ${named.value}, but ${connection.name} is for ${host.value}`);
}

function parseNamed({ name, value }: Named<string>): Parsed<string | undefined> {
  const text = optional(name, value);
  if (!text.ok || text.value === undefined) return text;
  return parseRegistryHost(schemeOf(text.value).rest, name);
}
