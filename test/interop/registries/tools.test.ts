import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
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
import { REGISTRY_KINDS, USER } from '../support/registry-kinds.ts';
import type { RealRegistry, RegistryKind } from '../support/registry-kinds.ts';

const { signal } = new AbortController();

/** A client of others: how it prints a manifest, and how it copies everything to another name. */
interface Tool {
  readonly name: string;
  /** Whether it asks for tokens at no other port of this machine. */
  readonly refusesTokensElsewhere?: boolean;
  readonly read: (at: Reference) => readonly string[];
  readonly copy: (from: Reference, to: Reference) => readonly string[];
}

/** Something in a registry of the suite. */
interface Reference {
  readonly text: string;
  readonly isTls: boolean;
}

const TOOLS: readonly Tool[] = [
  {
    name: 'crane',
    refusesTokensElsewhere: true,
    read: (at) => ['manifest', ...unless(at.isTls, '--insecure'), at.text],
    copy: (from, to) => ['copy', ...unless(from.isTls, '--insecure'), from.text, to.text],
  },
  {
    name: 'regctl',
    read: (at) => [...regctlHost(at), 'manifest', 'get', '--format', 'raw-body', at.text],
    copy: (from, to) => [...regctlHost(from), 'image', 'copy', from.text, to.text],
  },
  {
    name: 'oras',
    read: (at) => ['manifest', 'fetch', ...unless(at.isTls, '--plain-http'), at.text],
    copy: (from, to) => [
      ...['copy', ...unless(from.isTls, '--from-plain-http', '--to-plain-http')],
      ...[from.text, to.text],
    ],
  },
  {
    name: 'skopeo',
    read: (at) => [
      ...['inspect', '--raw', ...unless(at.isTls, '--tls-verify=false')],
      `docker://${at.text}`,
    ],
    copy: (from, to) => [
      ...['copy', '--quiet', '--all', '--preserve-digests'],
      ...unless(from.isTls, '--src-tls-verify=false', '--dest-tls-verify=false'),
      ...[`docker://${from.text}`, `docker://${to.text}`],
    ],
  },
];

function unless(condition: boolean, ...args: readonly string[]): readonly string[] {
  return condition ? [] : args;
}

function regctlHost({ text, isTls }: Reference): readonly string[] {
  const [host = ''] = text.split('/', 1);
  return ['--host', `reg=${host},tls=${isTls ? 'enabled' : 'disabled'}`];
}

/** Attaches a note to what a tag names, and lists the digests of what is attached. */
interface ReferrerTool {
  readonly name: string;
  readonly attach: (at: Reference, file: string) => readonly string[];
  readonly list: (at: Reference) => readonly string[];
}

const NOTE_TYPE = 'application/vnd.example.note';

const REFERRER_TOOLS: readonly ReferrerTool[] = [
  {
    name: 'oras',
    attach: (at, file) => [
      ...['attach', ...unless(at.isTls, '--plain-http'), '--disable-path-validation'],
      ...['--artifact-type', NOTE_TYPE, at.text, file],
    ],
    list: (at) => ['discover', ...unless(at.isTls, '--plain-http'), '--format', 'json', at.text],
  },
  {
    name: 'regctl',
    attach: (at, file) => [
      ...regctlHost(at),
      ...['artifact', 'put', '--subject', at.text, '--artifact-type', NOTE_TYPE, '--file', file],
    ],
    list: (at) => [...regctlHost(at), 'artifact', 'list', '--format=raw-body', at.text],
  },
];

type Kind = Pick<RegistryKind, 'name' | 'hasSha512' | 'tokensElsewhere' | 'start'>;

/** The registries of the suite, and ours that tests use in their place. */
const KINDS: readonly Kind[] = [
  ...REGISTRY_KINDS,
  {
    name: 'the embedded registry',
    hasSha512: true,
    start: async () => {
      const registry = await startRegistry();
      return { host: registry.host, access: {}, stop: async () => registry.close() };
    },
  },
];

for (const kind of KINDS) {
  describe(`content of a registry that others read and write: ${kind.name}`, () => {
    coverTools(kind);
  });
}

function coverTools({ start, hasSha512, tokensElsewhere = false }: Kind): void {
  let folder: string;
  let registry: RealRegistry;
  let client: RegistryClient;
  const images = ['amd64', 'arm64'].map((name) => anImage(name, ['base', `app ${name}`]));
  const manifests = images.map(({ manifest }, index) => ({
    ...manifest.descriptor,
    platform: { os: 'linux', architecture: ['amd64', 'arm64'][index] },
  }));
  const index = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests };
  const root = documentOf(Buffer.from(JSON.stringify(index, undefined, 3)), MediaType.ociIndex);

  const run = async (tool: { readonly name: string }, args: readonly string[]): Promise<string> =>
    outputOf(tool.name, args, {
      ...{ PATH: process.env['PATH'], HOME: folder },
      ...(registry.authorityPem === undefined ? {} : { SSL_CERT_FILE: join(folder, 'ca.pem') }),
    });
  const at = (path: string): Reference => ({
    text: `${registry.host}/${path}`,
    isTls: registry.authorityPem !== undefined,
  });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tools-'));
    registry = await start(join(folder, 'registry'));
    await writeFile(join(folder, 'ca.pem'), registry.authorityPem ?? '');
    await mkdir(join(folder, '.docker'));
    const auth = Buffer.from(`${USER.username}:${USER.password}`).toString('base64');
    const config = JSON.stringify({ auths: { [registry.host]: { auth } } });
    await writeFile(join(folder, '.docker/config.json'), config);
    client = aClient({ timing: systemTiming, ...registry.access });
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
    if (tokensElsewhere && tool.refusesTokensElsewhere === true) continue;
    it(`is read by ${tool.name} byte for byte`, async () => {
      const printed = await run(tool, tool.read(at('ours:v1')));
      assert.equal(printed.trimEnd(), Buffer.from(root.bytes).toString('utf8'));
    });

    it(`is read here as ${tool.name} has written it`, async () => {
      const theirs = `theirs/${tool.name}`;
      await run(tool, tool.copy(at('ours:v1'), at(`${theirs}:v1`)));
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
      const reference = at(`${name}:v1`);
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

  for (const name of hasSha512 ? ['oras', 'regctl'] : []) {
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
      const printed = await run(tool, tool.read(at(`long@${long.descriptor.digest}`)));
      assert.equal(printed.trimEnd(), Buffer.from(long.bytes).toString('utf8'));
    });
  }
}
