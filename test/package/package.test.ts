import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { buildExtension } from '../../scripts/build.ts';
import { productVersion, ROOT, TASKS } from '../../scripts/layout.ts';
import { schemaProblems } from '../../scripts/manifests/schemas.ts';
import { packExtension } from '../../scripts/package.ts';
import { definite } from '../../shared/core/errors.ts';
import { startBundle } from './start-bundle.ts';

const MEGABYTE = 1_000_000;

/** Azure DevOps Server 2019 takes 25 MiB; a quarter of it keeps agents quick. */
const MAX_PACKAGE_BYTES = 6 * MEGABYTE;
const MAX_BUNDLE_BYTES = 3 * MEGABYTE;

/** What a browser gets of the Images tab. */
const TAB_FILES = ['images-tab/index.html', 'images-tab/tab.css', 'images-tab/tab.js'];

interface Manifest {
  readonly version: Readonly<Record<'Major' | 'Minor' | 'Patch', number>>;
  readonly execution: Readonly<Record<string, { readonly target: string }>>;
}

interface ServedManifest {
  readonly contributions: readonly {
    readonly id: string;
    readonly type: string;
    readonly properties: { readonly name: string };
  }[];
  readonly scopes?: readonly string[];
}

describe('the package', () => {
  let scratch: string;
  let packed: Uint8Array;
  let files: Readonly<Record<string, Uint8Array>>;

  const file = (path: string): Uint8Array => definite(files[path], path);
  const json = (path: string): unknown => JSON.parse(Buffer.from(file(path)).toString('utf8'));
  const folder = (task: string): string => `${task}/${task}V1`;

  async function pack(name: string): Promise<Uint8Array> {
    const outDir = join(scratch, name);
    await buildExtension({ outDir, sourcemap: false });
    const { path } = await packExtension(outDir, join(scratch, `${name}.vsix`));
    return readFile(path);
  }

  before(async function () {
    this.timeout(60_000);
    scratch = await mkdtemp(join(tmpdir(), 'package-'));
    packed = await pack('first');
    files = unzipSync(packed);
    for (const [path, bytes] of Object.entries(files)) {
      await mkdir(dirname(join(scratch, 'installed', path)), { recursive: true });
      await writeFile(join(scratch, 'installed', path), bytes);
    }
  });

  after(async () => {
    await rm(scratch, { recursive: true, force: true });
  });

  it('holds nothing but the tasks, the pages and the manifests', async () => {
    const perTask = ['icon.png', 'index.js', 'package.json', 'task.json'];
    const chunks = await chunkNames();
    const isChunk = (path: string): boolean => chunks.has(path.slice(path.lastIndexOf('/') + 1));
    assert.deepEqual(
      Object.keys(files)
        .filter((path) => !isChunk(path))
        .sort(),
      [
        '[Content_Types].xml',
        'CHANGELOG.md',
        'LICENSE.txt',
        'THIRD-PARTY-NOTICES.txt',
        'extension.vsixmanifest',
        'extension.vsomanifest',
        'images/extension-icon.png',
        'images/images-tab-dark.png',
        'images/images-tab-light.png',
        ...TAB_FILES,
        'overview.md',
        'sbom.cdx.json',
        ...TASKS.flatMap((task) => perTask.map((name) => `${folder(task)}/${name}`)),
      ].sort(),
    );
  });

  it('contributes three tasks and a tab, and asks to read builds alone', () => {
    const served = json('extension.vsomanifest') as ServedManifest;
    assert.deepEqual(
      served.contributions.map(({ id, type, properties }) => [id, type, properties.name]),
      [
        ['create-manifest-lists', 'ms.vss-distributed-task.task', 'CreateManifestLists'],
        ['sign-image-info', 'ms.vss-distributed-task.task', 'SignImageInfo'],
        ['publish-artifacts', 'ms.vss-distributed-task.task', 'PublishArtifacts'],
        ['images-tab', 'ms.vss-build-web.build-results-tab', 'Images'],
      ],
    );
    assert.deepEqual(served.scopes, ['vso.build']);
  });

  it('serves the files of the tab to browsers', () => {
    const manifest = Buffer.from(file('extension.vsixmanifest')).toString('utf8');
    for (const path of TAB_FILES) {
      assert.match(manifest, new RegExp(`<Asset [^>]*Path="${path}" Addressable="true"`));
    }
  });

  it('has a tab that is one small script without source map', () => {
    const script = Buffer.from(file('images-tab/tab.js')).toString('utf8');
    assert.ok(script.length < 200_000, `${script.length} characters`);
    assert.ok(!script.includes('sourceMappingURL='), 'a source map');
    assert.ok(!script.includes(ROOT), 'a path of the machine');
  });

  it('names the version of the product', () => {
    const manifest = Buffer.from(file('extension.vsixmanifest')).toString('utf8');
    assert.equal(/<Identity [^>]*Version="([^"]+)"/.exec(manifest)?.[1], productVersion(ROOT));
  });

  it('stays small', () => {
    assert.ok(packed.byteLength < MAX_PACKAGE_BYTES, `${packed.byteLength} bytes`);
  });

  it('is the same, byte for byte, when it is built again', async function () {
    this.timeout(60_000);
    assert.ok(Buffer.from(packed).equals(await pack('second')));
  });

  it('names every package whose code it ships, with its licence, and lists them as CycloneDX', () => {
    const notices = Buffer.from(file('THIRD-PARTY-NOTICES.txt')).toString('utf8');
    const bill = json('sbom.cdx.json') as {
      readonly bomFormat: string;
      readonly components: readonly { readonly name: string; readonly version: string }[];
    };
    assert.equal(bill.bomFormat, 'CycloneDX');
    const named = [...notices.matchAll(/^-{80}\n(\S+ \S+) \(/gm)].map(([, name]) => name);
    for (const shipped of ['undici ', 'azure-devops-extension-sdk ']) {
      assert.ok(
        named.some((name = '') => name.startsWith(shipped)),
        named.join(),
      );
    }
    assert.deepEqual(
      [...new Set(named)],
      [...new Set(bill.components.map(({ name, version }) => `${name} ${version}`))].sort(),
    );
  });

  it('has an icon of 128 x 128', () => {
    assert.deepEqual(pngSize(file('images/extension-icon.png')), [128, 128]);
  });

  for (const task of TASKS) {
    describe(task, () => {
      it('has a task.json that fits the schema', async () => {
        assert.deepEqual(await schemaProblems('task', json(`${folder(task)}/task.json`)), []);
      });

      it('has the script of every handler', () => {
        const { execution } = json(`${folder(task)}/task.json`) as Manifest;
        assert.deepEqual(Object.keys(execution), ['Node20_1', 'Node24']);
        for (const { target } of Object.values(execution)) file(`${folder(task)}/${target}`);
      });

      it('has an icon of 32 x 32', () => {
        assert.deepEqual(pngSize(file(`${folder(task)}/icon.png`)), [32, 32]);
      });

      it('is CommonJS wherever the agent puts it', () => {
        assert.deepEqual(json(`${folder(task)}/package.json`), { type: 'commonjs' });
      });

      it('has a readable bundle without source map and without a path of the machine', () => {
        const bundle = Buffer.from(file(`${folder(task)}/index.js`)).toString('utf8');
        assert.ok(bundle.length < MAX_BUNDLE_BYTES, `${bundle.length} characters`);
        assert.ok(bundle.split('\n').length > 10_000, 'the bundle is minified');
        assert.ok(!bundle.includes('sourceMappingURL='), 'a source map');
        assert.ok(!bundle.includes(ROOT), 'a path of the machine');
      });

      it('carries the version of the product', () => {
        const bundle = Buffer.from(file(`${folder(task)}/index.js`)).toString('utf8');
        const built = /EXTENSION_VERSION = [^;\n]*?"([^"]+)"/.exec(bundle)?.[1];
        assert.equal(built, productVersion(ROOT));
      });

      it('starts, and fails once when it is given no input', async () => {
        const run = await startBundle(join(scratch, 'installed', folder(task), 'index.js'));
        console.log(`        start-up: ${task} ${run.firstLineMs} ms`);
        assert.deepEqual(run.completions, ['Failed']);
        assert.equal(run.exitCode, 0);
        assert.match(run.output, /INPUT_INVALID: The task input has/);
        assert.match(run.output, /registry: /i);
        assert.equal(run.complaints, '');
      });

      it('prints debug lines only where somebody sees them', async () => {
        const bundle = join(scratch, 'installed', folder(task), 'index.js');
        const runs = [
          await startBundle(bundle),
          await startBundle(bundle, { SYSTEM_DEBUG: 'true' }),
        ];
        const debugLines = runs.map(({ output }) => output.includes('##vso[task.debug]dryRun='));
        assert.deepEqual(debugLines, [false, true]);
      });
    });
  }
});

/** The files that libraries lie in which are loaded on demand, e.g. `asn1.js` of `shared/notary/asn1.chunk.ts`. */
async function chunkNames(): Promise<ReadonlySet<string>> {
  const sources = await readdir(join(ROOT, 'shared'), { recursive: true });
  return new Set(
    sources
      .filter((path) => path.endsWith('.chunk.ts'))
      .map((path) => `${basename(path, '.chunk.ts')}.js`),
  );
}

/** Width and height from the header of a PNG. */
function pngSize(bytes: Uint8Array): readonly number[] {
  const png = Buffer.from(bytes);
  assert.equal(png.toString('latin1', 0, 8), '\x89PNG\r\n\x1a\n');
  assert.equal(png.toString('latin1', 12, 16), 'IHDR');
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
}
