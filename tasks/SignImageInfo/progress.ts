import { formatReference } from '../../shared/oci/reference.ts';
import type { Log } from '../../shared/ports/host.ts';
import type { Outcome } from './execute.ts';
import type { Plan } from './plan.ts';

/** Tells of each digest as it is done, `12 of 806: signed …`, and the page of the run once for each percent. */
export function trackProgress(
  plan: Plan,
  log: Pick<Log, 'info' | 'progress'>,
): (outcome: Outcome) => void {
  const total = plan.steps.reduce(
    (sum, step) => sum + (step.kind === 'sign' ? step.repositories.length : 0),
    0,
  );
  let done = 0;
  let shown = 0;
  return (outcome) => {
    done += 1;
    log.info(`${done} of ${total}: ${renderOutcome(outcome)}`);
    const percent = Math.floor((done * 100) / total);
    if (percent === shown) return;
    shown = percent;
    log.progress(percent, `Signed ${done} of ${total}`);
  };
}

function renderOutcome(outcome: Outcome): string {
  const name = formatReference(outcome.place.repository, outcome.subject.digest);
  return outcome.kind === 'failed'
    ? `could not sign ${name}: ${outcome.error.code}`
    : `${outcome.kind} ${name}`;
}
