import { formatBytes, neutralise } from '../../shared/core/text.ts';
import { shortDigest } from '../../shared/oci/digest.ts';
import { formatReference } from '../../shared/oci/reference.ts';
import type { Done } from './execute.ts';
import { GATES } from './report.ts';
import type { Plan, TagStep } from './steps.ts';

/** The page of a run shows no more than some hundred lines well; the receipt has all of them. */
const TAGS_SHOWN = 200;

/** What a publish did, as Markdown for the page of the run: what it took, and every tag that moved. */
export function renderSummary(plan: Plan, done: Done): string {
  const content = plan.content.flat();
  const tags = [...plan.platformTags, ...plan.sharedTags];
  const set = tags.filter(({ kind }) => kind === 'set');
  const { present, mounted, imported, uploaded, uploadedBytes } = done.counts;
  const rows = [
    ['tags moved or new', String(set.length)],
    ['tags kept', String(tags.length - set.length)],
    ['manifests copied', String(done.manifests)],
    ['of these imported by the registry', String(imported)],
    ['manifests already there', String(content.length - done.manifests)],
    ['blobs streamed', `${uploaded} (${formatBytes(uploadedBytes)})`],
    ['blobs mounted', String(mounted)],
    ['blobs already there', String(present)],
    ['signatures', GATES[plan.gate]],
  ];
  const more = set.length - TAGS_SHOWN;
  return [
    '| | |',
    '| --- | --- |',
    ...rows.map(([name = '', value = '']) => `| ${name} | ${value} |`),
    ...plan.warnings.map((warning) => `\n⚠ ${neutralise(warning)}`),
    ...(set.length === 0 ? [] : ['\n| tag | digest | before |', '| --- | --- | --- |']),
    ...set.slice(0, TAGS_SHOWN).map(tagRow),
    ...(more > 0 ? [`\nand ${more} more: see receipt.json`] : []),
    '',
  ].join('\n');
}

function tagRow({ to, tag, digest, previousDigest }: TagStep): string {
  const before = previousDigest === undefined ? 'new' : `\`${shortDigest(previousDigest)}\``;
  return `| \`${formatReference(to, tag)}\` | \`${shortDigest(digest)}\` | ${before} |`;
}
