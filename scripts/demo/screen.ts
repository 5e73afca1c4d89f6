import { stripVTControlCharacters } from 'node:util';
import { counted } from '../../shared/core/text.ts';
import { formatPlatform } from '../../shared/oci/descriptor.ts';
import { shortDigest } from '../../shared/oci/digest.ts';
import { fragmentsOf } from '../../test/support/product/fragments.ts';
import { renderLog, shorten } from './agent-lines.ts';
import type { Proof } from './proofs.ts';
import type { PublishedList, SignatureState } from './published.ts';
import type { StageRun } from './release.ts';
import type { Style } from './style.ts';
import { BUILD_PREFIX } from './world.ts';
import type { World } from './world.ts';

/** Columns of the page. */
const WIDTH = 108;

/** A heading across the page, with a remark at its right end. */
export function renderHeading(style: Style, title: string, remark = ''): readonly string[] {
  const taken = title.length + stripVTControlCharacters(remark).length + '──   '.length;
  const rule = '─'.repeat(Math.max(WIDTH - taken, 3));
  return ['', `── ${style('bold', title)} ${style('dim', rule)} ${remark}`.trimEnd()];
}

/** What the build jobs left behind. */
export function renderBuild(style: Style, { product, build, built }: World): readonly string[] {
  const jobs = new Set(built.map(({ leg }) => leg)).size;
  const superseded = built.filter(({ isSuperseded }) => isSuperseded).length;
  const images = counted(built.length - superseded, 'platform image');
  const wide = widest(product.images.map(({ repo }) => repo));
  return [
    ...renderHeading(style, 'Build', counted(jobs, 'job')),
    `  ${images} in ${build.host}/${BUILD_PREFIX}; each shared tag still points to one of them:`,
    ...product.images.map(({ repo, platforms }) => {
      const names = platforms.map(({ platform }) => formatPlatform(platform)).join(', ');
      return `    ${style('cyan', repo.padEnd(wide))}  ${style('dim', names)}`;
    }),
    '  image-info fragments of the jobs:',
    ...wrap(fragmentsOf(product).map(({ artifact }) => artifact)).map((line) =>
      style('dim', `    ${line}`),
    ),
    `  ${counted(product.repeatedLegs.length, 'job')} ran twice: ${counted(superseded, 'image')} of a first attempt must not be released.`,
  ];
}

/** A stage as its page shows it: log, result, output variables and artifacts. */
export function renderStage(
  style: Style,
  { stage, step, job, artifacts }: StageRun,
): readonly string[] {
  const isGood = step.result === 'Succeeded';
  const seconds = `${(step.durationMs / 1000).toFixed(1)} s`;
  const remark = `${style(isGood ? 'green' : 'red', step.result)} ${seconds}`;
  const title = `${stage.name} · ${stage.task}@1`;
  const outputs = Object.entries(step.outputs);
  const wide = widest(outputs.map(([name]) => name));
  return [
    ...renderHeading(style, title, remark),
    ...renderLog(style, step.lines, job).map((line) => `  ${line}`),
    ...outputs.map(([name, value]) =>
      [`  ${style('cyan', 'output  ')}`, name.padEnd(wide), shorten(value, job)].join(' '),
    ),
    ...[...artifacts].map(([name, files]) =>
      [`  ${style('cyan', 'artifact')}`, name.padEnd(wide), files.join(', ')].join(' '),
    ),
  ];
}

/** A stage in one line: what it said that it did. */
export function renderStageLine(style: Style, { stage, step, job }: StageRun): string {
  const said = step.lines.filter((line) => /^(Created|Signed|Copied|Set) /.test(line));
  const text = shorten(said.join(' ').replace(/; the receipt is \S+$/, '.'), job);
  return `  ${style('bold', stage.name.padEnd(10))} ${text}`;
}

/** What users find: repository, tags, manifest list, platforms, and who signed each of them. */
export function renderPublished(
  style: Style,
  { target }: World,
  lists: readonly PublishedList[],
): readonly string[] {
  const wide = widest(
    lists.flatMap(({ platforms }) => platforms.map(({ platform }) => formatPlatform(platform))),
  );
  return lists.flatMap(({ repo, digest, tags, signature, platforms }) => [
    `  ${target.host}/${style('cyan', repo)}`,
    `  └─ ${style('bold', tags.join(' · '))} → index ${shortDigest(digest)}  ${seal(style, signature)}`,
    ...platforms.map((one, index) => {
      const branch = index === platforms.length - 1 ? '└─' : '├─';
      const platform = formatPlatform(one.platform).padEnd(wide);
      const tag = style('dim', one.tags.join(', '));
      return `     ${branch} ${platform}  ${shortDigest(one.digest)}  ${seal(style, one.signature)}  ${tag}`;
    }),
  ]);
}

/** What was proven, a line each. */
export function renderProofs(style: Style, proofs: readonly Proof[]): readonly string[] {
  return proofs.map(({ holds, claim }) =>
    holds ? `  ${style('green', '✔')} ${claim}` : `  ${style('red', `✘ NOT TRUE: ${claim}`)}`,
  );
}

/** The end of the page. */
export function renderVerdict(style: Style, proofs: readonly Proof[], elapsedMs: number): string {
  const failed = proofs.filter(({ holds }) => !holds).length;
  const verdict =
    failed === 0
      ? style('green', `All ${proofs.length} claims hold`)
      : style('red', `${failed} of ${proofs.length} claims do not hold`);
  return `\n${verdict}; ${(elapsedMs / 1000).toFixed(1)} s in all.`;
}

/** The common name of the signer, which is enough where the whole subject is printed once. */
function seal(style: Style, { isTrusted, subject, reason }: SignatureState): string {
  const name = /CN=[^,]+/.exec(subject)?.[0] ?? subject;
  return isTrusted ? style('green', `✔ ${name}`) : style('red', `✘ ${`${name} ${reason}`.trim()}`);
}

/** Names as lines that fit the page. */
function wrap(names: readonly string[]): readonly string[] {
  const lines: string[] = [];
  for (const name of names.toSorted()) {
    const joined = `${lines.at(-1) ?? ''}, ${name}`;
    if (lines.length > 0 && joined.length < WIDTH - 4) lines[lines.length - 1] = joined;
    else lines.push(name);
  }
  return lines;
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(({ length }) => length));
}
