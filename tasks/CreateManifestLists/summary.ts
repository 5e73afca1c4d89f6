import { groupBy } from '../../shared/core/group-by.ts';
import { counted, markdownCode, neutralise } from '../../shared/core/text.ts';
import type { ListStep, ListedPlatform, Plan } from './plan.ts';
import { noteOf, planSummary } from './report.ts';

/** A plan as Markdown for the page of the run: a tree of repository, tags, list and platforms, folded by repository. */
export function renderSummary(plan: Plan): string {
  const byRepo = groupBy(plan.lists, ({ repo }) => repo);
  const parts = [
    `**${planSummary(plan)}**`,
    plan.warnings.map((warning) => `- ⚠ ${markdownCode(warning)}`).join('\n'),
    ...[...byRepo].map(([repo, lists]) => renderRepo(repo, lists)),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** The blank line lets Markdown begin inside of HTML. */
function renderRepo(repo: string, lists: readonly ListStep[]): string {
  const title = `<b>${neutralise(repo)}</b> (${counted(lists.length, 'manifest list')})`;
  const tree = lists.flatMap(renderList).join('\n');
  return `<details>\n<summary>${title}</summary>\n\n${tree}\n\n</details>`;
}

function renderList({ tags, digest, platforms }: ListStep): readonly string[] {
  return [
    `- ${tags.map(markdownCode).join(' ')}`,
    `  - ${markdownCode(digest)}`,
    ...platforms.map((entry) => `    - ${renderPlatform(entry)}`),
  ];
}

function renderPlatform(entry: ListedPlatform): string {
  return `${markdownCode(entry.platform)} ${markdownCode(entry.digest)}${noteOf(entry)}`;
}
