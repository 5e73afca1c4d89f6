import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { digestOf } from '../../../shared/oci/digest.ts';
import { parseImageInfo } from '../../../shared/image-info/parse.ts';
import { parseReference, parseRepositoryName } from '../../../shared/oci/reference.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import type { Answer, TestServer } from '../../support/http-server.ts';
import { hostileLab } from './hostile-lab.ts';
import { anImage } from './support.ts';

const { signal } = new AbortController();

const ATTACKS =
  '##vso[task.setvariable variable=x]y \u00ad#\u00ad#vso[x] ##[error] \u001b[31m \u202e\u0000';

/** What the agent takes for a command, or a terminal for an order. */
const DANGEROUS = /##|[\p{Cc}\p{Cf}]/u;

/** A package as npm has locked it. */
interface LockedPackage {
  readonly version: string;
  readonly integrity?: string;
  readonly engines?: { readonly node?: string };
}

describe('RegistryClient against hostile content', () => {
  const { blob, warnings, lines, connect, start, guarded, readBlob } = hostileLab();
  const image = anImage('app', []);
  const readManifest = async (
    client: RegistryClient,
    { host }: TestServer,
    reference = 'latest',
  ): Promise<unknown> => client.getManifest({ registry: host, name: 'app' }, reference, signal);

  const inside = (address: string): Parameters<typeof connect>[0] => ({
    network: {
      resolver: (_, done) => {
        done(null, [{ address, family: 4 }]);
      },
    },
  });

  const mediaType = image.manifest.descriptor.mediaType;

  it('S4 believes bytes, not the digest in a header', async () => {
    const forged = Buffer.from(image.manifest.bytes.toString().replace(/^\{/, '{ '));
    const { digest } = image.manifest.descriptor;
    const registry = await guarded((_, response) => {
      response
        .writeHead(200, { 'content-type': mediaType, 'docker-content-digest': digest })
        .end(forged);
    });
    await assert.rejects(readManifest(connect(), registry, digest), { code: 'DIGEST_MISMATCH' });
  });

  it('S5 refuses a manifest that is an image and an index at once', async () => {
    const config = blob.descriptor;
    const manifests = [image.manifest.descriptor];
    const both = JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [], manifests });
    const registry = await guarded((_, response) => {
      response.writeHead(200, { 'content-type': mediaType }).end(both);
    });
    const client = connect();
    const app = { registry: registry.host, name: 'app' };
    const manifest = await client.getManifest(app, 'latest', signal);
    assert.ok(manifest !== undefined);
    const request = { manifest, from: app, to: { ...app, name: 'other' }, mount: true };
    await assert.rejects(client.copyManifest(request, signal), {
      code: 'REGISTRY_RESPONSE_INVALID',
      message: /both manifests and layers/,
    });
  });

  it('S6 refuses a token that does not end, and a document with ten million entries', async () => {
    const huge = await start((request, response) => {
      if (request.url.startsWith('/token')) response.end(Buffer.alloc(70_000, 'x'));
      else response.writeHead(401, { 'www-authenticate': 'Bearer realm="/token"' }).end();
    });
    await assert.rejects(readBlob(connect(), huge), { code: 'CONTENT_TOO_LARGE' });
    const many = await guarded((_, response) => {
      response.writeHead(200, { 'content-type': mediaType });
      response.end(`{"layers":[${'{},'.repeat(3_000_000)}{}]}`);
    });
    await assert.rejects(readManifest(connect(), many), { code: 'CONTENT_TOO_LARGE' });
  });

  it('S7 decompresses nothing: what was packed on the way is not the content', async () => {
    const registry = await guarded((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(blob.bytes));
    });
    await assert.rejects(readBlob(connect(), registry), { code: 'DIGEST_MISMATCH' });
    assert.equal(registry.requests[0]?.headers['accept-encoding'], 'identity');
  });

  for (const name of ['../admin', 'a/../b', 'a%2fb', 'a//b', 'a?x', 'a#x', 'a b', '/a']) {
    it(`S8 does not take ${name} for a repository`, () => {
      const imageInfo = JSON.stringify({ schemaVersion: '2.0', repos: [{ repo: name }] });
      assert.equal(parseImageInfo(Buffer.from(imageInfo), 'image-info.json').ok, false);
      assert.equal(parseRepositoryName(name, '').ok, false);
      assert.equal(parseReference(`r.io/${name}:1`, '').ok, false);
    });
  }

  const speakers: readonly { name: string; answer: Answer }[] = [
    {
      name: 'the errors of a registry',
      answer: (_, response) => {
        response
          .writeHead(400)
          .end(JSON.stringify({ errors: [{ code: ATTACKS, message: ATTACKS }] }));
      },
    },
    { name: 'the text of a proxy', answer: (_, response) => response.writeHead(502).end(ATTACKS) },
    {
      name: 'a place to go to',
      answer: (_, response) => {
        response.writeHead(307, { location: 'ftp://%23%23vso%5Bx%5D/##vso[x]' }).end();
      },
    },
  ];
  for (const { name, answer } of speakers) {
    it(`S9 takes the sting out of ${name}`, async () => {
      const registry = await guarded(answer);
      await assert.rejects(readBlob(connect(), registry), (error: unknown) => {
        assert.ok(error instanceof Error);
        assert.doesNotMatch(error.message, DANGEROUS);
        assert.ok(error.message.length < 2000);
        return true;
      });
      for (const line of lines) assert.doesNotMatch(line, DANGEROUS);
    });
  }

  it('S10 shows no password and no signature of a storage URL', async () => {
    const secrets = ['s3cr3t-sig', 's3cr3t-token', 's3cr3t-amz'];
    const query = 'sig=s3cr3t-sig&token=s3cr3t-token&X-Amz-Signature=s3cr3t-amz';
    const storage = await start((_, response) => response.writeHead(400).end('no'));
    const registry = await guarded((_, response) => {
      response.writeHead(307, { location: `http://${storage.host}/blob?${query}` }).end();
    });
    const error: unknown = await readBlob(connect(), registry).catch((cause: unknown) => cause);
    const shown = [...lines, ...warnings, JSON.stringify(error), String(error)].join('\n');
    assert.match(shown, /sig=\*\*\*/);
    for (const secret of [...secrets, 'correct horse', btoa('releaser:correct horse')]) {
      assert.ok(!shown.includes(secret), secret);
    }
  });

  it('S11 reports a registry that stored something else than what was put', async () => {
    const other = digestOf(Buffer.from('somebody was faster'));
    const registry = await guarded((_, response) => {
      response.writeHead(201, { 'docker-content-digest': other }).end();
    });
    await assert.rejects(
      connect().putManifest(
        { registry: registry.host, name: 'app' },
        { manifest: image.manifest, tag: '1' },
        signal,
      ),
      { code: 'DIGEST_MISMATCH' },
    );
  });

  it('S14 sends no password over plain HTTP to another machine unless the user asks for it', async () => {
    const registry = await guarded((_, response) => response.end(blob.bytes));
    const port = registry.host.split(':')[1] ?? '';
    const network = inside('127.0.0.1');
    const remote = { ...registry, host: `registry.test:${port}` };
    await assert.rejects(readBlob(connect(network), remote), { code: 'REGISTRY_UNAVAILABLE' });
    assert.equal(registry.requests.length, 0);
    await readBlob(connect({ ...network, allowInsecureHosts: [remote.host] }), remote);
    assert.equal(registry.requests.length, 2);
  });

  it('S15 pins what is built into the tasks', async () => {
    const { dependencies } = JSON.parse(await readFile('package.json', 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8')) as {
      readonly packages: Readonly<Record<string, LockedPackage>>;
    };
    for (const [name, version] of Object.entries(dependencies)) {
      assert.match(version, /^\d+\.\d+\.\d+$/);
      const locked = packages[`node_modules/${name}`];
      assert.equal(locked?.version, version);
      assert.match(locked.integrity ?? '', /^sha512-/);
    }
    // The oldest Node that an agent of our minimumAgentVersion brings.
    assert.equal(packages['node_modules/undici']?.engines?.node, '>=20.18.1');
  });

  it('X18 shows the warnings of a registry once, without what could be a command', async () => {
    const registry = await guarded((_, response) => {
      response.setHeader('warning', [
        '299 - "this registry will be closed"',
        '299 - "say \\"##vso[task.complete]\\""',
        '110 - "stale"',
        'nonsense',
        `299 - "${'x'.repeat(5000)}"`,
      ]);
      response.end(blob.bytes);
    });
    const client = connect();
    await readBlob(client, registry);
    await readBlob(client, registry);
    assert.deepEqual(warnings, [
      `${registry.host} warns: this registry will be closed`,
      `${registry.host} warns: say "# #vso[task.complete]"`,
    ]);
  });

  it('X18 shows no warnings of servers that a registry sends us to', async () => {
    const storage = await start((_, response) => {
      response.writeHead(200, { warning: '299 - "buy now"' }).end(blob.bytes);
    });
    const registry = await guarded((_, response) => {
      response.writeHead(307, { location: `http://${storage.host}/` }).end();
    });
    await readBlob(connect(), registry);
    assert.deepEqual(warnings, []);
  });

  it('X17 X20 tells who asks, and uses a connection again after a refusal', async () => {
    const sockets = new Set<unknown>();
    const registry = await start((_, response) => {
      sockets.add(response.socket?.remotePort);
      response.writeHead(404, { 'content-length': '9' }).end('not found');
    });
    const client = connect();
    for (let count = 0; count < 8; count += 1) await readManifest(client, registry);
    assert.ok(sockets.size <= 2, String(sockets.size));
    assert.equal(registry.requests[0]?.headers['user-agent'], 'test/1');
  });

  it('X19 ends at once when it is aborted', async () => {
    const controller = new AbortController();
    const registry = await start(() => {
      controller.abort();
    });
    const repository = { registry: registry.host, name: 'app' };
    await assert.rejects(connect().getManifest(repository, 'latest', controller.signal), {
      name: 'AbortError',
    });
  });
});
