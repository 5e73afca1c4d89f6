import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { documentOf } from '../../../shared/oci/manifest-document.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import { systemTiming } from '../../../shared/registry/timing.ts';
import {
  aClient,
  anImage,
  pushImage,
  repositoryOf,
} from '../../integration/registry-client/support.ts';
import { outputOf } from '../support/commands.ts';
import { startOlareg } from '../support/olareg.ts';
import type { ServerProcess } from '../support/server-process.ts';

const { signal } = new AbortController();

/** A client of others: how it prints a manifest, and how it copies everything to another name. */
interface Tool {
  readonly name: string;
  readonly read: (reference: string) => readonly string[];
  readonly copy: (from: string, to: string) => readonly string[];
}

const TOOLS: readonly Tool[] = [
  {
    name: 'crane',
    read: (reference) => ['manifest', '--insecure', reference],
    copy: (from, to) => ['copy', '--insecure', from, to],
  },
  {
    name: 'regctl',
    read: (reference) => [
      ...regctlHost(reference),
      'manifest',
      'get',
      '--format',
      'raw-body',
      reference,
    ],
    copy: (from, to) => [...regctlHost(from), 'image', 'copy', from, to],
  },
  {
    name: 'oras',
    read: (reference) => ['manifest', 'fetch', '--plain-http', reference],
    copy: (from, to) => ['copy', '--from-plain-http', '--to-plain-http', from, to],
  },
  {
    name: 'skopeo',
    read: (reference) => ['inspect', '--raw', '--tls-verify=false', `docker://${reference}`],
    copy: (from, to) => [
      ...['copy', '--quiet', '--all', '--preserve-digests'],
      ...['--src-tls-verify=false', '--dest-tls-verify=false'],
      ...[`docker://${from}`, `docker://${to}`],
    ],
  },
];

function regctlHost(reference: string): readonly string[] {
  const [host = ''] = reference.split('/', 1);
  return ['--host', `reg=${host},tls=disabled`];
}

describe('content that others read and write', () => {
  let folder: string;
  let registry: ServerProcess;
  let client: RegistryClient;
  const images = ['amd64', 'arm64'].map((name) => anImage(name, ['base', `app ${name}`]));
  const manifests = images.map(({ manifest }, index) => ({
    ...manifest.descriptor,
    platform: { os: 'linux', architecture: ['amd64', 'arm64'][index] },
  }));
  const index = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests };
  const root = documentOf(Buffer.from(JSON.stringify(index, undefined, 3)), MediaType.ociIndex);

  const run = async (tool: Tool, args: readonly string[]): Promise<string> =>
    outputOf(tool.name, args, { PATH: process.env['PATH'], HOME: folder });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tools-'));
    registry = await startOlareg();
    client = aClient({ timing: systemTiming });
    const repository = repositoryOf(registry, 'ours');
    for (const image of images) await pushImage(client, repository, image);
    await client.putManifest(repository, { manifest: root, tag: 'v1' }, signal);
  });
  after(async () => {
    await client.close();
    await registry.stop();
    await rm(folder, { recursive: true, force: true });
  });

  for (const tool of TOOLS) {
    it(`is read by ${tool.name} byte for byte`, async () => {
      const printed = await run(tool, tool.read(`${registry.host}/ours:v1`));
      assert.equal(printed.trimEnd(), Buffer.from(root.bytes).toString('utf8'));
    });

    it(`is read here as ${tool.name} has written it`, async () => {
      const theirs = `theirs/${tool.name}`;
      await run(tool, tool.copy(`${registry.host}/ours:v1`, `${registry.host}/${theirs}:v1`));
      const from = repositoryOf(registry, theirs);
      const manifest = await client.getManifest(from, 'v1', signal);
      assert.ok(manifest !== undefined);
      assert.equal(manifest.descriptor.digest, root.descriptor.digest);
      for (const { blobs } of images) {
        for (const { descriptor, bytes } of blobs) {
          const found = await client.getBlob(from, descriptor, signal);
          assert.deepEqual(Buffer.from(found), Buffer.from(bytes));
        }
      }
    });
  }
});
