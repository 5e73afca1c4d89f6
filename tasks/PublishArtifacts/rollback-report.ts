import { renderTable } from '../../shared/core/table.ts';
import { counted } from '../../shared/core/text.ts';
import { shortDigest } from '../../shared/oci/digest.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import { formatReference } from '../../shared/oci/reference.ts';
import type { RollbackRecord } from './rollback.ts';
import type { RollbackPlan, RollbackStep } from './rollback-plan.ts';

/** What a rollback would do, in one line. */
export function rollbackSummary(plan: RollbackPlan): string {
  const steps = [...plan.sharedTags, ...plan.platformTags];
  const count = (kind: RollbackStep['kind']): number =>
    steps.filter((step) => step.kind === kind).length;
  return `${counted(count('restore'), 'tag')} to put back, ${count('delete')} to delete, ${count('keep')} to keep`;
}

/** The plan of a rollback as a table: what happens to each tag. */
export function renderRollback(plan: RollbackPlan): readonly string[] {
  const rows = [...plan.sharedTags, ...plan.platformTags].map(
    ({ kind, at, tag, digest, previousDigest }) => [
      kind,
      formatReference(at, tag),
      shortDigest(digest),
      shortOf(previousDigest),
    ],
  );
  return renderTable([['step', 'tag', 'published', 'before'], ...rows]);
}

/** What could not be undone, one line a tag; empty when everything is as it was. */
export function notDeleted({ tags }: RollbackRecord): readonly string[] {
  return tags.flatMap(({ at, tag, outcome, reason = '' }) =>
    outcome === 'not deleted'
      ? [`${formatReference(at, tag)} did not exist before and is still there: ${reason}`]
      : [],
  );
}

/** The message of a rollback that succeeded. */
export function rollbackDone(record: RollbackRecord): string {
  const count = (outcome: RollbackRecord['tags'][number]['outcome']): number =>
    record.tags.filter((tag) => tag.outcome === outcome).length;
  const left = count('not deleted');
  return (
    `Put ${counted(count('restored'), 'tag')} back, deleted ${count('deleted')}, kept ${count('kept')}` +
    (left === 0 ? '.' : `; ${left} could not be deleted.`)
  );
}

function shortOf(digest: Digest | undefined): string {
  return digest === undefined ? 'absent' : shortDigest(digest);
}
