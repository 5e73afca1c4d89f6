import { compareText } from '../core/order.ts';
import { groupBy } from '../core/group-by.ts';
import type { ReportDocument } from '../release-report/model.ts';

/**
 * The reports that count, oldest first: of each task in each job those of the highest attempt. Jobs that run beside each
 * other, such as slices of a matrix, all count.
 */
export function latestReports(reports: readonly ReportDocument[]): readonly ReportDocument[] {
  const byJob = groupBy(reports, ({ kind, source }) => `${kind} ${source.job}`);
  return [...byJob.values()]
    .flatMap((all) => all.filter((one) => !all.some((other) => isLater(other, one))))
    .sort((a, b) => compareText(a.createdAt, b.createdAt));
}

/** Attempts are numbers: the tenth comes after the ninth. */
function isLater({ source: one }: ReportDocument, { source: other }: ReportDocument): boolean {
  if (one.stageAttempt !== other.stageAttempt) return one.stageAttempt > other.stageAttempt;
  return one.jobAttempt > other.jobAttempt;
}
