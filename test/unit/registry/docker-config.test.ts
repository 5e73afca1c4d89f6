import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type {
  Credential,
  CredentialSource,
} from '../../../shared/registry/credentials/credential.ts';
import { openDockerConfig } from '../../../shared/registry/credentials/docker-config.ts';
import { aCredentialContext } from '../../support/credentials.ts';

const { signal } = new AbortController();
const context = aCredentialContext();

function revealed(credential: Credential | undefined): unknown {
  if (credential === undefined) return undefined;
  return credential.kind === 'basic'
    ? [credential.username, credential.password.reveal()]
    : [credential.kind, credential.token.reveal()];
}

describe('docker-config openDockerConfig', () => {
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
    return openDockerConfig({
      environment: { DOCKER_CONFIG: folder, PATH: path },
      homeDirectory: '/nowhere',
    }).credentials;
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
    it(`A15 reads ${name}`, async () => {
      const credentials = await source({ auths });
      assert.deepEqual(revealed(await credentials(registry, context, signal)), is);
    });
  }

  it('is anonymous without a file, and looks into the home folder', async () => {
    const home = { environment: {}, homeDirectory: folder };
    const inHome = openDockerConfig(home).credentials;
    assert.equal(await inHome('r.io', context, signal), undefined);
    await mkdir(join(folder, '.docker'));
    const config = JSON.stringify({ auths: { 'r.io': { auth } } });
    await writeFile(join(folder, '.docker', 'config.json'), config);
    const again = openDockerConfig(home).credentials;
    assert.deepEqual(revealed(await again('r.io', context, signal)), ['user', 'pass:word']);
  });

  const encoded = (user: string): object => ({ auth: Buffer.from(`${user}:p`).toString('base64') });
  const paths = [
    { repository: 'team/app/web', is: ['app', 'p'] },
    { repository: 'team/app', is: ['app', 'p'] },
    { repository: 'team/application', is: ['team', 'p'] },
    { repository: 'other', is: ['host', 'p'] },
  ];
  for (const { repository, is } of paths) {
    it(`A15 takes the entry with the longest path that ${repository} is below`, async () => {
      const credentials = await source({
        auths: {
          'r.io': encoded('host'),
          'r.io/team/app': encoded('app'),
          'r.io/team/': encoded('team'),
        },
      });
      const found = await credentials('r.io', aCredentialContext({ repository }), signal);
      assert.deepEqual(revealed(found), is);
    });
  }

  it('A15 reads the files of podman after that of docker, in their order', async () => {
    const write = async (path: string, registries: Readonly<Record<string, string>>) => {
      const file = join(folder, path);
      await mkdir(dirname(file), { recursive: true });
      const auths = Object.entries(registries).map(([host, user]) => [host, encoded(user)]);
      await writeFile(file, JSON.stringify({ auths: Object.fromEntries(auths) as unknown }));
    };
    await write('config.json', { 'a.io': 'docker' });
    await write('named.json', { 'a.io': 'named', 'b.io': 'named' });
    await write('run/containers/auth.json', { 'b.io': 'run', 'c.io': 'run' });
    await write('.config/containers/auth.json', { 'c.io': 'home', 'd.io': 'home' });
    const { credentials } = openDockerConfig({
      environment: {
        DOCKER_CONFIG: folder,
        REGISTRY_AUTH_FILE: join(folder, 'named.json'),
        XDG_RUNTIME_DIR: join(folder, 'run'),
      },
      homeDirectory: folder,
    });
    const users: unknown[] = [];
    for (const host of ['a.io', 'b.io', 'c.io', 'd.io', 'e.io']) {
      users.push(revealed(await credentials(host, context, signal)));
    }
    const expected = ['docker', 'named', 'run', 'home'].map((user) => [user, 'p']);
    assert.deepEqual(users, [...expected, undefined]);
  });

  it('A17 gives the headers of the file to registries that it has an entry for, and only safe ones', async () => {
    await source({
      auths: { 'r.io': {} },
      HttpHeaders: {
        'X-Gateway': 'key',
        'User-Agent': 'Docker-Client',
        Authorization: 'Basic x',
        'X-Split': 'a\r\nHost: evil',
        'bad name': 'x',
        'X-Number': 1,
      },
    });
    const { headers } = openDockerConfig({
      environment: { DOCKER_CONFIG: folder },
      homeDirectory: '/nowhere',
    });
    assert.deepEqual(await headers('r.io'), { 'x-gateway': 'key' });
    assert.deepEqual(await headers('other.io'), {});
  });

  it('S12 ends a credential helper that takes too long when the step is canceled', async () => {
    await writeHelper('slow', 'exec sleep 20');
    const stop = new AbortController();
    const asked = (await source({ credsStore: 'slow' }))('r.io', context, stop.signal);
    setTimeout(() => {
      stop.abort(new Error('canceled'));
    }, 50);
    const startMs = performance.now();
    await assert.rejects(async () => asked, /^Error: canceled$/);
    assert.ok(performance.now() - startMs < 10_000);
  });

  it('A15 fails when there is a docker config that cannot be read', async () => {
    await mkdir(join(folder, 'config.json'));
    const { credentials } = openDockerConfig({
      environment: { DOCKER_CONFIG: folder },
      homeDirectory: '/nowhere',
    });
    await assert.rejects(async () => credentials('r.io', context, signal), {
      code: 'CREDENTIALS_INVALID',
      message: `Cannot read the docker config ${join(folder, 'config.json')}.`,
    });
  });

  it('A15 is anonymous where the folder of the docker config is a file', async () => {
    await writeFile(join(folder, 'file'), '');
    const { credentials } = openDockerConfig({
      environment: { DOCKER_CONFIG: join(folder, 'file') },
      homeDirectory: '/nowhere',
    });
    assert.equal(await credentials('r.io', context, signal), undefined);
  });

  it('A13 A16 asks a helper once, and again when its answer was refused', async () => {
    await writeHelper('test', `echo x >> ${folder}/calls; echo '{"Username":"u","Secret":"s"}'`);
    const credentials = await source({ credHelpers: { 'r.io': 'test' } });
    await Promise.all([1, 2, 3].map(async () => credentials('r.io', context, signal)));
    await credentials('r.io', context, signal);
    assert.equal((await readFile(join(folder, 'calls'), 'utf8')).length, 2);
    await credentials('r.io', aCredentialContext({ isRenewal: true }), signal);
    assert.equal((await readFile(join(folder, 'calls'), 'utf8')).length, 4);
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
      await assert.rejects(credentials('r.io', context, signal), { code: 'CREDENTIALS_INVALID' });
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
    it(`A16 takes ${name} from a credential helper`, async () => {
      await writeHelper('test', script);
      const credentials = await source({ credHelpers: { 'r.io': 'test' } });
      assert.deepEqual(revealed(await credentials('r.io', context, signal)), is);
    });
  }

  const failures = [
    {
      name: 'ends badly',
      script: 'echo "no luck ##vso"; exit 3',
      message: /ended with 3: no luck # #vso/,
    },
    {
      name: 'ends badly after its answer, without showing it',
      script: `echo '{"Username":"u","Secret":"hunter2"}'; exit 1`,
      message: /helper docker-credential-test failed: it ended with 1\.$/,
    },
    {
      name: 'ends badly within its answer and after a warning, without showing either',
      script: `echo 'old version'; printf '{"Username":"u","Secret":"hunt'; exit 1`,
      message: /helper docker-credential-test failed: it ended with 1\.$/,
    },
    { name: 'talks nonsense', script: 'echo hello', message: /no Username and Secret/ },
    { name: 'never stops talking', script: 'yes 2>/dev/null', message: /failed/ },
  ];
  for (const { name, script, message } of failures) {
    it(`S12 fails with a credential helper that ${name}`, async () => {
      await writeHelper('test', script);
      const credentials = await source({ credsStore: 'test' });
      await assert.rejects(credentials('r.io', context, signal), {
        code: 'CREDENTIALS_INVALID',
        message,
      });
    });
  }
});
