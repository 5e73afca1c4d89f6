import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { definite, invariant } from '../../../shared/core/errors.ts';
import { buildPlatformImage } from '../product/platform-image.ts';
import type { PlatformImage } from '../product/platform-image.ts';
import { rawClient } from '../registry/raw-client.ts';

/*
 * What the docker command does for a build script: `build` makes a small image with real layers, `push` uploads it with
 * the credentials of DOCKER_CONFIG, `inspect` prints the digest that was pushed. STATE_FOLDER keeps what was built.
 */

interface Target {
  readonly host: string;
  readonly name: string;
  readonly tag: string;
}

const [command = '', ...args] = process.argv.slice(2);
const state = definite(process.env['STATE_FOLDER'], 'STATE_FOLDER');

function option(name: string): string {
  return definite(args[args.indexOf(name) + 1], `docker ${command} ${name}`);
}

function targetOf(image: string): Target {
  const [, host, name, tag] = /^([^/]+)\/(.+):([^:/]+)$/.exec(image) ?? [];
  return {
    host: definite(host, `the host of ${image}`),
    name: definite(name, `the repository of ${image}`),
    tag: definite(tag, `the tag of ${image}`),
  };
}

function stateFile(image: string): string {
  return join(state, `${Buffer.from(image).toString('hex')}.json`);
}

async function imageOf(image: string): Promise<PlatformImage> {
  const { platform } = JSON.parse(await readFile(stateFile(image), 'utf8')) as { platform: string };
  const [os = '', architecture = ''] = platform.split('/');
  return buildPlatformImage({
    platform: { os, architecture },
    format: 'oci',
    files: [{ path: 'app', text: `${image} for ${platform}\n` }],
  });
}

async function authorization(host: string): Promise<string> {
  const folder = definite(process.env['DOCKER_CONFIG'], 'a login before the push');
  const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as {
    readonly auths: Readonly<Record<string, { readonly auth: string }>>;
  };
  const login = Object.entries(config.auths).find(
    ([registry]) => registry.replace(/^https?:\/\//, '') === host,
  );
  return `Basic ${definite(login, `a login at ${host}`)[1].auth}`;
}

async function push(image: string): Promise<void> {
  const { host, name, tag } = targetOf(image);
  const authorized = { authorization: await authorization(host) };
  const raw = rawClient(`http://${host}`);
  const send: typeof raw = async (path, asked = {}) => {
    const answer = await raw(path, { ...asked, headers: { ...authorized, ...asked.headers } });
    invariant(answer.status < 300, `${path} answers ${answer.status}`);
    return answer;
  };
  const { config, layers, manifest } = await imageOf(image);
  for (const { descriptor, bytes } of [config, ...layers]) {
    const begun = await send(`/v2/${name}/blobs/uploads/`, { method: 'POST' });
    const location = String(begun.headers['location']);
    const query = `${location.includes('?') ? '&' : '?'}digest=${descriptor.digest}`;
    await send(`${location}${query}`, { method: 'PUT', body: bytes });
  }
  await send(`/v2/${name}/manifests/${tag}`, {
    method: 'PUT',
    headers: { 'content-type': manifest.descriptor.mediaType },
    body: manifest.bytes,
  });
}

async function run(image: string): Promise<void> {
  switch (command) {
    case 'build':
      await writeFile(
        stateFile(option('--tag')),
        JSON.stringify({ platform: option('--platform') }),
      );
      return;
    case 'push':
      await push(image);
      return;
    case 'inspect': {
      const { host, name } = targetOf(image);
      const { manifest } = await imageOf(image);
      console.log(`${host}/${name}@${manifest.descriptor.digest}`);
      return;
    }
    default:
      invariant(false, `docker ${command} is nothing that a sample may use`);
  }
}

void run(definite(args.at(-1), 'an argument'));
