import { TaskError } from '../core/errors.ts';
import { renderProblems } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { counted } from '../core/text.ts';
import type { InputReader, RunFolders } from '../ports/host.ts';
import { agentInputs, runFolders } from './agent-inputs.ts';

/**
 * What the running step is told. Before that is known there is no folder for a file with the rest of a long message, so
 * every problem is in this one.
 *
 * @throws TaskError `INPUT_INVALID`
 */
export function stepInputs<T>(parse: (input: InputReader, folders: RunFolders) => Parsed<T>): T {
  const inputs = parse(agentInputs, runFolders());
  if (inputs.ok) return inputs.value;
  const count = counted(inputs.problems.length, 'problem');
  const text = renderProblems(inputs.problems);
  throw new TaskError('INPUT_INVALID', `The task input has ${count}:\n${text}`);
}
