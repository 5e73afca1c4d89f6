/** The results of a step, from best to worst. */
const RESULTS = [
  'Succeeded',
  'SucceededWithIssues',
  'Failed',
  'Canceled',
  'Skipped',
  'Abandoned',
] as const;

/** The result of a step. */
export type TaskResult = (typeof RESULTS)[number];

/** A result by its exact name, absent for any other text: the agent compares case and all. */
export function parseResult(text: string | undefined): TaskResult | undefined {
  return RESULTS.find((result) => result === text);
}

/** Two results of one step as one: the worse wins; what is worse than `Failed` stays. */
export function mergeResults(current: TaskResult | undefined, coming: TaskResult): TaskResult {
  if (current === undefined) return coming;
  const rank = RESULTS.indexOf(current);
  if (rank > RESULTS.indexOf('Failed')) return current;
  return RESULTS.indexOf(coming) >= rank ? coming : current;
}
