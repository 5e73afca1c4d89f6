import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildExtension, COVERAGE_DIR, EXTENSION_DIR } from './build.ts';
import { isMain } from './layout.ts';
import { LINE_FLOOR, reportCoverage } from './testing/coverage.ts';
import { runSuite, SUITES } from './testing/suite.ts';
import type { Tally } from './testing/suite.ts';

async function runSuites(env: NodeJS.ProcessEnv): Promise<Tally> {
  let [passed, failed] = [0, 0];
  for (const suite of SUITES) {
    console.log(`\n${suite} tests`);
    const part = await runSuite(suite, env);
    passed += part.passed;
    failed += part.failed;
  }
  return { passed, failed };
}

/** The suites with every line that runs counted; too few lines are one more failure. */
async function runCovered(): Promise<Tally> {
  const rawDir = await mkdtemp(join(tmpdir(), 'coverage-'));
  try {
    const env = { ...process.env, NODE_V8_COVERAGE: rawDir, BUNDLES_DIR: COVERAGE_DIR };
    const { passed, failed } = await runSuites(env);
    const reached = await reportCoverage(rawDir);
    console.log(`coverage: ${reached} % of the lines, at least ${LINE_FLOOR} % are wanted`);
    return { passed, failed: reached < LINE_FLOOR ? failed + 1 : failed };
  } finally {
    await rm(rawDir, { recursive: true, force: true });
  }
}

if (isMain(import.meta.url)) {
  const isCovered = process.argv.includes('--coverage');
  const outDir = isCovered ? COVERAGE_DIR : EXTENSION_DIR;
  await buildExtension({ outDir, sourcemap: isCovered });
  const { passed, failed } = isCovered
    ? await runCovered()
    : await runSuites({ ...process.env, BUNDLES_DIR: outDir });
  console.log(`\n${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
