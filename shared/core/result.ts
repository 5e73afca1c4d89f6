import type { ErrorCode } from './errors.ts';
import { LongListError } from './long-list.ts';
import { counted } from './text.ts';

/** One thing that is wrong with a document or an input, e.g. `{ path: 'repos[0].repo', message: 'is required' }`. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** What a parser returns: the value, or every problem with its path. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** A successful parse. */
export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

/** A failed parse with one problem. */
export function problem(path: string, message: string): Parsed<never> {
  return { ok: false, problems: [{ path, message }] };
}

/** A failed parse with several problems. */
export function problems(list: readonly Problem[]): Parsed<never> {
  return { ok: false, problems: list };
}

/** Joins named parses into one: every value, or the problems of all that failed. */
export function all<T extends object>(parts: { readonly [K in keyof T]: Parsed<T[K]> }): Parsed<T> {
  const found: Problem[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, part] of Object.entries<Parsed<unknown>>(parts)) {
    if (part.ok) values[key] = part.value;
    else found.push(...part.problems);
  }
  return found.length > 0 ? problems(found) : parsed(values as T);
}

/** Joins named parses as `all` does, and tells what they contradict each other in beside what is wrong with each. */
export function allConsistent<T extends object>(
  parts: { readonly [K in keyof T]: Parsed<T[K]> },
  contradictions: (known: Partial<T>) => readonly Problem[],
): Parsed<T> {
  const known = Object.entries<Parsed<unknown>>(parts).flatMap(([key, part]) =>
    part.ok ? [[key, part.value] as const] : [],
  );
  const found = contradictions(Object.fromEntries(known) as Partial<T>);
  const joined = all<T>(parts);
  if (found.length === 0) return joined;
  return problems(joined.ok ? found : [...joined.problems, ...found]);
}

/** Joins parses of a list into one: every value in order, or the problems of all that failed. */
export function allOf<T>(parts: readonly Parsed<T>[]): Parsed<readonly T[]> {
  const found = parts.flatMap((part) => (part.ok ? [] : part.problems));
  if (found.length > 0) return problems(found);
  return parsed(parts.flatMap((part) => (part.ok ? [part.value] : [])));
}

/** Problems as text, one a line: `  repos[0].repo: is required`. */
export function renderProblems(list: readonly Problem[]): string {
  return list.map((one) => `  ${renderProblem(one)}`).join('\n');
}

function renderProblem({ path, message }: Problem): string {
  return path === '' ? message : `${path}: ${message}`;
}

/** What to throw when a parse failed: code, subject of the message (`The trust policy`), hint. */
export interface ParseFailure {
  readonly code: ErrorCode;
  readonly subject: string;
  readonly hint?: string;
}

/**
 * The parsed value.
 *
 * @throws LongListError with a line for every problem under `subject has 2 problems:`
 */
export function orThrow<T>(result: Parsed<T>, { code, subject, hint }: ParseFailure): T {
  if (result.ok) return result.value;
  throw new LongListError({
    code,
    summary: `${subject} has ${counted(result.problems.length, 'problem')}`,
    lines: result.problems.map(renderProblem),
    ...(hint === undefined ? {} : { hint }),
  });
}
