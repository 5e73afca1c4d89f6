import type { Agent } from '../../test/support/agent/agent.ts';
import type { Style } from './style.ts';

/** Lines of a group that are shown; a pipeline page folds groups altogether. */
const GROUP_LINES = 8;

const COLOURS = { error: 'red', warning: 'yellow', debug: 'dim' } as const;

/**
 * The log of a step as its page shows it: groups folded, digests short, folders of the job by their variables.
 */
export function renderLog(style: Style, lines: readonly string[], job: Agent): readonly string[] {
  const shown: string[] = [];
  let group: string[] | undefined;
  for (const line of lines.map((raw) => shorten(raw, job))) {
    const [, mark = '', text = ''] = /^##\[(\w+)\](.*)$/.exec(line) ?? [];
    if (mark === 'group') {
      group = [];
      shown.push(style('bold', `▾ ${text}`));
    } else if (mark === 'endgroup') {
      shown.push(...foldGroup(style, group ?? []));
      group = undefined;
    } else if (group !== undefined) {
      group.push(line);
    } else {
      shown.push(mark === '' ? line : colour(style, mark, text));
    }
  }
  return [...shown, ...foldGroup(style, group ?? [])];
}

/** Text with digests of twelve digits, and with variables for the folders of a job. */
export function shorten(text: string, { sources, temp, workspace }: Agent): string {
  return text
    .replaceAll(sources, '$(Build.SourcesDirectory)')
    .replaceAll(temp, '$(Agent.TempDirectory)')
    .replaceAll(workspace, '$(Pipeline.Workspace)')
    .replace(/sha256:([0-9a-f]{12})[0-9a-f]{52}/g, 'sha256:$1…');
}

function foldGroup(style: Style, lines: readonly string[]): readonly string[] {
  const hidden = lines.length - GROUP_LINES;
  const isFolded = hidden > 1;
  const visible = isFolded ? lines.slice(0, GROUP_LINES) : lines;
  const rest = isFolded ? [`… and ${hidden} more lines`] : [];
  return [...visible, ...rest].map((line) => style('dim', `    ${line}`));
}

function colour(style: Style, mark: string, text: string): string {
  const line = `##[${mark}]${text}`;
  return mark === 'error' || mark === 'warning' || mark === 'debug'
    ? style(COLOURS[mark], line)
    : line;
}
