import assert from 'node:assert/strict';
import type { HandOverReader } from '../../../../shared/ports/artifacts.ts';
import { findFragments, gatherFacts } from '../../../../tasks/CreateManifestLists/gather.ts';
import { fileHandOver } from '../../../support/file-hand-over.ts';
import { memoryFiles } from '../../../support/memory-files.ts';
import { SMALL_RELEASE, imageOf } from '../../../support/release.ts';
import { MANIFEST, PLATFORMS, manifestOf } from './declared.ts';
import { NOW, aBuild, inputsOf } from './support.ts';

const { signal } = new AbortController();

describe('CreateManifestLists findFragments', () => {
  it('takes the highest attempt of each job and names the others', async () => {
    const files = memoryFiles({
      '/workspace/leg-1/image-info.json': {},
      '/workspace/leg-2/image-info.json': {},
      '/workspace/leg-10/image-info.json': {},
      '/workspace/other/image-info.json': {},
      '/workspace/other/else.json': {},
    });
    const readers = { files, handOver: fileHandOver };
    assert.deepEqual(await findFragments(inputsOf(), readers, signal), {
      kept: ['/workspace/leg-10/image-info.json', '/workspace/other/image-info.json'],
      superseded: ['/workspace/leg-1/image-info.json', '/workspace/leg-2/image-info.json'],
      missed: [],
      own: [],
    });
  });

  it('keeps jobs whose names end like attempts, by the images that they built', async () => {
    const [jdk17, jdk21] = aBuild().files.contents.values();
    const files = memoryFiles({
      '/workspace/jdk-17/image-info.json': jdk17,
      '/workspace/jdk-21/image-info.json': jdk21,
    });
    const readers = { files, handOver: fileHandOver };
    const { kept, superseded } = await findFragments(inputsOf(), readers, signal);
    assert.equal(kept.length, 2);
    assert.deepEqual(superseded, []);
  });

  it('does not take for a fragment what an earlier run of the step wrote', async () => {
    const files = memoryFiles({
      '/workspace/leg-1/image-info.json': {},
      '/workspace/out/image-info.json': {},
      '/workspace/out/plan.json': {},
      '/workspace/out/problems.json': {},
    });
    const output = '/workspace/out/image-info.json';
    const inputs = inputsOf({ fragments: ['**/*.json'], output });
    const readers = { files, handOver: fileHandOver };
    const { kept, own } = await findFragments(inputs, readers, signal);
    assert.deepEqual(kept, ['/workspace/leg-1/image-info.json']);
    assert.deepEqual(own, [
      ...[output, '/workspace/out/plan.json', '/workspace/out/problems.json'],
    ]);
  });

  it('refuses to replace what a build job wrote, for which the output is no result of its own', async () => {
    const files = memoryFiles({
      '/workspace/leg-1/image-info.json': {},
      '/workspace/leg-2/image-info.json': {},
    });
    const inputs = inputsOf({
      fragments: ['**/*.json'],
      output: '/workspace/leg-2/image-info.json',
    });
    await assert.rejects(findFragments(inputs, { files, handOver: fileHandOver }, signal), {
      code: 'INPUT_INVALID',
      message: 'The output /workspace/leg-2/image-info.json is a fragment of a build job.',
    });
  });

  it('takes those of artifacts where no patterns are given, by the same rule', async () => {
    const asked: string[] = [];
    const fragments: HandOverReader['fragments'] = async (pattern) => {
      asked.push(pattern);
      return Promise.resolve([
        { path: '/temp/a-image-info-1/a.json', artifact: 'a-image-info-1' },
        { path: '/temp/a-image-info-2/a.json', artifact: 'a-image-info-2' },
      ]);
    };
    const inputs = inputsOf({ fragments: [], fragmentArtifacts: '*-image-info-*' });
    const files = memoryFiles({
      '/temp/a-image-info-1/a.json': {},
      '/temp/a-image-info-2/a.json': {},
    });
    const readers = { files, handOver: { fragments } };
    assert.deepEqual(await findFragments(inputs, readers, signal), {
      kept: ['/temp/a-image-info-2/a.json'],
      superseded: ['/temp/a-image-info-1/a.json'],
      missed: [],
      own: [],
    });
    assert.deepEqual(asked, ['*-image-info-*']);
  });
});

describe('CreateManifestLists gatherFacts', () => {
  it('merges the fragments and reads each platform of a list once, and nothing else', async () => {
    const build = aBuild();
    const facts = await build.gather();
    assert.deepEqual(facts.now, NOW);
    assert.deepEqual(
      facts.lists.map(({ repo, tags, entries }) => ({ repo, tags, entries: entries.length })),
      [{ repo: 'app', tags: ['1.0', 'latest'], entries: 2 }],
    );
    assert.equal(build.registry.reads.length, 4);
    assert.deepEqual(build.registry.writes, []);
  });

  it('keeps the entries of each list with their list', async () => {
    const second = { ...SMALL_RELEASE[0], repo: 'other', platforms: [{ name: 'only' }] };
    const { lists, imageInfo } = await aBuild({ images: [...SMALL_RELEASE, second] }).gather();
    for (const { repo, entries } of lists) {
      assert.deepEqual(
        entries.map(({ image }) => `mcr.example/${repo}@${image.descriptor.digest}`),
        imageOf(imageInfo, repo).platforms.map(({ digest }) => digest),
      );
    }
    assert.deepEqual(
      lists.map(({ entries }) => entries.length),
      [2, 1],
    );
  });

  it('accepts a build that the build manifest declares in full', async () => {
    const manifest = manifestOf(PLATFORMS.amd64, PLATFORMS.arm64);
    const facts = await aBuild({ files: { '/working/manifest.json': manifest } }).gather(MANIFEST);
    const [list] = facts.lists;
    assert.deepEqual(list?.missing, []);
    assert.deepEqual(
      list.syndicated.map(({ repo, tags, members }) => [repo, tags, members.length]),
      [['mirror/app', ['latest'], 2]],
    );
  });

  it('refuses a list that lacks a declared platform, before it reads the registry', async () => {
    const manifest = manifestOf(PLATFORMS.amd64, PLATFORMS.arm64, PLATFORMS.arm);
    const build = aBuild({ files: { '/working/manifest.json': manifest } });
    await assert.rejects(build.gather(MANIFEST), {
      code: 'PLATFORM_MISSING',
      message:
        '1 manifest list would be incomplete:\n  app:1.0 lacks linux/arm32/v7 (src/arm/Dockerfile)',
    });
    assert.deepEqual(build.registry.reads, []);
  });

  it('remembers a missing platform that is allowed', async () => {
    const manifest = manifestOf(PLATFORMS.amd64, PLATFORMS.arm64, PLATFORMS.arm);
    const build = aBuild({ files: { '/working/manifest.json': manifest } });
    const { lists } = await build.gather({ ...MANIFEST, missingPlatforms: 'allow' });
    assert.deepEqual(lists[0]?.missing, ['linux/arm32/v7 (src/arm/Dockerfile)']);
  });

  it('refuses shared tags that the build manifest does not give, naming the image', async () => {
    const manifest = manifestOf(PLATFORMS.amd64, PLATFORMS.arm64);
    const text = JSON.stringify(manifest).replace('"latest"', '"latest-$(branch)"');
    const build = aBuild({ files: { '/working/manifest.json': Buffer.from(text) } });
    const manifestVariables = new Map([['branch', 'dev']]);
    await assert.rejects(build.gather({ ...MANIFEST, manifestVariables }), {
      code: 'BUILD_MANIFEST_MISMATCH',
      message: /app: src\/amd64\/Dockerfile .*shared tags 1\.0, latest, but .* 1\.0, latest-dev/,
    });
  });

  it('refuses what the build manifest does not declare', async () => {
    const text = JSON.stringify(manifestOf(PLATFORMS.amd64, PLATFORMS.arm64));
    const other = Buffer.from(text.replaceAll('"name":"', '"name":"other/'));
    const build = aBuild({ files: { '/working/manifest.json': other } });
    await assert.rejects(build.gather(MANIFEST), {
      code: 'BUILD_MANIFEST_MISMATCH',
      message: /^The merged image-info has 2 problems:/,
    });
  });

  it('does not put into a list what the build manifest does not declare for it', async () => {
    const images = SMALL_RELEASE.map((image) => {
      const others = ['x', 'y'].map((name) => ({ name, tags: [name] }));
      return image.repo === 'app'
        ? { ...image, platforms: [...image.platforms, ...others] }
        : image;
    });
    const manifest = manifestOf(PLATFORMS.amd64, PLATFORMS.arm64);
    const files = { '/working/manifest.json': manifest };
    const build = aBuild({ images, files, split: (info) => [info] });
    await assert.rejects(build.gather(MANIFEST), {
      code: 'BUILD_MANIFEST_MISMATCH',
      message: [
        'The merged image-info has 2 problems:',
        '  app: src/x/Dockerfile (noble, amd64): is not a platform of app:1.0 in the build manifest',
        '  app: src/y/Dockerfile (noble, amd64): is not a platform of app:1.0 in the build manifest',
      ].join('\n'),
    });
    assert.deepEqual(build.registry.reads, []);
  });

  it('names every fragment that is not image-info, with the path in the file', async () => {
    const build = aBuild({
      files: {
        '/workspace/leg-0x/image-info.json': Buffer.from('{'),
        '/workspace/leg-1x/image-info.json': { repos: [{ images: [] }] },
      },
    });
    await assert.rejects(build.gather(), {
      code: 'IMAGE_INFO_INVALID',
      message:
        /leg-0x\/image-info\.json.*not JSON[\s\S]*leg-1x\/image-info\.json: repos\[0\]\.repo: is required/,
      hint: /finds image-info files only/,
    });
    assert.deepEqual(build.registry.reads, []);
  });

  it('blames the build job for platforms without a digest, not the build manifest', async () => {
    const build = aBuild({
      split: (info) => {
        const text = JSON.stringify(info).replaceAll(/mcr\.example\/app@sha256:[0-9a-f]{64}/g, '');
        return [JSON.parse(text) as typeof info];
      },
    });
    await assert.rejects(build.gather(), {
      code: 'IMAGE_INFO_INVALID',
      message: [
        'The merged image-info has 2 problems:',
        '  app: src/amd64/Dockerfile (noble, amd64): has no digest, but app:1.0 needs it',
        '  app: src/arm64/Dockerfile (noble, arm64): has no digest, but app:1.0 needs it',
      ].join('\n'),
      hint: /Let the build job push the image/,
    });
    assert.deepEqual(build.registry.reads, []);
  });

  it('names both files of a platform with two digests', async () => {
    const build = aBuild({
      split: (info) => {
        const other = JSON.stringify(info).replaceAll(
          /sha256:[0-9a-f]{64}/g,
          `sha256:${'0'.repeat(64)}`,
        );
        return [info, JSON.parse(other) as typeof info];
      },
    });
    await assert.rejects(build.gather(), {
      code: 'IMAGE_INFO_CONFLICT',
      message: /leg-0x\/image-info\.json.*leg-1x\/image-info\.json/,
    });
  });

  it('stops when the run is cancelled', async () => {
    const { files, fragments, registry } = aBuild();
    const controller = new AbortController();
    const readers = { files, registry, clock: { now: () => NOW } };
    registry.beforeRead = () => {
      controller.abort();
    };
    const gathered = gatherFacts({ inputs: inputsOf(), fragments }, readers, controller.signal);
    await assert.rejects(gathered, { name: 'AbortError' });
  });
});
