import { optional } from '../core/input-values.ts';
import { problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';

/** The attempts that a job is part of; both start at 1. */
export interface JobAttempts {
  /** `System.StageAttempt`: grows with every re-run of any job of the stage. */
  readonly stage: number;
  /** `System.JobAttempt`: grows with every re-run of this job. */
  readonly job: number;
}

/**
 * The name under which an attempt uploads an artifact: `image-info`, then `image-info-2`, `image-info-3` and so on.
 *
 * A run takes each name once and for all. Every re-run of a job is a new attempt of its stage, so the higher of the
 * two numbers is new each time. A name that ends with a number gets another one, `image-info-2-2`: nothing tells
 * whether the first is that of the attempt, or the same in all of them.
 *
 * @see https://learn.microsoft.com/azure/devops/pipelines/build/variables
 */
export function attemptName(name: string, { stage, job }: JobAttempts): string {
  const attempt = Math.max(stage, job);
  return attempt <= 1 ? name : `${name}-${attempt}`;
}

/** What Azure DevOps takes in no name of an artifact. */
const FORBIDDEN = /["<>|:*?/\\\p{Cc}]/u;

/**
 * The name of an artifact from an input, absent when empty. The agent would find a bad one only when the step has ended,
 * and all its work is done.
 */
export function parseArtifactName(name: string, text: string): Parsed<string | undefined> {
  const value = optional(name, text);
  if (!value.ok || value.value === undefined || !FORBIDDEN.test(value.value)) return value;
  return problem(
    name,
    `is no name of an artifact, which has none of " < > | : * ? / \\: ${JSON.stringify(value.value)}`,
  );
}

/**
 * The number of the attempt that a name is of, 0 for the name itself; absent when it is another name. Of two numbers,
 * as in `image-info-2-2`, the first came from the pipeline and the last is the attempt.
 */
export function attemptIn(name: string, base: string): number | undefined {
  if (name.toLowerCase() === base.toLowerCase()) return 0;
  const start = `${base}-`.toLowerCase();
  const rest = name.toLowerCase().startsWith(start) ? name.slice(start.length) : '';
  const match = /^(?:[1-9]\d{0,2}-)?([1-9]\d{0,2})$/.exec(rest);
  return match === null ? undefined : Number(match[1]);
}

/** Whether an artifact has a name that a pattern describes: `*` is any text, `?` any character; case does not count. */
export function matchesPattern(name: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'is').test(name);
}
