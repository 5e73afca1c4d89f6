import { renderTable } from '../../shared/core/table.ts';
import { counted, neutralise } from '../../shared/core/text.ts';
import { shortDigest } from '../../shared/oci/digest.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import { formatReference } from '../../shared/oci/reference.ts';
import type { RolledBackTag, RollbackRecord } from './rollback.ts';
import type { RollbackPlan, RollbackStep } from './rollback-plan.ts';

/** What a rollback would do, in one line. */
export function rollbackSummary(plan: RollbackPlan): string {
  const steps = [...plan.sharedTags, ...plan.platformTags];
  const count = (kind: RollbackStep['kind']): number =>
    steps.filter((step) => step.kind === kind).length;
  return `${counted(count('restore'), 'tag')} to put back, ${count('delete')} to delete, ${count('keep')} to keep`;
}

/** What to think of a rollback that has nothing to do; empty when it has. */
export function nothingDiffers(plan: RollbackPlan): readonly string[] {
  const steps = [...plan.sharedTags, ...plan.platformTags];
  return steps.some(({ kind }) => kind !== 'keep')
    ? []
    : [
        'No tag differs from where it was before: there is nothing to put back. If a tag is not where it should be, give the receipt of the publish that moved it.',
      ];
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

/** The page of a run shows no more than some hundred lines well; the record has all of them. */
const TAGS_SHOWN = 200;

/** What a rollback did, as Markdown for the page of the run. */
export function renderRollbackSummary(record: RollbackRecord): string {
  const touched = record.tags.filter(({ outcome }) => outcome !== 'kept');
  const more = touched.length - TAGS_SHOWN;
  return [
    `${rollbackDone(record)} The publish that was undone began at ${neutralise(record.publishedAt)}.`,
    ...(touched.length === 0
      ? []
      : ['', '| tag | now | published | |', '| --- | --- | --- | --- |']),
    ...touched.slice(0, TAGS_SHOWN).map(tagRow),
    ...(more > 0 ? [`\nand ${more} more: see rollback.json`] : []),
    '',
  ].join('\n');
}

function tagRow({ at, tag, outcome, digest, previousDigest }: RolledBackTag): string {
  const now = outcome === 'not deleted' ? digest : previousDigest;
  const digests = [shortOf(now), shortDigest(digest)].map((text) => `\`${text}\``);
  const note = outcome === 'not deleted' ? '⚠ not deleted' : outcome;
  return `| ${[`\`${formatReference(at, tag)}\``, ...digests, note].join(' | ')} |`;
}

function shortOf(digest: Digest | undefined): string {
  return digest === undefined ? 'absent' : shortDigest(digest);
}
