/** What a run has used so far. */
export interface Usage {
  readonly elapsedMs: number;
  /** HTTP requests sent to registries, retries included. */
  readonly requests: number;
  readonly peakMemoryBytes: number;
}

/** Usage as one line: `2.4 s, 1,813 requests, 121 MB of memory at most`. */
export function renderUsage({ elapsedMs, requests, peakMemoryBytes }: Usage): string {
  const seconds = (elapsedMs / 1000).toFixed(1);
  const megabytes = Math.round(peakMemoryBytes / 1e6);
  return `${seconds} s, ${grouped(requests)} requests, ${megabytes} MB of memory at most`;
}

/** With commas, as `toLocaleString` has it, which loads the tables of all languages for that. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
