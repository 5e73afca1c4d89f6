import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { http1Only } from '../../scripts/http1-only.ts';
import { copyByTag } from './copy-by-tag.ts';
import type { TagPlace } from './copy-by-tag.ts';
import { isOnPath, measureProcess } from './measure.ts';
import type { Command, ProcessCost } from './measure.ts';

/** Who copies. */
export interface Contestant {
  readonly name: string;
  readonly isPeer: boolean;
  /** Whether it copies in this process. */
  readonly isHere: boolean;
  readonly copy: (from: TagPlace, to: TagPlace) => Promise<Pick<ProcessCost, 'ms' | 'peakBytes'>>;
}

interface Peer {
  readonly name: string;
  readonly file: string;
  readonly argsOf: (from: TagPlace, to: TagPlace) => readonly string[];
}

const PEERS: readonly Peer[] = [
  { name: 'crane', file: 'crane', argsOf: (...places) => ['copy', ...places.map(referenceOf)] },
  { name: 'oras', file: 'oras', argsOf: (...places) => orasArgs(places, []) },
  {
    name: 'oras, 10 at once',
    file: 'oras',
    argsOf: (...places) => orasArgs(places, ['--concurrency', '10']),
  },
  {
    name: 'regctl',
    file: 'regctl',
    argsOf: (...places) => [
      ...places.flatMap(({ registry }) => ['--host', `reg=${registry},tls=disabled`]),
      ...['image', 'copy', ...places.map(referenceOf)],
    ],
  },
  {
    name: 'skopeo',
    file: 'skopeo',
    argsOf: (...places) => [
      ...['--insecure-policy', 'copy', '--all', '--preserve-digests'],
      ...['--src-tls-verify=false', '--dest-tls-verify=false'],
      ...places.map((place) => `docker://${referenceOf(place)}`),
    ],
  },
];

/** Ours in this process and as a program, then every peer that is on the path. */
export async function findContestants(folder: string): Promise<readonly Contestant[]> {
  const program = await bundle(folder, new URL('./copy-process.ts', import.meta.url));
  const env = environmentIn(folder);
  const asProgram = (name: string, isPeer: boolean, command: CommandOf): Contestant => ({
    ...{ name, isPeer, isHere: false },
    copy: (from, to) => measureProcess(command(from, to), env),
  });
  const peers = await Promise.all(
    PEERS.map(async ({ name, file, argsOf }) =>
      (await isOnPath(file))
        ? [asProgram(name, true, (from, to) => ({ file, args: argsOf(from, to) }))]
        : [],
    ),
  );
  const ours = asProgram('ours, process', false, (...places) => ({
    file: process.execPath,
    args: [program, ...places.flatMap(({ registry, name, tag }) => [registry, name, tag])],
  }));
  return [{ name: 'ours', isPeer: false, isHere: true, copy: copyHere }, ours, ...peers.flat()];
}

/** Bundles a script as the tasks are, into a folder; its path. */
export async function bundle(folder: string, { pathname }: URL): Promise<string> {
  const outfile = join(folder, `${basename(pathname, '.ts')}.cjs`);
  await build({
    entryPoints: [pathname],
    ...{ outfile, bundle: true, platform: 'node', target: 'node20.18', format: 'cjs' },
    ...{ plugins: [http1Only()], logLevel: 'warning' },
  });
  return outfile;
}

/** The environment of a program: nothing that the user has set up or that it kept before. */
export function environmentIn(folder: string): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], HOME: folder };
}

type CommandOf = (from: TagPlace, to: TagPlace) => Command;

async function copyHere(from: TagPlace, to: TagPlace): Promise<{ readonly ms: number }> {
  const started = performance.now();
  await copyByTag(from, to);
  return { ms: performance.now() - started };
}

function orasArgs(places: readonly TagPlace[], more: readonly string[]): readonly string[] {
  const plain = ['--from-plain-http', '--to-plain-http'];
  return ['cp', ...plain, ...more, ...places.map(referenceOf)];
}

function referenceOf({ registry, name, tag }: TagPlace): string {
  return `${registry}/${name}:${tag}`;
}
