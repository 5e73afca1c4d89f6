import '../../support/host/quiet-agent.ts';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { nodeFileReader, nodeFileWriter } from '../../../shared/host/node-files.ts';

const { signal } = new AbortController();

describe('node-files', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'files-'));
  });

  afterEach(() => rm(root, { recursive: true, force: true }));

  async function put(path: string, text = path): Promise<string> {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    return file;
  }

  it('reads the bytes of a file', async () => {
    const bytes = await nodeFileReader.read(await put('a', '\uFEFFä\r\n'), signal);
    assert.equal(Buffer.from(bytes).toString('hex'), 'efbbbfc3a40d0a');
  });

  it('says which file is not there', async () => {
    await assert.rejects(nodeFileReader.read(join(root, 'none'), signal), {
      code: 'FILE_NOT_FOUND',
      message: `There is no file ${join(root, 'none')}.`,
    });
  });

  it('says that a folder cannot be read', async () => {
    await assert.rejects(nodeFileReader.read(root, signal), {
      code: 'FILE_UNREADABLE',
      message: `${root} cannot be read (EISDIR).`,
    });
  });

  it('does not read a file above 64 MiB', async () => {
    const file = await put('large');
    await truncate(file, 64 * 1024 * 1024 + 1);
    await assert.rejects(nodeFileReader.read(file, signal), {
      code: 'FILE_UNREADABLE',
      message: `${file} is larger than 64 MiB.`,
    });
  });

  it('does not wait for what a named pipe may bring', async () => {
    if (process.platform === 'win32') return;
    const pipe = join(root, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await assert.rejects(nodeFileReader.read(pipe, signal), {
      code: 'FILE_UNREADABLE',
      message: `${pipe} is neither a file nor a folder.`,
    });
  });

  it('reads a file of 64 MiB', async () => {
    const file = await put('large');
    await truncate(file, 64 * 1024 * 1024);
    assert.equal((await nodeFileReader.read(file, signal)).byteLength, 64 * 1024 * 1024);
  });

  it('stops when the run is cancelled', async () => {
    const file = await put('a');
    await assert.rejects(nodeFileReader.read(file, AbortSignal.abort()), { name: 'AbortError' });
  });

  it('finds files by patterns: sorted, no folders, without those that are excluded', async () => {
    for (const path of ['b-2/i.json', 'a-1/i.json', 'a-1/x.txt', 'c/i.json', 'd/deep/i.json']) {
      await put(path);
    }
    await mkdir(join(root, 'folder', 'i.json'), { recursive: true });
    const find = async (...patterns: readonly string[]): Promise<readonly string[]> =>
      (await nodeFileReader.find(root, patterns)).map((path) => path.slice(root.length + 1));
    assert.deepEqual(await find('*/i.json'), ['a-1/i.json', 'b-2/i.json', 'c/i.json']);
    assert.deepEqual(await find('*/i.json', '!c/*'), ['a-1/i.json', 'b-2/i.json']);
    assert.deepEqual(await find('**/i.json', '**/x.txt'), [
      'a-1/i.json',
      'a-1/x.txt',
      'b-2/i.json',
      'c/i.json',
      'd/deep/i.json',
    ]);
    assert.deepEqual(await find('**/x.txt', 'b-2/*', 'a-1/i.json'), [
      ...['a-1/i.json', 'a-1/x.txt', 'b-2/i.json'],
    ]);
    assert.deepEqual(await find(join(root, 'c', '*')), ['c/i.json']);
    assert.deepEqual(await find('none/*'), []);
  });

  it('does not break off at a link in the sources that leads nowhere', async () => {
    await symlink(join(root, 'none'), join(root, 'broken.json'));
    const file = await put('leg/i.json');
    assert.deepEqual(await nodeFileReader.find(root, ['**/*.json']), [file]);
  });

  it('finds a file with a backslash in its name where that is a letter', async () => {
    if (process.platform === 'win32') return;
    const file = await put('a\\b.json');
    assert.deepEqual(await nodeFileReader.find(root, ['*.json']), [file]);
  });

  it('says where files cannot be looked for', async () => {
    const file = await put('a.json');
    await assert.rejects(nodeFileReader.find(root, ['a.json/b/*.json']), {
      code: 'FILE_UNREADABLE',
      message: `Cannot look for files below ${root}: ENOTDIR: not a directory, lstat '${join(file, 'b')}'.`,
    });
  });

  it('tells files from folders and from nothing', async () => {
    const file = await put('a');
    await symlink(file, join(root, 'link'));
    assert.deepEqual(
      [
        await nodeFileReader.isFile(file),
        await nodeFileReader.isFile(join(root, 'link')),
        await nodeFileReader.isFile(root),
        await nodeFileReader.isFile(join(root, 'none')),
      ],
      [true, true, false, false],
    );
  });

  it('writes a file whole, over an older one, and makes its folder', async () => {
    const file = join(root, 'new', 'folder', 'a.json');
    await nodeFileWriter.write(file, Buffer.from('one'));
    await nodeFileWriter.write(file, Buffer.from('2'));
    assert.equal(await readFile(file, 'utf8'), '2');
    assert.deepEqual(await readdir(dirname(file)), ['a.json']);
  });

  it('says which file cannot be written, and leaves nothing beside it', async () => {
    await mkdir(join(root, 'a', 'b'), { recursive: true });
    const folder = join(root, 'a');
    await assert.rejects(nodeFileWriter.write(folder, Buffer.from('x')), {
      code: 'FILE_UNWRITABLE',
      message: /^\S+\/a cannot be written \(E\w+\)\.$/,
    });
    assert.deepEqual(await readdir(root), ['a']);
    await put('file');
    await assert.rejects(nodeFileWriter.write(join(root, 'file', 'x'), Buffer.from('x')), {
      code: 'FILE_UNWRITABLE',
    });
  });
});
