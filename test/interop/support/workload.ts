import { join } from 'node:path';
import { SHARED_DIR } from '../real-manifest.ts';
import { outputOf, runCommand } from './commands.ts';

/** A real product as the reference tool makes it: fragments, images, and what is to become of them. */
export interface Workload {
  /** Folder of the build jobs' artifacts, one folder each. */
  readonly fragments: string;
  /** Pushes platform images, as the build jobs do. */
  push(place: WorkloadPlace): Promise<void>;
  /** Compares lists in a registry, and an image-info when one is given, with what the reference expects. */
  verify(place: WorkloadPlace, imageInfo?: string): Promise<Verdict>;
}

/** Where a product is. */
export interface WorkloadPlace {
  readonly url: string;
  readonly prefix: string;
}

/** What the reference says. */
export interface Verdict {
  readonly tags: number;
  readonly ok: number;
  /** The first tags that are wrong. */
  readonly first: readonly string[];
  readonly imageInfo?: 'equal' | 'DIFFERENT';
  readonly listCreatedMissing?: number;
}

const TOOL = join(SHARED_DIR, 'tools', 'make-workload.mjs');
const DATA = join(SHARED_DIR, 'data');

/** The real build manifest of dotnet-docker. */
export const REAL_MANIFEST = join(DATA, 'build-manifest', 'manifest.json');

/** Makes a workload of a real image-info; with a build manifest its legs are the real ones. */
export async function makeWorkload(
  imageInfo: string,
  out: string,
  manifest?: string,
): Promise<Workload> {
  const info = join(DATA, 'image-info', imageInfo);
  const given = manifest === undefined ? [] : ['--manifest', manifest];
  await outputOf(process.execPath, [TOOL, 'gen', '--info', info, '--out', out, ...given]);
  const argsOf = (command: string, { url, prefix }: WorkloadPlace): readonly string[] => [
    ...[TOOL, command, '--out', out],
    ...['--registry', url, '--prefix', prefix],
  ];
  return {
    fragments: join(out, 'fragments'),
    push: async (place) => {
      await outputOf(process.execPath, argsOf('push', place));
    },
    verify: async (place, file) => {
      const compared = file === undefined ? [] : ['--image-info', file];
      const { stdout } = await runCommand(process.execPath, [
        ...argsOf('verify', place),
        ...compared,
      ]);
      return JSON.parse(stdout) as Verdict;
    },
  };
}
