import { groupBy } from '../../shared/core/group-by.ts';
import { renderTable } from '../../shared/core/table.ts';
import { counted, formatBytes } from '../../shared/core/text.ts';
import { renderUsage } from '../../shared/core/usage.ts';
import type { Usage } from '../../shared/core/usage.ts';
import { shortDigest } from '../../shared/oci/digest.ts';
import { formatReference, formatRepository } from '../../shared/oci/reference.ts';
import type { Done } from './execute.ts';
import type { ContentStep, Plan, TagStep } from './steps.ts';

/** The words of each gate. */
export const GATES = {
  verified: 'every digest has a signature that verifies',
  logged:
    'every digest has a signature, but not each has one that verifies: the trust policy does not enforce it',
  present: 'every digest has a signature; whose it is was not checked',
  none: 'signatures were not asked for',
} as const;

/** What a plan would do, in one line. */
export function planSummary(plan: Plan): string {
  const tags = [...plan.platformTags, ...plan.sharedTags];
  const copies = plan.content.flat().filter(({ kind }) => kind === 'copy').length;
  const moves = tags.filter(({ kind }) => kind === 'set').length;
  return `${counted(copies, 'manifest')} ${toDo(plan)}, ${counted(moves, 'tag')} to set`;
}

/** What becomes of content that is not at the target: where tags are set, others have to copy it. */
function toDo({ phase }: Plan): string {
  return phase === 'tags' ? 'missing' : 'to copy';
}

/** A plan as text: its size, then a table of the tags with what they will point to. */
export function renderPlan(plan: Plan): readonly string[] {
  const steps = plan.content.flat();
  const content = [
    describe(steps, 'platform', 'platform image'),
    describe(steps, 'list', 'manifest list'),
    ...(steps.some(({ what }) => what === 'attestation')
      ? [describe(steps, 'attestation', 'attestation')]
      : []),
    describe(steps, 'referrer', 'referrer'),
  ];
  return [
    `Gate: ${GATES[plan.gate]}.`,
    `Content: ${content.join(', ')}.`,
    ...renderTable([
      ['repository', 'platforms', 'lists', 'referrers', toDo(plan), 'with blobs of'],
      ...repositoryRows(steps),
    ]),
    ...renderTable([
      ['step', 'tag', 'digest', 'before'],
      ...[...plan.platformTags, ...plan.sharedTags].map(tagRow),
    ]),
    ...plan.displaced,
  ];
}

function repositoryRows(steps: readonly ContentStep[]): readonly (readonly string[])[] {
  return [...groupBy(steps, ({ to }) => formatRepository(to))].map(([name, own]) => {
    const count = (what: ContentStep['what']): string =>
      String(own.filter((step) => step.what === what).length);
    const copies = own.filter(({ kind }) => kind === 'copy');
    const bytes = copies.reduce((sum, { blobBytes }) => sum + blobBytes, 0);
    return [
      ...[name, count('platform'), count('list'), count('referrer')],
      ...[String(copies.length), formatBytes(bytes)],
    ];
  });
}

function describe(steps: readonly ContentStep[], what: ContentStep['what'], noun: string): string {
  const all = steps.filter((step) => step.what === what);
  const kept = all.filter(({ kind }) => kind === 'keep').length;
  return `${counted(all.length, noun)} (${kept} already there)`;
}

function tagRow({ kind, to, tag, digest, previousDigest }: TagStep): readonly string[] {
  const before = previousDigest === undefined ? 'absent' : shortDigest(previousDigest);
  return [kind, formatReference(to, tag), shortDigest(digest), before];
}

/** What a publish did, as text. */
export function renderDone(
  { counts, manifests, tags, receipt }: Done,
  { usage, receiptPath }: { readonly usage: Usage; readonly receiptPath: string },
): readonly string[] {
  const { present, mounted, uploaded, uploadedBytes, imported } = counts;
  return [
    `Copied ${counted(manifests, 'manifest')}; of their blobs ${uploaded} were streamed ` +
      `(${formatBytes(uploadedBytes)}), ${mounted} mounted, ${present} already there` +
      `${imported === 0 ? '' : `; ${counted(imported, 'image')} imported by the registry`}.`,
    ...(receipt === undefined
      ? []
      : [`Set ${counted(tags, 'tag')}; the receipt is ${receiptPath}.`]),
    renderUsage(usage),
  ];
}

/** The message of a successful step. */
export function summary(plan: Plan, done: Done): string {
  if (plan.phase === 'content') {
    return `Copied ${counted(done.manifests, 'manifest')} of ${publishedImages(plan)} digests and their referrers; tags are for the phase tags.`;
  }
  return `Published ${counted(publishedImages(plan), 'digest')} under ${counted(publishedTags(plan), 'tag')}, ${done.tags} of them moved or new.`;
}

/** Digests of image-info that are at the target now. */
export function publishedImages(plan: Plan): number {
  return plan.content.flat().filter(({ what }) => what === 'platform' || what === 'list').length;
}

/** Tags that point to their digest at the target now. */
export function publishedTags(plan: Plan): number {
  return plan.platformTags.length + plan.sharedTags.length;
}
