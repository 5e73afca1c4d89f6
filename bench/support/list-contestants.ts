import { join } from 'node:path';
import { usageOf } from '../../test/interop/support/measurements.ts';
import type { Usage } from '../../test/interop/support/measurements.ts';
import type { ExpectedList, Workload } from '../../test/interop/support/workload.ts';
import { isOnPath, measureProcess } from './measure.ts';
import type { ProcessCost } from './measure.ts';
import { runTaskProcess } from './task-process.ts';

/** Images of a workload in a registry. */
export interface BuiltProduct {
  readonly workload: Pick<Workload, 'fragments' | 'lists'>;
  readonly host: string;
  /** With its final slash. */
  readonly prefix: string;
  /** The build manifest, where the workload has one. */
  readonly manifest?: string;
}

/** Who makes the lists of a product. */
export interface ListContestant {
  readonly name: string;
  readonly isPeer: boolean;
  readonly create: (product: BuiltProduct) => Promise<ProcessCost>;
}

/** One list as a tool is told of it. */
interface ListTask {
  /** `host/prefix/name`. */
  readonly repository: string;
  readonly tags: readonly [string, ...string[]];
  readonly digests: readonly string[];
}

interface Peer {
  readonly file: string;
  /** The command lines that make one list. */
  readonly linesOf: (list: ListTask, folder: string) => readonly string[];
}

const PEERS: readonly Peer[] = [
  {
    file: 'oras',
    linesOf: ({ repository, tags, digests }) => [
      `oras manifest index create --plain-http ${repository}:${tags.join(',')} ${digests.join(' ')}`,
    ],
  },
  {
    file: 'crane',
    linesOf: ({ repository, tags: [first, ...others], digests }) => [
      `crane index append --docker-empty-base ${digests.map((one) => `-m ${repository}@${one}`).join(' ')} -t ${repository}:${first}`,
      ...others.map((tag) => `crane tag ${repository}:${first} ${tag}`),
    ],
  },
  {
    file: 'regctl',
    linesOf: ({ repository, tags: [first, ...others], digests }) => {
      const plain = `--host reg=${repository.slice(0, repository.indexOf('/'))},tls=disabled`;
      const type = 'application/vnd.docker.distribution.manifest.list.v2+json';
      return [
        `regctl ${plain} index create ${repository}:${first} -m ${type} ${digests.map((one) => `--digest ${one}`).join(' ')}`,
        ...others.map(
          (tag) => `regctl ${plain} image copy ${repository}:${first} ${repository}:${tag}`,
        ),
      ];
    },
  },
  {
    file: 'buildah',
    linesOf: ({ repository, tags, digests }, folder) => {
      const run = `buildah --root ${folder}/root --runroot ${folder}/run --storage-driver vfs`;
      const name = `localhost/${repository.slice(repository.indexOf('/') + 1)}:${tags[0]}`;
      return [
        `${run} manifest create ${name}`,
        ...digests.map(
          (one) => `${run} manifest add --tls-verify=false ${name} docker://${repository}@${one}`,
        ),
        ...tags.map(
          (tag) =>
            `${run} manifest push -f v2s2 --tls-verify=false ${name} docker://${repository}:${tag}`,
        ),
        `${run} manifest rm ${name}`,
      ];
    },
  },
];

/** Ours, as the agent starts it, then every peer on the path: a script with the commands for one list after the other. */
export async function findListContestants(folder: string): Promise<readonly ListContestant[]> {
  const ours: ListContestant = {
    name: 'ours',
    isPeer: false,
    create: (product) => createLists(product, folder),
  };
  const peers = await Promise.all(
    PEERS.map(async (peer): Promise<readonly ListContestant[]> => {
      if (!(await isOnPath(peer.file))) return [];
      const create: ListContestant['create'] = (product) => runPeer(peer, product, folder);
      return [{ name: peer.file, isPeer: true, create }];
    }),
  );
  return [ours, ...peers.flat()];
}

/** What the task says that it used. */
export function usageIn({ stdout }: ProcessCost): Usage {
  return usageOf({ lines: stdout.split('\n') });
}

/** Runs the task as the agent does, without the agent. */
export async function createLists(product: BuiltProduct, folder: string): Promise<ProcessCost> {
  const { workload, host, prefix, manifest = '' } = product;
  const inputs = {
    imageInfo: '*-image-info-*/*.json',
    registry: host,
    repositoryPrefix: prefix,
    manifest,
  };
  const folders = { workspace: workload.fragments, folder, temp: join(folder, 'temp') };
  return runTaskProcess('CreateManifestLists', inputs, folders);
}

async function runPeer(peer: Peer, product: BuiltProduct, folder: string): Promise<ProcessCost> {
  const lines = product.workload.lists.flatMap((list) =>
    taskOf(list, product).flatMap((task) => peer.linesOf(task, folder)),
  );
  const env = { PATH: process.env['PATH'], HOME: folder };
  const script = lines.join('\n');
  const { ms, stdout } = await measureProcess({ file: 'bash', args: ['-e', '-c', script] }, env);
  // The peak is that of the shell.
  return { ms, stdout };
}

function taskOf(list: ExpectedList, { host, prefix }: BuiltProduct): readonly ListTask[] {
  const { repo, sharedTags, manifests = [] } = list;
  const [first, ...others] = sharedTags;
  if (first === undefined || manifests.length === 0) return [];
  const digests = manifests.map(({ digest }) => digest);
  return [{ repository: `${host}/${prefix}${repo}`, tags: [first, ...others], digests }];
}
