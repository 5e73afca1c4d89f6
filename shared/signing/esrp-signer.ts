import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TaskError, definite } from '../core/errors.ts';
import { prettyJson } from '../core/json.ts';
import { neutralise } from '../core/text.ts';
import { MediaType } from '../oci/media-types.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Signer, SigningJob, SigningOptions, SigningResult } from '../ports/signer.ts';
import { payloadFor, settleOptions, signEach } from './envelope-maker.ts';
import { acceptEnvelope } from './foreign-envelope.ts';
import type { AcceptedEnvelope } from './foreign-envelope.ts';
import { subjectOf } from './job-subject.ts';
import { runProgram } from './program.ts';

/** Where DDSignFiles is, and what it is to sign with. */
export interface EsrpSignerOptions {
  /** Folder of `DDSignFiles.dll`, absolute. */
  readonly toolFolder: string;
  /** The key of the signing service, e.g. `400`. */
  readonly keyCode: string;
  /** `test` leaves files as they are on some systems. */
  readonly signType: 'real' | 'test';
  /** Where files to sign may lie for a while, absolute. */
  readonly temp: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A payload as a file, which is signed in place. */
interface PayloadFile {
  readonly path: string;
  readonly subject: Descriptor;
  readonly payload: Uint8Array;
}

/** The service signs in minutes, and waits in a queue before. */
const TIMEOUT_MS = 60 * 60_000;

/** The tool writes a log for people. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Files read back at once. */
const FILES_AT_ONCE = 8;

/** What of the tool's log goes into a message. */
const SHOWN_CHARACTERS = 400;

/**
 * A signer that is the signing service ESRP, reached through DDSignFiles: one call signs the whole batch. Each file that
 * comes back is checked against its own payload: files may be left as they were, and may be another's.
 */
export function createEsrpSigner(options: EsrpSignerOptions): Signer {
  return {
    // Certificates of the service change whenever it likes; only signatures tell.
    chain: async () => Promise.resolve(undefined),
    sign: async function* (jobs, signing, signal) {
      const settled = settleOptions(signing);
      await mkdir(options.temp, { recursive: true });
      const folder = await mkdtemp(join(options.temp, 'signing-payloads-'));
      try {
        yield* signBatch(jobs, { options, settled, folder }, signal);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

interface EsrpBatch {
  readonly options: EsrpSignerOptions;
  readonly settled: SigningOptions;
  readonly folder: string;
}

async function* signBatch(
  jobs: readonly SigningJob[],
  batch: EsrpBatch,
  signal: AbortSignal,
): AsyncGenerator<SigningResult> {
  const files = new Map<SigningJob, PayloadFile>();
  for (const job of jobs) files.set(job, await layOut(subjectOf(job, 'sha256'), batch));
  const failure = await signFiles([...files.values()], batch, signal);
  yield* signEach(jobs, { concurrency: FILES_AT_ONCE, signal }, async (job) => {
    if (failure !== undefined) throw failure;
    const { envelope, algorithm } = await pickUp(
      definite(files.get(job), 'the file of a job'),
      batch,
    );
    if (job.kind === 'manifest' || algorithm.hash === 'sha256') return envelope;
    // Only the envelope tells the key, and with it the hash that the digest of content must be made with.
    const again = await layOut(subjectOf(job, algorithm.hash), batch);
    const refusal = await signFiles([again], batch, signal);
    if (refusal !== undefined) throw refusal;
    return (await pickUp(again, batch)).envelope;
  });
}

async function layOut(subject: Descriptor, { settled, folder }: EsrpBatch): Promise<PayloadFile> {
  const payload = payloadFor(subject, settled);
  const path = join(folder, `${subject.digest.replace(':', '-')}.payload`);
  await writeFile(path, payload);
  return { path, subject, payload };
}

/** Has files signed in place; the failure of the call, absent when it went well. */
async function signFiles(
  files: readonly PayloadFile[],
  { options, folder }: EsrpBatch,
  signal: AbortSignal,
): Promise<TaskError | undefined> {
  const { toolFolder, keyCode, signType, environment } = options;
  const list = join(folder, 'sign-list.json');
  const entries = files.map(({ path }) => ({ SrcPath: path, DstPath: path }));
  await writeFile(
    list,
    prettyJson({ SignFileRecordList: [{ Certs: keyCode, SignFileList: entries }] }),
  );
  const tool = join(toolFolder, 'DDSignFiles.dll');
  const args = [
    '--roll-forward',
    'major',
    tool,
    '--',
    `/filelist:${list}`,
    `/signType:${signType}`,
  ];
  const { exitCode, stdout, stderr } = await runProgram(
    {
      program: 'dotnet',
      args,
      input: '',
      environment,
      timeoutMs: TIMEOUT_MS,
      maxOutputBytes: MAX_OUTPUT_BYTES,
    },
    signal,
  );
  if (exitCode === 0) return undefined;
  const said = Buffer.concat([stdout, stderr]).toString('utf8').trim();
  return new TaskError(
    'SIGNING_FAILED',
    `DDSignFiles ended with exit code ${exitCode ?? 'none'}: ${neutralise(said.slice(-SHOWN_CHARACTERS))}`,
    { hint: 'Check esrpKeyCode, and that the MicroBuild signing plugin ran before in this job.' },
  );
}

async function pickUp(
  { path, subject, payload }: PayloadFile,
  { options, settled }: EsrpBatch,
): Promise<AcceptedEnvelope> {
  const bytes = await readFile(path);
  if (Buffer.compare(bytes, payload) === 0) throw leftUnsigned(subject, options.signType);
  return acceptEnvelope({ bytes, mediaType: MediaType.cose, subject, payload }, settled);
}

function leftUnsigned({ digest }: Descriptor, signType: EsrpSignerOptions['signType']): TaskError {
  return new TaskError('SIGNING_FAILED', `DDSignFiles left the payload for ${digest} unsigned.`, {
    hint:
      signType === 'test'
        ? 'The sign type test leaves files unsigned on some systems: set esrpSignType to real.'
        : 'Check that the key of esrpKeyCode may sign container images.',
  });
}
