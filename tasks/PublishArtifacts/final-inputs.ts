import { optional, optionalPath } from '../../shared/core/input-values.ts';
import { all, allConsistent, parsed, problem } from '../../shared/core/result.ts';
import type { Parsed } from '../../shared/core/result.ts';
import { parsePlace } from '../../shared/oci/location.ts';
import type { Place } from '../../shared/oci/location.ts';
import type { InputReader, RegistryConnection, RunFolders } from '../../shared/ports/host.ts';

/** The published image-info that the release is merged into. */
export interface BaselineInput {
  /** Absolute. */
  readonly path: string;
  /** The public commit, 40 hex digits. */
  readonly commitOverride: string | undefined;
}

/** Where published tags must appear, and for how long that may take. */
export interface WaitInput {
  readonly place: Place<RegistryConnection>;
  readonly timeoutMs: number;
}

/** A day: longer than any job may take. */
const MAX_WAIT_MINUTES = 1440;

const DEFAULT_WAIT_MINUTES = '20';

/** The inputs of the merge into the published image-info, absent when there is none. */
export function parseBaseline(
  input: InputReader,
  folders: RunFolders,
): Parsed<BaselineInput | undefined> {
  const baseline = input.text('baselineImageInfo');
  const isUnused = baseline === '' && input.text('commitOverride') !== '';
  const texts = allConsistent<{ path: string | undefined; commitOverride: string | undefined }>(
    {
      path: optionalPath('baselineImageInfo', baseline, folders.workspace),
      commitOverride: parseCommit(input.text('commitOverride')),
    },
    () =>
      isUnused ? [{ path: 'commitOverride', message: 'is used only with baselineImageInfo' }] : [],
  );
  if (!texts.ok) return texts;
  const { path, commitOverride } = texts.value;
  return parsed(path === undefined ? undefined : { path, commitOverride });
}

function parseCommit(text: string): Parsed<string | undefined> {
  const commit = optional('commitOverride', text);
  if (!commit.ok || commit.value === undefined || /^[0-9a-f]{40}$/.test(commit.value))
    return commit;
  return problem('commitOverride', 'is not a commit of 40 hex digits in lower case');
}

/** The inputs of the wait, absent when there is nothing to wait for. */
export function parseWait(input: InputReader): Parsed<WaitInput | undefined> {
  const inputs = all<{ place: WaitInput['place'] | undefined; timeoutMs: number }>({
    place: parseWaitPlace(input.text('waitForRegistry')),
    timeoutMs: parseMinutes(input.text('waitTimeoutMinutes')),
  });
  if (!inputs.ok) return inputs;
  const { place, timeoutMs } = inputs.value;
  return parsed(place === undefined ? undefined : { place, timeoutMs });
}

function parseWaitPlace(given: string): Parsed<WaitInput['place'] | undefined> {
  const name = 'waitForRegistry';
  const text = optional(name, given);
  if (!text.ok || text.value === undefined) return text as Parsed<undefined>;
  const [, host = '', prefix = ''] = /^((?:https?:\/\/)?[^/]*)(.*)$/is.exec(text.value) ?? [];
  if (host === '') return problem(name, 'does not begin with a host such as mcr.example');
  return parsePlace<RegistryConnection>({
    registry: { name, value: host },
    prefix: { name, value: prefix },
    connection: { name, value: parsed(undefined) },
  });
}

function parseMinutes(given: string): Parsed<number> {
  const value = optional('waitTimeoutMinutes', given);
  if (!value.ok) return value;
  const text = value.value ?? DEFAULT_WAIT_MINUTES;
  const minutes = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
  if (minutes >= 1 && minutes <= MAX_WAIT_MINUTES) return parsed(minutes * 60_000);
  return problem('waitTimeoutMinutes', `is not a number of minutes from 1 to ${MAX_WAIT_MINUTES}`);
}
