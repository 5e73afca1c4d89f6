import { join } from 'node:path';
import { isOnPath, measureProcess } from './measure.ts';
import type { ProcessCost } from './measure.ts';
import { runTaskProcess } from './task-process.ts';

/** A release that is to be published. */
export interface BuiltRelease {
  /** The image-info with its lists. */
  readonly imageInfo: string;
  /** One tag of each list, as `repository:tag` below the prefixes. */
  readonly lists: readonly string[];
  readonly sourcePrefix: string;
}

/** From which host to which, and below which prefix there. */
export interface PublishCourse {
  readonly source: string;
  readonly target: string;
  readonly targetPrefix: string;
}

/** Who publishes. */
export interface PublishContestant {
  readonly name: string;
  readonly isPeer: boolean;
  readonly publish: (release: BuiltRelease, course: PublishCourse) => Promise<ProcessCost>;
}

interface Peer {
  readonly file: string;
  readonly argsOf: (from: string, to: string) => string;
}

const PEERS: readonly Peer[] = [
  { file: 'crane', argsOf: (from, to) => `copy --insecure ${from} ${to}` },
  { file: 'oras', argsOf: (from, to) => `cp --from-plain-http --to-plain-http ${from} ${to}` },
  {
    file: 'regctl',
    argsOf: (from, to) =>
      `${[from, to].map((one) => `--host reg=${one.slice(0, one.indexOf('/'))},tls=disabled`).join(' ')} image copy ${from} ${to}`,
  },
  {
    file: 'skopeo',
    argsOf: (from, to) =>
      `--insecure-policy copy --all --quiet --preserve-digests --src-tls-verify=false --dest-tls-verify=false docker://${from} docker://${to}`,
  },
];

/** No peer looks for what refers to an image unless it is told to; ours does unless it is told not to. */
const AS_PEERS = { referrerTypes: 'none' };

/**
 * Ours, as the agent starts it, with the work of the peers and with referrers looked for; then every peer on the path:
 * one list after the other, and four at a time.
 */
export async function findPublishContestants(
  folder: string,
): Promise<readonly PublishContestant[]> {
  const ours = [
    { name: 'ours', inputs: AS_PEERS },
    { name: 'ours, with referrers', inputs: {} },
  ].map(({ name, inputs }): PublishContestant => ({
    name,
    isPeer: false,
    publish: (release, course) => publishRelease(release, course, { folder, inputs }),
  }));
  const peers = await Promise.all(
    PEERS.map(async (peer) =>
      (await isOnPath(peer.file))
        ? [1, 4].map((atOnce): PublishContestant => ({
            name: atOnce === 1 ? peer.file : `${peer.file}, ${atOnce} at a time`,
            isPeer: true,
            publish: (release, course) => runPeer({ peer, atOnce }, { release, course }, folder),
          }))
        : [],
    ),
  );
  return [...ours, ...peers.flat()];
}

/** Where the task works, and what it is told beside the release. */
interface OwnRun {
  readonly folder: string;
  readonly inputs: Readonly<Record<string, string>>;
}

/** Runs the task as the agent does, without the agent; nothing is signed, for not all peers copy signatures. */
export async function publishRelease(
  { imageInfo, sourcePrefix }: BuiltRelease,
  { source, target, targetPrefix }: PublishCourse,
  { folder, inputs }: OwnRun,
): Promise<ProcessCost> {
  const all = {
    imageInfo,
    ...{ sourceRegistry: source, sourceRepositoryPrefix: sourcePrefix },
    ...{ targetRegistry: target, targetRepositoryPrefix: targetPrefix },
    requireSignatures: 'none',
    ...inputs,
  };
  const temp = join(folder, 'publish', targetPrefix);
  return runTaskProcess('PublishArtifacts', all, { workspace: folder, folder, temp });
}

async function runPeer(
  { peer, atOnce }: { readonly peer: Peer; readonly atOnce: number },
  { release, course }: { readonly release: BuiltRelease; readonly course: PublishCourse },
  folder: string,
): Promise<ProcessCost> {
  const lines = release.lists.map((list) => {
    const from = `${course.source}/${release.sourcePrefix}${list}`;
    return `${peer.file} ${peer.argsOf(from, `${course.target}/${course.targetPrefix}${list}`)}`;
  });
  const script = `printf '%s\\n' "$@" | xargs -P${atOnce} -I{} sh -c '{}'`;
  const { ms, stdout } = await measureProcess(
    { file: 'bash', args: ['-e', '-c', script, 'copy', ...lines] },
    { PATH: process.env['PATH'], HOME: folder },
  );
  // The peak is that of the shell.
  return { ms, stdout };
}
