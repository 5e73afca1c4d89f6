import { counted } from '../../shared/core/text.ts';
import { renderUsage } from '../../shared/core/usage.ts';
import type { Usage } from '../../shared/core/usage.ts';
import { shortDigest } from '../../shared/oci/digest.ts';
import { formatRepository } from '../../shared/oci/reference.ts';
import type { CopyStep } from './copies.ts';
import type { Done } from './execute.ts';
import type { ListStep, ListedPlatform, Plan } from './plan.ts';

/** A plan as text: what is copied, then each list with its exact digest, its tags and its platforms. */
export function renderPlan({ copies, lists }: Plan): readonly string[] {
  return [...copies.map(renderCopy), ...lists.flatMap(renderList)];
}

function renderCopy({ from, to, images, withReferrers }: CopyStep): string {
  const what = `${counted(images.length, 'image')}${withReferrers ? ' with referrers' : ''}`;
  return `copy ${what} from ${formatRepository(from)} to ${formatRepository(to)}`;
}

function renderList({ repository, tags, digest, platforms }: ListStep): readonly string[] {
  return [
    `${formatRepository(repository)} ${digest}`,
    `  tags: ${tags.join(', ')}`,
    ...platforms.map((entry) => `  ${entry.platform} ${shortDigest(entry.digest)}${noteOf(entry)}`),
  ];
}

/** What is special about a platform: ` (imported)`. */
export function noteOf({ isImported, takenFrom }: ListedPlatform): string {
  const notes = [
    ...(isImported === true ? ['imported'] : []),
    ...(takenFrom === undefined ? [] : [`out of index ${shortDigest(takenFrom)}`]),
  ];
  return notes.length === 0 ? '' : ` (${notes.join(', ')})`;
}

/** What a plan would do, in one line. */
export function planSummary({ lists, copies }: Plan): string {
  const tags = lists.reduce((sum, list) => sum + list.tags.length, 0);
  const images = copies.reduce((sum, step) => sum + step.images.length, 0);
  return (
    `${counted(lists.length, 'manifest list')} under ${counted(tags, 'shared tag')}` +
    (images === 0 ? '' : `, ${counted(images, 'image')} to copy`)
  );
}

/** What a run did, in one line. */
export function renderDone({ lists, tags, copied }: Done, usage: Usage): string {
  const copies = copied === 0 ? '' : `, copied ${counted(copied, 'manifest')}`;
  return (
    `Created ${counted(lists, 'manifest list')} under ${counted(tags, 'shared tag')}${copies} ` +
    `(${renderUsage(usage)}).`
  );
}
