import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { ROOT } from '../layout.ts';

/** How many tests of a suite passed and failed. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

/** The parts of the hermetic suite: folders below `test`. */
export const SUITES = ['unit', 'integration', 'e2e', 'package'] as const;

/**
 * Mocha otherwise tries `require` first, and files that hold ES modules only are then loaded a second time by
 * `import`: slower, and coverage counts the wrong copy.
 */
const IMPORT_ONLY = ['--node-option', 'no-experimental-require-module'];

/** Runs one part with mocha, shows its output as it comes, and counts. */
export async function runSuite(suite: string, env: NodeJS.ProcessEnv): Promise<Tally> {
  const mocha = fileURLToPath(import.meta.resolve('mocha/bin/mocha.js'));
  const colour = process.stdout.isTTY ? ['--color'] : [];
  const child = spawn(
    process.execPath,
    [mocha, ...IMPORT_ONLY, '--reporter', 'spec', ...colour, `test/${suite}/**/*.test.ts`],
    { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    process.stdout.write(chunk);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return tally(Buffer.concat(chunks).toString('utf8'), code);
}

/** Reads mocha's summary; a suite that broke off, or had no tests, counts as one failure. */
export function tally(output: string, code: number | null): Tally {
  const lines = stripVTControlCharacters(output).split('\n');
  const count = (word: string): number => {
    const pattern = new RegExp(`^ {2}(\\d+) ${word}( \\(.*\\))?$`);
    const last = lines.findLast((line) => pattern.test(line));
    return Number(pattern.exec(last ?? '')?.[1] ?? 0);
  };
  const [passed, failed] = [count('passing'), count('failing')];
  const isBroken = failed === 0 && (code !== 0 || passed === 0);
  return { passed, failed: isBroken ? 1 : failed };
}
