import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Secret } from '../../../shared/core/secret.ts';
import type {
  Credential,
  CredentialSource,
} from '../../../shared/registry/credentials/credential.ts';
import { firstCredential } from '../../../shared/registry/credentials/credential.ts';
import { dockerConfigCredentials } from '../../../shared/registry/credentials/docker-config.ts';
import { staticCredentials } from '../../../shared/registry/credentials/static.ts';

const { signal } = new AbortController();

function revealed(credential: Credential | undefined): unknown {
  if (credential === undefined) return undefined;
  return credential.kind === 'basic'
    ? [credential.username, credential.password.reveal()]
    : [credential.kind, credential.token.reveal()];
}

describe('docker-config dockerConfigCredentials', () => {
  let folder = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'docker-config-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const source = async (config: unknown): Promise<CredentialSource> => {
    const text = typeof config === 'string' ? config : JSON.stringify(config);
    await writeFile(join(folder, 'config.json'), text);
    const path = [folder, process.env['PATH'] ?? ''].join(delimiter);
    return dockerConfigCredentials({
      environment: { DOCKER_CONFIG: folder, PATH: path },
      homeDirectory: '/nowhere',
    });
  };

  /** A credential helper that answers to its input. */
  const writeHelper = async (name: string, script: string): Promise<void> => {
    const file = join(folder, `docker-credential-${name}`);
    await writeFile(file, `#!/bin/sh\nread server\n${script}\n`);
    await chmod(file, 0o755);
  };

  const auth = Buffer.from('user:pass:word').toString('base64');
  const entries = [
    { name: 'a host', auths: { 'r.io': { auth } }, registry: 'r.io', is: ['user', 'pass:word'] },
    {
      name: 'a URL',
      auths: { 'https://r.io/v2/': { auth } },
      registry: 'r.io',
      is: ['user', 'pass:word'],
    },
    {
      name: 'Docker Hub',
      auths: { 'https://index.docker.io/v1/': { auth } },
      registry: 'docker.io',
      is: ['user', 'pass:word'],
    },
    {
      name: 'plain names',
      auths: { 'r.io': { username: 'a', password: 'b' } },
      registry: 'r.io',
      is: ['a', 'b'],
    },
    {
      name: 'an identity token',
      auths: { 'r.io': { auth, identitytoken: 't' } },
      registry: 'r.io',
      is: ['identity-token', 't'],
    },
    {
      name: 'a registry token',
      auths: { 'r.io': { registrytoken: 't' } },
      registry: 'r.io',
      is: ['registry-token', 't'],
    },
    {
      name: 'nothing for this host',
      auths: { 'r.io': { auth } },
      registry: 'x.r.io',
      is: undefined,
    },
    {
      name: 'nothing for this port',
      auths: { 'r.io': { auth } },
      registry: 'r.io:5000',
      is: undefined,
    },
    { name: 'an empty entry', auths: { 'r.io': {} }, registry: 'r.io', is: undefined },
  ];
  for (const { name, auths, registry, is } of entries) {
    it(`reads ${name}`, async () => {
      const credentials = await source({ auths });
      assert.deepEqual(revealed(await credentials(registry, signal)), is);
    });
  }

  it('is anonymous without a file, and looks into the home folder', async () => {
    const inHome = dockerConfigCredentials({ environment: {}, homeDirectory: folder });
    assert.equal(await inHome('r.io', signal), undefined);
    await mkdir(join(folder, '.docker'));
    const config = JSON.stringify({ auths: { 'r.io': { auth } } });
    await writeFile(join(folder, '.docker', 'config.json'), config);
    const again = dockerConfigCredentials({ environment: {}, homeDirectory: folder });
    assert.deepEqual(revealed(await again('r.io', signal)), ['user', 'pass:word']);
  });

  const damaged = [
    { name: 'a file that is not JSON', config: '{' },
    { name: 'a file that is a list', config: [] },
    { name: 'an entry without a colon', config: { auths: { 'r.io': { auth: 'AAAA' } } } },
    { name: 'a helper with a path', config: { credsStore: '../evil' } },
    { name: 'a helper that is not there', config: { credHelpers: { 'r.io': 'missing' } } },
  ];
  for (const { name, config } of damaged) {
    it(`names ${name}`, async () => {
      const credentials = await source(config);
      await assert.rejects(credentials('r.io', signal), { code: 'CREDENTIALS_INVALID' });
    });
  }

  const answers = [
    {
      name: 'a password',
      script: `echo "{\\"Username\\":\\"u\\",\\"Secret\\":\\"for $server\\"}"`,
      is: ['u', 'for r.io'],
    },
    {
      name: 'an identity token',
      script: `echo '{"Username":"<token>","Secret":"t"}'`,
      is: ['identity-token', 't'],
    },
    {
      name: 'nothing',
      script: `echo credentials not found in native keychain; exit 1`,
      is: undefined,
    },
  ];
  for (const { name, script, is } of answers) {
    it(`takes ${name} from a credential helper`, async () => {
      await writeHelper('test', script);
      const credentials = await source({ credHelpers: { 'r.io': 'test' } });
      assert.deepEqual(revealed(await credentials('r.io', signal)), is);
    });
  }

  const failures = [
    {
      name: 'ends badly',
      script: 'echo "no luck ##vso"; exit 3',
      message: /ended with 3: no luck # #vso/,
    },
    { name: 'talks nonsense', script: 'echo hello', message: /no Username and Secret/ },
    { name: 'never stops talking', script: 'yes 2>/dev/null', message: /failed/ },
  ];
  for (const { name, script, message } of failures) {
    it(`fails with a credential helper that ${name}`, async () => {
      await writeHelper('test', script);
      const credentials = await source({ credsStore: 'test' });
      await assert.rejects(credentials('r.io', signal), { code: 'CREDENTIALS_INVALID', message });
    });
  }
});

describe('credential sources', () => {
  const credential = { username: 'u', password: new Secret('p') };

  it('give a service connection only to its own registry', async () => {
    const source = staticCredentials([
      { registry: 'r.io', credential },
      { registry: 'anonymous.io' },
    ]);
    assert.deepEqual(revealed(await source('r.io', signal)), ['u', 'p']);
    assert.equal(await source('anonymous.io', signal), undefined);
    assert.equal(await source('other.io', signal), undefined);
  });

  it('are asked in turn until one knows the registry', async () => {
    const chain = firstCredential([
      staticCredentials([]),
      staticCredentials([{ registry: 'r.io', credential }]),
    ]);
    assert.deepEqual(revealed(await chain('r.io', signal)), ['u', 'p']);
    assert.equal(await chain('other.io', signal), undefined);
  });
});
