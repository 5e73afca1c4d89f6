import { dirname, join } from 'node:path';
import * as agent from 'azure-pipelines-task-lib/task.js';

let isReady = false;

/**
 * A sentence about the step itself, from `messages` of the task.json beside the bundle, with its `%s` filled in.
 *
 * What a failure says, its code and its hint, is not among them: the error reference quotes it, and people search for it.
 */
export function loc(key: string, ...values: readonly string[]): string {
  if (!isReady) {
    isReady = true;
    const path = join(dirname(process.argv[1] ?? ''), 'task.json');
    // Without the file the key is said: a step that fails must be able to tell it.
    if (agent.exist(path)) agent.setResourcePath(path);
  }
  return agent.loc(key, ...values);
}
