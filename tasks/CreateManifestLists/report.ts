import { counted } from '../../shared/core/text.ts';
import { renderUsage } from '../../shared/core/usage.ts';
import type { Usage } from '../../shared/core/usage.ts';
import { shortDigest } from '../../shared/oci/digest.ts';
import { formatRepository } from '../../shared/oci/reference.ts';
import type { Done } from './execute.ts';
import type { ListStep, Plan } from './plan.ts';

/** A plan as text: each list with its tags and platforms. */
export function renderPlan(plan: Plan): readonly string[] {
  return plan.lists.flatMap(renderList);
}

function renderList({ repository, tags, digest, platforms }: ListStep): readonly string[] {
  return [
    `${formatRepository(repository)} ${digest}`,
    `  tags: ${tags.join(', ')}`,
    ...platforms.map((entry) => `  ${entry.platform} ${shortDigest(entry.digest)}`),
  ];
}

/** What a plan would do, in one line. */
export function planSummary(plan: Plan): string {
  const tags = plan.lists.reduce((sum, list) => sum + list.tags.length, 0);
  return `${counted(plan.lists.length, 'manifest list')} under ${counted(tags, 'shared tag')}`;
}

/** What a run did, in one line. */
export function renderDone({ lists, tags }: Done, usage: Usage): string {
  return (
    `Created ${counted(lists, 'manifest list')} under ${counted(tags, 'shared tag')} ` +
    `(${renderUsage(usage)}).`
  );
}
