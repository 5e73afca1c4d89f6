import { resolve } from 'node:path';
import { parsed, problem, problems, allOf } from './result.ts';
import type { Parsed, Problem } from './result.ts';
import type { Secret } from './secret.ts';

/** A macro that the agent left as it was, because no variable has that name. */
const UNEXPANDED = /\$\(([^()]+)\)/g;

/** The text of an input that may be left out, absent when empty; a macro that was never expanded is a problem. */
export function optional(name: string, text: string): Parsed<string | undefined> {
  const variables = new Set([...text.matchAll(UNEXPANDED)].map(([, variable = '']) => variable));
  if (variables.size === 0) return parsed(text === '' ? undefined : text);
  return problems([...variables].map((variable) => undefinedVariable(name, variable)));
}

function undefinedVariable(name: string, variable: string): Problem {
  return { path: name, message: `the variable '${variable}' is not defined` };
}

/** A secret that may be left out. It may hold anything, but one that is only a macro was never expanded. */
export function optionalSecret(
  name: string,
  secret: Secret | undefined,
): Parsed<Secret | undefined> {
  const variable = /^\$\(([^()]+)\)$/.exec(secret?.reveal() ?? '')?.[1];
  return variable === undefined ? parsed(secret) : problems([undefinedVariable(name, variable)]);
}

/** The text of an input that must be given. */
export function requiredText(name: string, text: string): Parsed<string> {
  const value = optional(name, text);
  if (!value.ok) return value;
  return value.value === undefined ? problem(name, 'is required') : parsed(value.value);
}

/** A boolean input: `true` or `false` in any case; empty is false. */
export function flag(name: string, text: string): Parsed<boolean> {
  const value = optional(name, text);
  if (!value.ok) return value;
  const word = value.value?.toLowerCase() ?? 'false';
  if (word === 'true' || word === 'false') return parsed(word === 'true');
  return problem(name, `is neither true nor false: ${JSON.stringify(text)}`);
}

/** One of several words, the first when empty. */
export function oneOf<T extends string>(
  name: string,
  text: string,
  words: readonly [T, ...T[]],
): Parsed<T> {
  const value = optional(name, text);
  if (!value.ok) return value;
  if (value.value === undefined) return parsed(words[0]);
  const found = words.find((word) => word.toLowerCase() === value.value?.toLowerCase());
  if (found !== undefined) return parsed(found);
  return problem(name, `is not one of ${words.join(', ')}: ${JSON.stringify(text)}`);
}

/** The lines of a text, trimmed, without empty ones; a macro that was never expanded is a problem. */
export function lines(name: string, text: string): Parsed<readonly string[]> {
  const trimmed = text.split(/\r\n|\r|\n/).map((line) => line.trim());
  const given = trimmed.filter((line) => line !== '');
  return allOf(given.map((line) => requiredText(name, line)));
}

/** Lines of `name=value`; the value may be empty and may hold `=`. A name given twice is a problem. */
export function pairs(name: string, text: string): Parsed<ReadonlyMap<string, string>> {
  const given = lines(name, text);
  if (!given.ok) return given;
  const values = new Map<string, string>();
  const results = given.value.map((line): Parsed<string> => {
    const at = line.indexOf('=');
    const key = line.slice(0, Math.max(at, 0)).trim();
    if (key === '') return problem(name, `is not of the form name=value: ${JSON.stringify(line)}`);
    if (values.has(key)) return problem(name, `gives '${key}' twice`);
    values.set(key, line.slice(at + 1).trim());
    return parsed(key);
  });
  const checked = allOf(results);
  return checked.ok ? parsed(values) : checked;
}

const UNIT_MS = { h: 3_600_000, d: 86_400_000 } as const;

/** A length of time in milliseconds from text such as `12h` or `90d`, absent when empty. */
export function duration(name: string, text: string): Parsed<number | undefined> {
  const value = optional(name, text);
  if (!value.ok) return value;
  if (value.value === undefined) return parsed(undefined);
  const match = /^([1-9][0-9]{0,5})([hd])$/.exec(value.value);
  if (match === null) {
    return problem(name, `is not a number of hours or days such as 12h or 90d: ${value.value}`);
  }
  return parsed(Number(match[1]) * UNIT_MS[match[2] as 'h' | 'd']);
}

/** A path that must be given, absolute; a relative one starts at `root`. */
export function requiredPath(name: string, text: string, root: string): Parsed<string> {
  const value = requiredText(name, text);
  return value.ok ? parsed(resolve(root, value.value)) : value;
}

/** A path that may be left out, absolute; a relative one starts at `root`. */
export function optionalPath(name: string, text: string, root: string): Parsed<string | undefined> {
  const value = optional(name, text);
  if (!value.ok || value.value === undefined) return value;
  return parsed(resolve(root, value.value));
}

/** An input and what was given. */
interface GivenInput {
  readonly name: string;
  readonly text: string;
}

/** What is missing of two inputs that go together: one of them without the other. */
export function missingOfPair(one: GivenInput, other: GivenInput): readonly Problem[] {
  if ((one.text === '') === (other.text === '')) return [];
  const [missing, given] = one.text === '' ? [one, other] : [other, one];
  return [{ path: missing.name, message: `is required when ${given.name} is given` }];
}
