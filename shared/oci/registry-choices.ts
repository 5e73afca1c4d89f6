import { lines, optional } from '../core/input-values.ts';
import { all, allOf, parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { parseRegistryHost } from './reference.ts';

/** What a user may decide about all registries of a run. */
export interface RegistryChoices {
  /** Token servers on other hosts that may get the credentials of registries, as `host` or `host:port`. */
  readonly trustedTokenHosts: readonly string[];
  /** Lists of referrers that a registry is asked for in a minute at most; absent: what is known of the registry. */
  readonly referrersPerMinute: number | undefined;
}

/** The texts of the inputs that say so. */
export interface RegistryChoiceTexts {
  readonly trustedTokenHosts: string;
  readonly referrersPerMinute: string;
}

/** What the inputs of these names say. */
export function parseRegistryChoices(texts: RegistryChoiceTexts): Parsed<RegistryChoices> {
  return all<RegistryChoices>({
    trustedTokenHosts: parseHosts('trustedTokenHosts', texts.trustedTokenHosts),
    referrersPerMinute: parseRate('referrersPerMinute', texts.referrersPerMinute),
  });
}

function parseHosts(name: string, text: string): Parsed<readonly string[]> {
  const hosts = lines(name, text);
  return hosts.ok ? allOf(hosts.value.map((host) => parseRegistryHost(host, name))) : hosts;
}

function parseRate(name: string, text: string): Parsed<number | undefined> {
  const value = optional(name, text);
  if (!value.ok) return value;
  if (value.value === undefined) return parsed(undefined);
  if (/^[1-9][0-9]{0,5}$/.test(value.value)) return parsed(Number(value.value));
  return problem(name, `is not a number of requests such as 250: ${JSON.stringify(value.value)}`);
}
