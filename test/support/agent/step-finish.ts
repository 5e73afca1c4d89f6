import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactStore } from './artifact-store.ts';
import { findLeaks } from './leaks.ts';
import { mergeResults } from './result.ts';
import type { TaskResult } from './result.ts';
import type { Completion, SetVariable, StepCommands, Upload } from './step-commands.ts';
import type { Issue, StepLog } from './step-log.ts';
import type { StepProcessOutcome } from './step-process.ts';

/** A file that the step attached, with its content. */
interface Attachment {
  readonly type: string;
  readonly name: string;
  readonly content: string;
}

/** Everything that a step did. */
export interface StepResult {
  readonly result: TaskResult;
  readonly completions: readonly Completion[];
  /** Absent when a signal ended the process. */
  readonly exitCode: number | undefined;
  /** The first 10 errors and the first 10 warnings. */
  readonly issues: readonly Issue[];
  /** By the name that the task gave. */
  readonly variables: Readonly<Record<string, SetVariable>>;
  /** Values of the output variables among them. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Names of the artifacts that the step uploaded. */
  readonly uploads: readonly string[];
  /** All attachments, summaries among them. */
  readonly attachments: readonly Attachment[];
  readonly summaries: readonly Attachment[];
  /** As the user sees them: masked, without commands. */
  readonly lines: readonly string[];
  readonly debugLines: readonly string[];
  /** Those of `lines` in which something was masked. */
  readonly maskedLines: readonly string[];
  readonly rawStdout: string;
  readonly rawStderr: string;
  readonly progress: readonly { readonly percent: number; readonly text: string }[];
  /** Signals that were sent to stop the process. */
  readonly signals: readonly NodeJS.Signals[];
  readonly durationMs: number;
  readonly firstLineMs: number | undefined;
  readonly peakRssBytes: number | undefined;
  /** Rules of ours that the task broke; the agent itself is more lenient. */
  readonly violations: readonly string[];
}

/** Why a step was stopped. */
export type StopReason = 'cancel' | 'timeout' | 'kill' | 'skip';

/** What is known when the process has ended. */
export interface EndedStep {
  readonly process: StepProcessOutcome;
  readonly commands: StepCommands;
  readonly log: StepLog;
  readonly rawLines: readonly string[];
  readonly credentials: readonly string[];
  readonly stopped: StopReason | undefined;
  readonly store: ArtifactStore;
}

const SUMMARY_TYPE = 'Distributedtask.Core.Summary';

/** Does what the agent does after the process has ended: exit code, uploads, attachments, result. */
export async function finishStep(ended: EndedStep): Promise<StepResult> {
  const { process, commands, log, stopped } = ended;
  const broken = brokenPromises(ended);
  if (stopped === 'cancel') log.issue('error', 'The operation was canceled.');
  else if (stopped === 'timeout') commands.fail('The task has timed out.');
  else if (process.exitCode !== 0) commands.fail(exitMessage(process));
  const uploads = await uploadAll(ended);
  const { attachments, missing } = await readAttachments(commands);
  const violations = [...broken, ...missing, ...(await leaks(ended, uploads, attachments))];
  return {
    result: finalResult(ended, broken),
    completions: commands.completions,
    exitCode: process.exitCode,
    issues: log.issues,
    variables: Object.fromEntries(commands.set),
    outputs: outputs(commands),
    uploads: uploads.map(({ name }) => name),
    attachments,
    summaries: attachments.filter(({ type }) => type === SUMMARY_TYPE),
    lines: log.lines,
    debugLines: log.debugLines,
    maskedLines: log.maskedLines,
    rawStdout: process.stdout,
    rawStderr: process.stderr,
    progress: commands.progress,
    signals: process.signals,
    durationMs: process.durationMs,
    firstLineMs: process.firstLineMs,
    peakRssBytes: process.peakRssBytes,
    violations,
  };
}

/** The agent takes silence for success; here a task completes exactly once and exits with 0. */
function brokenPromises({ process, commands, stopped }: EndedStep): readonly string[] {
  const count = commands.completions.length;
  const broken: string[] = [];
  if (process.signals.includes('SIGKILL')) broken.push('the task did not stop when asked to');
  if (count > 1) broken.push(`the task completed ${count} times`);
  if (stopped !== undefined) return broken;
  if (count === 0) broken.push('the task never completed');
  if (process.exitCode !== 0) broken.push(`the task crashed: ${exitMessage(process)}`);
  return broken;
}

function finalResult({ commands, stopped }: EndedStep, broken: readonly string[]): TaskResult {
  if (stopped === 'skip') return 'Skipped';
  if (stopped === 'cancel') return 'Canceled';
  const result = commands.result ?? 'Succeeded';
  return broken.length > 0 ? mergeResults(result, 'Failed') : result;
}

function exitMessage({ exitCode }: StepProcessOutcome): string {
  return exitCode === undefined
    ? 'A signal ended the process.'
    : `The process ended with exit code ${exitCode}.`;
}

function outputs({ set }: StepCommands): Record<string, string> {
  const entries = [...set].filter(([, { isOutput }]) => isOutput);
  return Object.fromEntries(entries.map(([name, { value }]) => [name, value]));
}

/** Uploads in the order of the commands; the first that fails does not keep the others from being tried. */
async function uploadAll({ commands, log, store }: EndedStep): Promise<readonly Upload[]> {
  const done: Upload[] = [];
  for (const upload of commands.uploads) {
    try {
      await store.add(upload.name, upload.path);
      log.info(`Uploaded ${upload.path} as artifact ${upload.name}.`);
      done.push(upload);
    } catch (error) {
      commands.fail(error instanceof Error ? error.message : String(error));
    }
  }
  return done;
}

/** The agent reads attachments when the process is gone and says nothing when one is missing. */
async function readAttachments(
  commands: StepCommands,
): Promise<{ readonly attachments: readonly Attachment[]; readonly missing: readonly string[] }> {
  const attachments: Attachment[] = [];
  const missing: string[] = [];
  for (const { type, name, path } of commands.attachments) {
    if (existsSync(path)) attachments.push({ type, name, content: await readFile(path, 'utf8') });
    else missing.push(`the attachment ${name} was deleted before it was read`);
  }
  return { attachments, missing };
}

async function leaks(
  ended: EndedStep,
  uploads: readonly Upload[],
  attachments: readonly Attachment[],
): Promise<readonly string[]> {
  const { commands, credentials, log, rawLines, store } = ended;
  const files = await Promise.all(
    uploads.map(({ name }) => filesOf(name, store.folders.get(name) ?? '')),
  );
  const open = [...commands.set].filter(([, { isSecret }]) => !isSecret);
  return findLeaks({
    rawLines,
    shownLines: [...log.lines, ...log.debugLines],
    registered: commands.registered,
    credentials,
    unmasked: [
      ...files.flat(),
      ...attachments.map(({ name, content }) => ({ where: `attachment ${name}`, text: content })),
      ...open.map(([name, { value }]) => ({ where: `variable ${name}`, text: value })),
    ],
  });
}

async function filesOf(name: string, folder: string): Promise<{ where: string; text: string }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async (entry) => ({
      where: `artifact ${name}, file ${entry.name}`,
      text: await readFile(join(entry.parentPath, entry.name), 'latin1'),
    })),
  );
}
