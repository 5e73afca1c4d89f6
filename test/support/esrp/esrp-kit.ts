import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestChain } from '../certificates.ts';
import { writeProgram } from '../programs.ts';

/** What the DDSignFiles for tests is made of. */
export interface EsrpKit {
  readonly keyPem: string;
  /** In base64. */
  readonly chain: readonly string[];
  /** Path of a file to which each call adds a line. */
  readonly log: string;
  readonly misbehave?: string;
}

/** A DDSignFiles for tests, with the `dotnet` that runs it. */
export interface TestEsrp {
  readonly toolFolder: string;
  /** What makes `dotnet` be found, and what DDSignFiles wants. */
  readonly environment: Readonly<Record<string, string>>;
  /** E.g. `--roll-forward major DDSignFiles.dll -- real 400 12`: arguments, sign type, key and number of files. */
  readonly calls: () => Promise<readonly string[]>;
}

/** Puts a DDSignFiles into a folder; it signs with a chain. */
export async function installEsrp(
  folder: string,
  chain: TestChain,
  misbehave?: string,
): Promise<TestEsrp> {
  const log = join(folder, 'calls.log');
  const kit: EsrpKit = {
    keyPem: chain.leafKeyPem,
    chain: chain.chainDer.map((der) => Buffer.from(der).toString('base64')),
    log,
    ...(misbehave === undefined ? {} : { misbehave }),
  };
  const program = join(import.meta.dirname, 'dd-sign-files.ts');
  await writeProgram(join(folder, 'bin', 'dotnet'), program, kit);
  await writeFile(join(folder, 'DDSignFiles.dll'), '');
  return {
    toolFolder: folder,
    environment: {
      PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
      VSENGESRPSSL: 'certificate',
    },
    calls: async () => (await readFile(log, 'utf8')).split('\n').slice(0, -1),
  };
}
