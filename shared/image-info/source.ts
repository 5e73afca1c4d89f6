import { optional, optionalPath } from '../core/input-values.ts';
import { all, parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';

/** An artifact of a run that holds image-info. */
export interface ImageInfoArtifact {
  readonly kind: 'artifact';
  /** Names in order of preference, without attempts; the first that the run has is taken. */
  readonly names: readonly string[];
  /** The run, e.g. 4711; absent: the running one. */
  readonly runId: number | undefined;
}

/** Where the hand-over file comes from: a file on this machine, or an artifact. */
export type ImageInfoSource = { readonly kind: 'file'; readonly path: string } | ImageInfoArtifact;

/** The texts of the inputs `imageInfo`, `imageInfoArtifact` and `imageInfoRunId`. */
export interface ImageInfoTexts {
  readonly path: string;
  readonly artifact: string;
  readonly runId: string;
}

/** What the texts are read with. */
export interface ImageInfoDefaults {
  /** Where relative paths start. */
  readonly root: string;
  /** Artifacts to take when none is named. */
  readonly names: readonly string[];
}

/** Reads where the hand-over file comes from: the path when there is one, else the artifact. */
export function parseImageInfoSource(
  texts: ImageInfoTexts,
  { root, names }: ImageInfoDefaults,
): Parsed<ImageInfoSource> {
  const inputs = all<{
    path: string | undefined;
    name: string | undefined;
    runId: number | undefined;
  }>({
    path: optionalPath('imageInfo', texts.path, root),
    name: optional('imageInfoArtifact', texts.artifact),
    runId: texts.path === '' || texts.runId === '' ? parseRunId(texts.runId) : UNUSED_RUN_ID,
  });
  if (!inputs.ok) return inputs;
  const { path, name, runId } = inputs.value;
  if (path !== undefined) return parsed({ kind: 'file', path });
  return parsed({ kind: 'artifact', names: name === undefined ? names : [name], runId });
}

const UNUSED_RUN_ID = problem(
  'imageInfoRunId',
  'is not used when imageInfo is given: leave one of them out',
);

function parseRunId(text: string): Parsed<number | undefined> {
  const value = optional('imageInfoRunId', text);
  if (!value.ok) return value;
  if (value.value === undefined) return parsed(undefined);
  if (/^[1-9]\d{0,9}$/.test(value.value)) return parsed(Number(value.value));
  return problem(
    'imageInfoRunId',
    `is not the id of a run, which is the number after buildId= in its address: ${JSON.stringify(value.value)}`,
  );
}
