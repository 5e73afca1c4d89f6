import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SHARED_DIR } from '../real-manifest.ts';
import { outputOf, runCommand } from './commands.ts';

/** A real product as the reference tool makes it: fragments, images, and what is to become of them. */
export interface Workload {
  /** Folder of the build jobs' artifacts, one folder each. */
  readonly fragments: string;
  /** The manifest lists that it shall get. */
  readonly lists: readonly ExpectedList[];
  /** Pushes platform images, as those build jobs do that have run. */
  push(place: WorkloadPlace): Promise<void>;
  /** Compares lists in a registry, and an image-info when one is given, with what the reference expects. */
  verify(place: WorkloadPlace, imageInfo?: string): Promise<Verdict>;
}

/** A manifest list as the reference tool expects it; only those of which a platform was built have a digest. */
export interface ExpectedList {
  readonly repo: string;
  readonly sharedTags: readonly string[];
  readonly state: 'complete' | 'partial' | 'absent';
  readonly digest?: string;
  readonly manifests?: readonly { readonly digest: string }[];
  /** Platforms that were not built. */
  readonly missing?: readonly { readonly dockerfile: string; readonly tag?: string }[];
  /** Digest of the list once the missing platforms are there. */
  readonly whenComplete?: { readonly 'docker-cli/info': string };
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

/** What a workload is made of. */
export interface WorkloadOptions {
  /** A real image-info, by its path among the real data, e.g. `image-info/main.json`. */
  readonly imageInfo: string;
  /** The folder to make. */
  readonly out: string;
  /** With a build manifest the legs are the real ones. */
  readonly manifest?: string | undefined;
  /** More of the tool's options, e.g. `['--media', 'mixed']`. */
  readonly args?: readonly string[];
}

/** Makes a workload of a real image-info. */
export async function makeWorkload(options: WorkloadOptions): Promise<Workload> {
  const { imageInfo, out, manifest, args = [] } = options;
  const info = join(DATA, imageInfo);
  const given = [...(manifest === undefined ? [] : ['--manifest', manifest]), ...args];
  await outputOf(process.execPath, [TOOL, 'gen', '--info', info, '--out', out, ...given]);
  const lists = JSON.parse(
    await readFile(join(out, 'expected', 'lists.json'), 'utf8'),
  ) as readonly ExpectedList[];
  const argsOf = (command: string, { url, prefix }: WorkloadPlace): readonly string[] => [
    ...[TOOL, command, '--out', out],
    ...['--registry', url, '--prefix', prefix],
  ];
  return {
    fragments: join(out, 'fragments'),
    lists,
    push: async (place) => {
      await outputOf(process.execPath, [...argsOf('push', place), '--no-dropped']);
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
