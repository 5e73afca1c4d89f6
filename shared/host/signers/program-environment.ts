/** How the agent hands inputs, endpoints, secure files and secret variables to a task: nothing of it is for others. */
const OF_THE_TASK = /^(?:INPUT|ENDPOINT|SECUREFILE|SECRET)_/i;

/** The environment for programs that sign: the agent's, without what was handed to this task alone. */
export function programEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !OF_THE_TASK.test(name)),
  );
}
