import type { Masks } from './masks.ts';

/** An error or a warning as it appears beside the step. */
export interface Issue {
  readonly type: 'error' | 'warning';
  readonly message: string;
  readonly code?: string;
}

/** How many issues of each type a timeline record keeps; all of them stay in the log. */
const MAX_ISSUES = 10;

export interface StepLogOptions {
  readonly masks: Masks;
  /** Whether debug lines are part of what the user sees. */
  readonly isDebug: boolean;
  /** Called with each line that the user sees. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/** What a step shows: every line masked, commands taken out. */
export class StepLog {
  readonly #options: StepLogOptions;
  readonly lines: string[] = [];
  readonly debugLines: string[] = [];
  readonly issues: Issue[] = [];
  /** Shown lines in which a secret had to be hidden. */
  readonly maskedLines: string[] = [];

  constructor(options: StepLogOptions) {
    this.#options = options;
  }

  info(text: string): void {
    const line = this.#mask(text);
    this.lines.push(line);
    this.#options.onLine?.(line);
  }

  debug(text: string): void {
    this.debugLines.push(this.#options.masks.apply(text));
    if (this.#options.isDebug) this.info(`##[debug]${text}`);
  }

  issue(type: Issue['type'], text: string, code?: string): void {
    const message = this.#options.masks.apply(text);
    if (this.issues.filter((issue) => issue.type === type).length < MAX_ISSUES) {
      this.issues.push(code === undefined ? { type, message } : { type, message, code });
    }
    for (const line of text.split(/\r\n|\r|\n/)) this.info(`##[${type}]${line}`);
  }

  #mask(text: string): string {
    const line = this.#options.masks.apply(text);
    if (line !== text) this.maskedLines.push(line);
    return line;
  }
}
