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
 * two numbers is new each time. A name that ends with the attempt already stays as it is.
 *
 * @see https://learn.microsoft.com/azure/devops/pipelines/build/variables
 */
export function attemptName(name: string, { stage, job }: JobAttempts): string {
  const isNumbered = [stage, job].some((attempt) => name.endsWith(`-${attempt}`));
  const attempt = Math.max(stage, job);
  return attempt <= 1 || isNumbered ? name : `${name}-${attempt}`;
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

/** The number of the attempt that a name is of, 0 for the name itself; absent when it is another name. */
export function attemptIn(name: string, base: string): number | undefined {
  if (name.toLowerCase() === base.toLowerCase()) return 0;
  const start = `${base}-`.toLowerCase();
  const rest = name.toLowerCase().startsWith(start) ? name.slice(start.length) : '';
  return /^[1-9]\d{0,2}$/.test(rest) ? Number(rest) : undefined;
}

/** Whether an artifact has a name that a pattern describes: `*` is any text, `?` any character; case does not count. */
export function matchesPattern(name: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'is').test(name);
}
