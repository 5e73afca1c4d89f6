import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definite } from '../../../shared/core/errors.ts';
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
import { startRegistry } from '../../support/registry/registry.ts';
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

/** Attaches a note to what a tag names, and lists the digests of what is attached. */
interface ReferrerTool {
  readonly name: string;
  readonly attach: (reference: string, file: string) => readonly string[];
  readonly list: (reference: string) => readonly string[];
}

const NOTE_TYPE = 'application/vnd.example.note';

const REFERRER_TOOLS: readonly ReferrerTool[] = [
  {
    name: 'oras',
    attach: (reference, file) => [
      ...['attach', '--plain-http', '--disable-path-validation'],
      ...['--artifact-type', NOTE_TYPE, reference, file],
    ],
    list: (reference) => ['discover', '--plain-http', '--format', 'json', reference],
  },
  {
    name: 'regctl',
    attach: (reference, file) => [
      ...regctlHost(reference),
      ...['artifact', 'put', '--subject', reference, '--artifact-type', NOTE_TYPE, '--file', file],
    ],
    list: (reference) => [
      ...regctlHost(reference),
      'artifact',
      'list',
      '--format=raw-body',
      reference,
    ],
  },
];

const REGISTRIES: readonly { name: string; start: () => Promise<ServerProcess> }[] = [
  { name: 'olareg', start: startOlareg },
  {
    name: 'the embedded registry',
    start: async () => {
      const registry = await startRegistry();
      return { host: registry.host, stop: async () => registry.close() };
    },
  },
];

for (const { name, start } of REGISTRIES) {
  describe(`content of ${name} that others read and write`, () => {
    coverTools(start);
  });
}

function coverTools(start: () => Promise<ServerProcess>): void {
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

  const run = async (tool: { readonly name: string }, args: readonly string[]): Promise<string> =>
    outputOf(tool.name, args, { PATH: process.env['PATH'], HOME: folder });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tools-'));
    registry = await start();
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

  for (const tool of REFERRER_TOOLS) {
    it(`has referrers that ${tool.name} lists, and lists those of ${tool.name}`, async () => {
      const name = `referred/${tool.name}`;
      const reference = `${registry.host}/${name}:v1`;
      const repository = repositoryOf(registry, name);
      const [subject] = images;
      assert.ok(subject !== undefined);
      await pushImage(client, repository, subject);
      await client.putManifest(repository, { manifest: subject.manifest, tag: 'v1' }, signal);
      const { descriptor } = subject.manifest;
      const ours = anImage('note', ['ours'], { artifactType: NOTE_TYPE, subject: descriptor });
      await pushImage(client, repository, ours);
      const file = join(folder, `${tool.name}.txt`);
      await writeFile(file, 'theirs');
      await run(tool, tool.attach(reference, file));
      const listed = await client.listReferrers(repository, descriptor.digest, signal);
      assert.equal(listed.length, 2);
      const printed = await run(tool, tool.list(reference));
      for (const { digest } of listed) assert.ok(printed.includes(digest), printed);
      assert.ok(printed.includes(ours.manifest.descriptor.digest));
    });
  }

  for (const name of ['oras', 'regctl']) {
    it(`is read by ${name} by a digest of sha512`, async () => {
      const repository = repositoryOf(registry, 'long');
      const { blobs, manifest } = anImage('long', ['base']);
      for (const blob of blobs) await client.putBlob(repository, blob, signal);
      const long = documentOf(manifest.bytes, manifest.descriptor.mediaType, 'sha512');
      await client.putManifest(repository, { manifest: long }, signal);
      const tool = definite(
        TOOLS.find((one) => one.name === name),
        name,
      );
      const reference = `${registry.host}/long@${long.descriptor.digest}`;
      const printed = await run(tool, tool.read(reference));
      assert.equal(printed.trimEnd(), Buffer.from(long.bytes).toString('utf8'));
    });
  }
}
