import assert from 'node:assert/strict';
import { readBuildManifest } from '../../../shared/build-manifest/read.ts';
import { memoryFiles } from '../../support/memory-files.ts';

const { signal } = new AbortController();
const IMAGE = {
  platforms: [{ dockerfile: 'src', os: 'linux', osVersion: 'noble', tags: { '$(tag)': {} } }],
};

describe('build-manifest readBuildManifest', () => {
  it('reads included files from the folder of the manifest, and fills in variables', async () => {
    const files = memoryFiles({
      '/source/eng/manifest.json': { includes: ['more/tools.json'], variables: { tag: '1' } },
      '/source/eng/more/tools.json': { repos: [{ name: 'tools', images: [IMAGE] }] },
    });
    const variables = new Map([['tag', '2']]);
    const manifest = await readBuildManifest('/source/eng/manifest.json', variables, {
      files,
      signal,
    });
    const [repo] = manifest.repos;
    assert.equal(repo?.name, 'tools');
    assert.equal(repo.images[0]?.platforms[0]?.tags[0]?.name, '2');
  });

  it('lets the files that are there decide what a path is', async () => {
    const platforms = ['a', 'b.docker', 'gone'].map((dockerfile) => ({
      ...IMAGE.platforms[0],
      dockerfile,
      tags: {},
    }));
    const files = memoryFiles({
      '/source/manifest.json': { repos: [{ name: 'tools', images: [{ platforms }] }] },
      '/source/a/Dockerfile': {},
      '/source/b.docker': {},
    });
    const { repos } = await readBuildManifest('/source/manifest.json', new Map(), {
      files,
      signal,
    });
    assert.deepEqual(
      repos[0]?.images[0]?.platforms.map((platform) => platform.dockerfileCandidates),
      [['a/Dockerfile'], ['b.docker'], ['gone/Dockerfile', 'gone']],
    );
  });

  it('names every include that is not there, and a manifest that is not', async () => {
    const files = memoryFiles({ '/m.json': { includes: ['x.json', 'y.json'] } });
    const read = readBuildManifest('/m.json', new Map(), { files, signal });
    await assert.rejects(read, {
      code: 'BUILD_MANIFEST_INVALID',
      message: /includes\[0\]: names .* not there\n.*includes\[1\]: names/,
    });
    const absent = readBuildManifest('/n.json', new Map(), { files, signal });
    await assert.rejects(absent, { code: 'FILE_NOT_FOUND' });
  });

  it('tells what is wrong with the manifest and with its includes at once', async () => {
    const files = memoryFiles({
      '/m.json': { includes: ['gone.json', 'x.json'], repos: 'none' },
      '/x.json': { repos: 'none' },
    });
    await assert.rejects(readBuildManifest('/m.json', new Map(), { files, signal }), {
      message:
        /3 problems:\n.*m\.json: repos: .*\n.*includes\[0\]: names .* there\n.*x\.json: repos: /,
    });
  });

  const broken = [
    { name: 'no JSON', content: Buffer.from('{'), code: 'BUILD_MANIFEST_INVALID' },
    { name: 'another shape', content: { repos: 'none' }, code: 'BUILD_MANIFEST_INVALID' },
    {
      name: 'a variable that nobody gives',
      content: { repos: [{ name: 'tools', images: [IMAGE] }] },
      code: 'BUILD_MANIFEST_INVALID',
    },
  ] as const;
  for (const { name, content, code } of broken) {
    it(`refuses a manifest with ${name}, naming the file`, async () => {
      const files = memoryFiles({ '/m.json': content });
      const read = readBuildManifest('/m.json', new Map(), { files, signal });
      await assert.rejects(read, { code, message: /\/m\.json/ });
    });
  }
});
