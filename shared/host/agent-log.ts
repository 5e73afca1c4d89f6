import * as agent from 'azure-pipelines-task-lib/task.js';
import { remembered } from '../core/remembered.ts';
import { withoutCommands } from '../core/text.ts';
import type { Log } from '../ports/host.ts';

/** Lines of a message, each without commands: only the agent's own library writes `##vso[`. */
function linesOf(message: string): readonly string[] {
  return message.split('\n').map(withoutCommands);
}

/** Prints lines in one write: a long plan has thousands. */
function print(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

/** Whether a variable of the run is `true`; looking it up prints a line each time. */
const isOn = remembered((name) => agent.getVariable(name)?.toLowerCase() === 'true');

/** The log of the running step. */
export const agentLog: Log = {
  debug(message) {
    // The agent would drop the lines, and a long run has thousands.
    if (!isOn('System.Debug')) return;
    for (const line of linesOf(message())) agent.debug(line);
  },
  info(message) {
    print(linesOf(message));
  },
  warn(message) {
    agent.warning(linesOf(message).join('\n'), agent.IssueSource.TaskInternal);
  },
  group(title, lines) {
    const head = `##[group]${withoutCommands(title)}`;
    print([head, ...lines.flatMap(linesOf), '##[endgroup]']);
  },
  progress(percent, message) {
    agent.setProgress(Math.round(percent), linesOf(message).join(' '));
  },
};
