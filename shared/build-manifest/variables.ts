import { groupBy } from '../core/group-by.ts';
import { parsed, problems } from '../core/result.ts';
import type { Parsed, Problem } from '../core/result.ts';
import { neutralise } from '../core/text.ts';

/** Replaces each `$(name)` of a text; the problem has the path given. */
export type Substitute = (text: string, path: string) => Parsed<string>;

/** A variable as a manifest declares it, and where. */
export interface DeclaredVariable {
  readonly name: string;
  /** Absent when it is null: then only the pipeline can give it one. */
  readonly value?: string;
  readonly path: string;
}

/** What `$(name)` can refer to. */
export interface VariableSources {
  /** In the order of the document; a value sees those before it. */
  readonly declared: readonly DeclaredVariable[];
  /** Values from the pipeline: they replace declared values and may add names. */
  readonly overrides: ReadonlyMap<string, string>;
  /** Qualified names of repositories by id, for `$(Repo:<id>)`. */
  readonly repositories: ReadonlyMap<string, string>;
  /** Whether every file was read: one that is missing may define what the others lack. */
  readonly isComplete: boolean;
}

const REFERENCE = /\$\(([\p{L}\p{Mn}\p{Nd}\p{Pc}:\-.| ]+)\)/gu;
const REPOSITORY = 'Repo:';

/** The substitution for the texts of a manifest, and what is wrong with its variables. */
export interface Resolution {
  readonly substitute: Substitute;
  readonly problems: readonly Problem[];
}

/** Stands for a problem that follows from another one, which is reported already. */
export const CONSEQUENCE: Problem = { path: '', message: 'uses a variable that has a problem' };

/**
 * Resolves the variables of a manifest in document order.
 *
 * Substitution is a single pass: what a value brings in is not looked at again.
 */
export function resolveVariables(sources: VariableSources): Resolution {
  const { declared, overrides, repositories, isComplete } = sources;
  const resolved = new Map<string, string>();
  const broken = new Set<string>();
  const byName = new Map(declared.map((variable) => [variable.name, variable]));
  const lookUp = (name: string): string | undefined =>
    name.startsWith(REPOSITORY)
      ? repositories.get(name.slice(REPOSITORY.length))
      : (resolved.get(name) ?? overrides.get(name));
  const substitute: Substitute = (text, path) => {
    const found: Problem[] = [];
    const result = text.replace(REFERENCE, (reference, name: string) => {
      const value = lookUp(name);
      const isUnknown = value === undefined;
      if (broken.has(name) || (isUnknown && !isComplete)) found.push(CONSEQUENCE);
      else if (isUnknown) found.push({ path, message: unresolved(name, byName.get(name)) });
      return value ?? reference;
    });
    return found.length === 0 ? parsed(result) : problems(found);
  };
  const found: Problem[] = [];
  for (const { name, value, path } of allVariables(declared, overrides)) {
    const result = substitute(value, path);
    if (result.ok) resolved.set(name, result.value);
    else {
      found.push(...result.problems);
      broken.add(name);
    }
  }
  return { substitute, problems: found };
}

/** Declared variables with the values they have, if any, then those that only the pipeline gives. */
function allVariables(
  declared: readonly DeclaredVariable[],
  overrides: ReadonlyMap<string, string>,
): readonly Required<DeclaredVariable>[] {
  const names = new Set(declared.map(({ name }) => name));
  const added = [...overrides].filter(([name]) => !names.has(name));
  return [
    ...declared.flatMap((variable) => {
      const value = overrides.get(variable.name) ?? variable.value;
      return value === undefined ? [] : [{ ...variable, value }];
    }),
    ...added.map(([name, value]) => ({ name, value, path: neutralise(`variable ${name}`) })),
  ];
}

function unresolved(name: string, declared: DeclaredVariable | undefined): string {
  const quoted = JSON.stringify(neutralise(name));
  if (name.startsWith(REPOSITORY)) return `refers to ${quoted}, but no repository has that id`;
  if (declared === undefined) return `refers to the variable ${quoted}, which is not defined`;
  return declared.value === undefined
    ? `refers to the variable ${quoted}, which has no value`
    : `uses the variable ${quoted} before it is defined`;
}

/** A name may be declared once in all files together. */
export function duplicateVariables(declared: readonly DeclaredVariable[]): readonly Problem[] {
  return [...groupBy(declared, ({ name }) => name).values()].flatMap(([first, ...others]) =>
    others.map(({ path }) => ({ path, message: `is already defined at ${first?.path ?? ''}` })),
  );
}
