import { TaskError } from './errors.ts';
import type { ErrorCode } from './errors.ts';

/** What fits into a message that people read. */
const LINES_SHOWN = 20;

/** A failure with a line for each thing that is wrong: `2 tags moved:`, then the lines. */
export interface LongFailure {
  readonly code: ErrorCode;
  /** What happened, up to and without the colon before the list. */
  readonly summary: string;
  readonly lines: readonly string[];
  readonly hint?: string;
  readonly cause?: unknown;
}

/** A failure of many things: its message shows the first of them, the whole list is kept for a file. */
export class LongListError extends TaskError {
  /** Every line, also those that the message does not show. */
  readonly lines: readonly string[];

  constructor({ code, summary, lines, ...options }: LongFailure) {
    super(code, `${summary}:\n${firstLines(lines)}`, options);
    this.lines = lines;
  }

  /** Whether the message leaves lines out. */
  get isCut(): boolean {
    return this.lines.length > LINES_SHOWN;
  }
}

/** The file beside the plan that holds the lines of a message that is cut. */
export const LONG_LIST_FILE = 'problems.json';

/** The first lines of a list, and how many more there are: ` and 525 more (see problems.json)`. */
export function firstLines(lines: readonly string[], file = LONG_LIST_FILE): string {
  const some = lines.slice(0, LINES_SHOWN).map((line) => `  ${line}`);
  const more = lines.length - some.length;
  return [...some, ...(more === 0 ? [] : [`  and ${more} more (see ${file})`])].join('\n');
}
