import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { orThrow } from '../../shared/core/result.ts';
import { indexManifest } from '../../shared/build-manifest/match.ts';
import {
  contestedFiles,
  describedPlatforms,
  latestAttempts,
} from '../../shared/image-info/attempts.ts';
import { mergeFragments } from '../../shared/image-info/merge.ts';
import type { MergeOptions } from '../../shared/image-info/merge.ts';
import type { ImageInfo } from '../../shared/image-info/model.ts';
import { parseImageInfo } from '../../shared/image-info/parse.ts';
import { digestsOf, missingDigestsOf } from '../../shared/image-info/select.ts';
import { serialiseImageInfo } from '../../shared/image-info/write.ts';
import { loadRealManifest, SHARED_DIR } from './real-manifest.ts';

const IMAGE_INFO = join(SHARED_DIR, 'data', 'image-info');
const HISTORY = join(SHARED_DIR, 'data', 'history');
const MANIFEST = join(SHARED_DIR, 'data', 'build-manifest', 'manifest.json');
const MAIN = join(IMAGE_INFO, 'image-info.dotnet-dotnet-docker-main.json');

const run = promisify(execFile);

interface LooseInfo {
  readonly repos: readonly { readonly repo: string; readonly images?: readonly LooseImage[] }[];
}

interface LooseImage {
  readonly productVersion?: string;
  readonly manifest?: { readonly digest?: string; readonly sharedTags?: readonly string[] };
  readonly platforms: readonly Readonly<Record<string, unknown>>[];
}

async function jsonFiles(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).sort().map((name) => join(folder, name));
}

async function parsed(file: string): Promise<ImageInfo> {
  const bytes = await readFile(file);
  return orThrow(parseImageInfo(bytes, file), { code: 'IMAGE_INFO_INVALID', subject: file });
}

function merged(
  fragments: readonly { readonly file: string; readonly imageInfo: ImageInfo }[],
  options: MergeOptions = {},
): ImageInfo {
  const failure = { code: 'IMAGE_INFO_CONFLICT', subject: 'The merge' } as const;
  return orThrow(mergeFragments(fragments, options), failure);
}

/** A document with its rows as sorted text: images without shared tags fall into their platforms. */
function rowsOf(info: LooseInfo): readonly string[] {
  const sortedMembers = (row: Readonly<Record<string, unknown>>): string =>
    JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
  const rows = info.repos.flatMap(({ repo, images = [] }) =>
    images.flatMap(({ productVersion = '', manifest, platforms }) => {
      const texts = platforms.map(sortedMembers).sort();
      return manifest === undefined
        ? texts.map((text) => JSON.stringify([repo, productVersion, text]))
        : JSON.stringify([repo, productVersion, [...(manifest.sharedTags ?? [])].sort(), texts]);
    }),
  );
  return rows.sort();
}

function written(info: ImageInfo): LooseInfo {
  return JSON.parse(new TextDecoder().decode(serialiseImageInfo(info))) as LooseInfo;
}

/** What schema 2.0 says for a document of schema 1.0: the version, and layers as objects. */
function modernised(text: string): string {
  const version = text.replace('"schemaVersion": "1.0"', '"schemaVersion": "2.0"');
  return version.replace(/^( {16})("sha256:[0-9a-f]{64}")(,?)$/gm, '$1{\n$1  "digest": $2\n$1}$3');
}

describe('image-info parse and serialise, real files', () => {
  it('write every current file as it was', async () => {
    const files = await jsonFiles(IMAGE_INFO);
    assert.ok(files.length >= 3);
    for (const file of files) {
      const text = await readFile(file, 'utf8');
      assert.equal(new TextDecoder().decode(serialiseImageInfo(await parsed(file))), text, file);
    }
  });

  it('write every file of the history as it was, in schema 2.0', async () => {
    const files = await jsonFiles(HISTORY);
    assert.ok(files.length >= 3);
    for (const file of files) {
      const text = modernised(await readFile(file, 'utf8'));
      assert.equal(new TextDecoder().decode(serialiseImageInfo(await parsed(file))), text, file);
    }
  });

  it('find every digest of main: 599 platforms and 207 lists', async () => {
    const info = await parsed(MAIN);
    const kinds = digestsOf(info).map(({ kind }) => kind);
    assert.equal(kinds.filter((kind) => kind === 'platform').length, 599);
    assert.equal(kinds.filter((kind) => kind === 'list').length, 207);
    assert.deepEqual(missingDigestsOf(info), []);
  });
});

describe('image-info mergeFragments, real files', () => {
  it('leaves a published file as it is, but for the order of images', async () => {
    for (const file of [...(await jsonFiles(IMAGE_INFO)), ...(await jsonFiles(HISTORY))]) {
      const info = await parsed(file);
      const one = merged([{ file, imageInfo: info }]);
      assert.deepEqual(rowsOf(written(one)), rowsOf(written(info)), file);
      assert.deepEqual(merged([{ file, imageInfo: one }]), one, file);
    }
  });

  it('keeps main byte for byte', async () => {
    const info = merged([{ file: MAIN, imageInfo: await parsed(MAIN) }]);
    assert.deepEqual(Buffer.from(serialiseImageInfo(info)), await readFile(MAIN));
  });
});

describe('image-info mergeFragments, generated fragments of real products', () => {
  let out: string;

  beforeEach(async () => {
    out = await mkdtemp(join(tmpdir(), 'image-info-'));
  });

  afterEach(async () => {
    await rm(out, { recursive: true, force: true });
  });

  async function generate(info: string, more: readonly string[]): Promise<void> {
    const tool = join(SHARED_DIR, 'tools', 'make-workload.mjs');
    const options = ['--layer-bytes', '0', '--layers', '1', '--out', out];
    await run(process.execPath, [tool, 'gen', '--info', info, ...options, ...more]);
  }

  async function mergeGenerated(options: MergeOptions = {}): Promise<ImageInfo> {
    const folder = join(out, 'fragments');
    const entries = await readdir(folder, { recursive: true });
    const files = entries
      .filter((path) => path.endsWith('.json'))
      .map((path) => ({ path: join(folder, path) }));
    const described = new Map(
      await Promise.all(
        contestedFiles(files).map(
          async (file) => [file, describedPlatforms(await parsed(file))] as const,
        ),
      ),
    );
    const { kept, superseded, missed } = latestAttempts(files, described);
    assert.deepEqual(missed, []);
    assert.ok(superseded.length > 0, 'some jobs have two attempts');
    const fragments = await Promise.all(
      kept.map(async (file) => ({ file, imageInfo: await parsed(file) })),
    );
    const result = merged(fragments, options);
    assert.deepEqual(merged(fragments.toReversed(), options), result);
    return result;
  }

  async function expected(): Promise<LooseInfo> {
    const text = await readFile(join(out, 'expected', 'merged.json'), 'utf8');
    return JSON.parse(text) as LooseInfo;
  }

  const products = [
    { name: 'main', file: MAIN, options: [] },
    {
      name: 'samples',
      file: join(IMAGE_INFO, 'image-info.dotnet-dotnet-docker-main-samples.json'),
      options: [],
    },
    {
      name: 'framework',
      file: join(IMAGE_INFO, 'image-info.microsoft-dotnet-framework-docker-main.json'),
      options: [],
    },
    { name: 'tagless', file: join(HISTORY, 'main-20240315-tagless.json'), options: [] },
    { name: 'syndicated', file: join(HISTORY, 'samples-20211227-syndicated.json'), options: [] },
    { name: 'imagebuilder', file: join(HISTORY, 'imagebuilder-20211109-5win.json'), options: [] },
    { name: 'main with cache hits', file: MAIN, options: ['--unchanged-every', '5'] },
    { name: 'main without some jobs', file: MAIN, options: ['--drop-legs', '5'] },
  ] as const;

  for (const { name, file, options } of products) {
    it(`gives the reference's merge of ${name}`, async () => {
      await generate(file, options);
      assert.deepEqual(rowsOf(written(await mergeGenerated())), rowsOf(await expected()));
    });
  }

  it("gives the reference's merge of main with its build manifest", async () => {
    await generate(MAIN, ['--manifest', MANIFEST]);
    const { keyOf } = indexManifest(await loadRealManifest());
    const result = await mergeGenerated({ imageKeyOf: keyOf });
    assert.deepEqual(rowsOf(written(result)), rowsOf(await expected()));
    assert.equal(result.repos.flatMap(({ images }) => images).length, 261);
  });
});
