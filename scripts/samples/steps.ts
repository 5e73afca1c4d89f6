import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import type { Node } from 'yaml';

/** A task step of a sample. */
export interface SampleStep {
  /** E.g. `SignImageInfo@1`. */
  readonly task: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** Where it stands in the file, counted from 1. */
  readonly line: number;
}

/**
 * The task steps of a YAML pipeline, wherever they are nested.
 *
 * @throws Error when the text is no YAML
 */
export function taskSteps(text: string): readonly SampleStep[] {
  const lineCounter = new LineCounter();
  return parseAllDocuments(text, { lineCounter }).flatMap((document) => {
    const [error] = 'errors' in document ? document.errors : [];
    if (error !== undefined) throw error;
    return stepsOf(document.contents, lineCounter);
  });
}

function stepsOf(node: unknown, lines: LineCounter): readonly SampleStep[] {
  if (isSeq(node)) return node.items.flatMap((item) => stepsOf(item, lines));
  if (!isMap(node)) return [];
  const own = stepOf(node, lines);
  return [
    ...(own === undefined ? [] : [own]),
    ...node.items.flatMap(({ value }) => stepsOf(value, lines)),
  ];
}

function stepOf(node: Node, lines: LineCounter): SampleStep | undefined {
  if (!isMap(node)) return undefined;
  const task = node.get('task');
  if (typeof task !== 'string') return undefined;
  const inputs = node.get('inputs');
  return {
    task,
    inputs: isMap(inputs)
      ? Object.fromEntries(inputs.items.map(({ key, value }) => [text(key), text(value)]))
      : {},
    line: lines.linePos(node.range?.[0] ?? 0).line,
  };
}

function text(node: unknown): string {
  if (!isScalar(node)) return '';
  return typeof node.value === 'string' ? node.value : (node.source ?? '');
}

/** The YAML blocks of a Markdown page that hold task steps, each with the line at which it begins. */
export function yamlBlocks(
  page: string,
): readonly { readonly text: string; readonly line: number }[] {
  return [...page.matchAll(/^( *)```ya?ml\n([\s\S]*?)^ *```$/gm)].map((match) => ({
    text: match[2] ?? '',
    line: page.slice(0, match.index).split('\n').length,
  }));
}
