import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Credentials } from '../../support/registry/basic.ts';

/** The parts of the suite, as the specification names them. */
export const WORKFLOWS = ['Pull', 'Push', 'Content Discovery', 'Content Management'] as const;

export type Workflow = (typeof WORKFLOWS)[number];

/** What to run the suite against. */
export interface ConformanceRun {
  readonly url: string;
  readonly credentials?: Credentials;
  readonly workflows: readonly Workflow[];
}

/** How one test of the suite ended. */
export interface ConformanceTest {
  readonly workflow: Workflow;
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
}

/** The suite as a program; `.ci/install.sh` builds it. */
const PROGRAM = 'oci-conformance';

/** Where the suite puts its content; blobs are mounted from the first repository into the second. */
const REPOSITORIES = { first: 'conformance/first', second: 'conformance/second' };

const SWITCHES: Readonly<Record<Workflow, string>> = {
  Pull: 'OCI_TEST_PULL',
  Push: 'OCI_TEST_PUSH',
  'Content Discovery': 'OCI_TEST_CONTENT_DISCOVERY',
  'Content Management': 'OCI_TEST_CONTENT_MANAGEMENT',
};

const TITLE = 'OCI Distribution Conformance Tests ';
const TEST_CASE = /<testcase name="(?<title>[^"]*)"[^>]*>(?<details>.*?)<\/testcase>/gs;

/**
 * Runs the conformance suite of the OCI distribution specification to its end; tests that fail are results.
 *
 * @throws Error when it is not on the path or leaves no report, with what it printed
 * @see https://github.com/opencontainers/distribution-spec/tree/main/conformance
 */
export async function runConformance(run: ConformanceRun): Promise<readonly ConformanceTest[]> {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  try {
    const output = await runSuite(folder, run);
    return testsOf(await readReport(join(folder, 'junit.xml'), output));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the suite printed. It writes its reports where it runs. */
async function runSuite(folder: string, run: ConformanceRun): Promise<string> {
  const options = { cwd: folder, env: environmentOf(run), maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    execFile(PROGRAM, [], options, (error, stdout, stderr) => {
      if (error === null || typeof error.code === 'number') resolve(stdout + stderr);
      else reject(new Error(`${PROGRAM} could not be run.`, { cause: error }));
    });
  });
}

function environmentOf({ url, credentials, workflows }: ConformanceRun): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    OCI_ROOT_URL: url,
    OCI_NAMESPACE: REPOSITORIES.first,
    OCI_CROSSMOUNT_NAMESPACE: REPOSITORIES.second,
    OCI_AUTOMATIC_CROSSMOUNT: '0',
    ...Object.fromEntries(
      WORKFLOWS.map((workflow) => [SWITCHES[workflow], workflows.includes(workflow) ? '1' : '0']),
    ),
    ...(credentials === undefined
      ? {}
      : { OCI_USERNAME: credentials.username, OCI_PASSWORD: credentials.password }),
  };
}

async function readReport(file: string, output: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new Error(`The conformance suite left no report:\n${output}`, { cause });
  }
}

function testsOf(report: string): readonly ConformanceTest[] {
  return [...report.matchAll(TEST_CASE)].map(({ groups }) => {
    const name = (groups?.['title'] ?? '').replace(TITLE, '');
    const workflow = WORKFLOWS.find((one) => name.startsWith(`${one} `));
    if (workflow === undefined) throw new Error(`The suite has a workflow of its own: ${name}`);
    return { workflow, name, outcome: outcomeOf(groups?.['details'] ?? '') };
  });
}

function outcomeOf(details: string): ConformanceTest['outcome'] {
  if (details.trim() === '') return 'passed';
  return details.trimStart().startsWith('<skipped') ? 'skipped' : 'failed';
}
