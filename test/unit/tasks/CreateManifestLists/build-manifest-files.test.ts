import assert from 'node:assert/strict';
import { readBuildManifest } from '../../../../tasks/CreateManifestLists/build-manifest-files.ts';
import { memoryFiles } from '../../../support/memory-files.ts';

const { signal } = new AbortController();
const IMAGE = {
  platforms: [{ dockerfile: 'src', os: 'linux', osVersion: 'noble', tags: { '$(tag)': {} } }],
};

describe('build-manifest-files readBuildManifest', () => {
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

  const broken = [
    { name: 'no JSON', content: Buffer.from('{'), code: 'BUILD_MANIFEST_INVALID' },
    { name: 'another shape', content: { repos: 'none' }, code: 'BUILD_MANIFEST_INVALID' },
    { name: 'an include that is not there', content: { includes: ['x'] }, code: 'FILE_NOT_FOUND' },
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
      await assert.rejects(read, { code, message: /\/(m\.json|x)/ });
    });
  }
});
