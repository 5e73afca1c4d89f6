/** Often enough to see that a step is alive, seldom enough to keep its log short. */
const INTERVAL_MS = 10_000;

/** Passes on one call in ten seconds, the first only when ten have passed: what is short stays quiet. */
export function occasionally<A extends readonly unknown[]>(
  call: (...given: A) => void,
  now: () => number,
): (...given: A) => void {
  let lastMs = now();
  return (...given) => {
    const nowMs = now();
    if (nowMs - lastMs < INTERVAL_MS) return;
    lastMs = nowMs;
    call(...given);
  };
}
