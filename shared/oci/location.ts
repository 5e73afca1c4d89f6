import { optional } from '../core/input-values.ts';
import { all, parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { parseRegistryHost, parseRepositoryPrefix } from './reference.ts';
import type { Location } from './reference.ts';

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
  /** Whether the registry input begins with `https://`: then a registry on this machine is talked to over TLS too. */
  readonly isHttps: boolean;
}

/**
 * The place that inputs name: the registry of the service connection, else the registry input.
 *
 * Giving both is accepted only when they name the same registry: nothing that is given is ignored.
 */
export function parsePlace<C extends { readonly registry: string }>(
  inputs: PlaceInputs<C>,
): Parsed<Place<C>> {
  const given = inputs.connection.value;
  const connection = given.ok ? given.value : undefined;
  const place = all<{ registry: string; prefix: string }>({
    registry: given.ok ? parseRegistry(inputs, connection?.registry) : given,
    prefix: parsePrefix(inputs.prefix),
  });
  const isHttps = /^https:\/\//i.test(inputs.registry.value);
  return place.ok ? parsed({ location: place.value, connection, isHttps }) : place;
}

function parsePrefix({ name, value }: Named<string>): Parsed<string> {
  const prefix = optional(name, value);
  return prefix.ok ? parseRepositoryPrefix(prefix.value ?? '', name) : prefix;
}

function parseRegistry<C>(inputs: PlaceInputs<C>, connected: string | undefined): Parsed<string> {
  const { registry, connection } = inputs;
  const text = optional(registry.name, registry.value);
  if (!text.ok) return text;
  const named = text.value === undefined ? undefined : parseRegistryHost(text.value, registry.name);
  if (connected === undefined) {
    return named ?? problem(registry.name, `is required unless ${connection.name} is given`);
  }
  const host = parseRegistryHost(connected, connection.name);
  if (!host.ok || named === undefined) return host;
  if (!named.ok || named.value === host.value) return named;
  return problem(registry.name, `is ${named.value}, but ${connection.name} is for ${host.value}`);
}
