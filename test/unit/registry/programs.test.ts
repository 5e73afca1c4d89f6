import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../../../shared/registry/credentials/programs.ts';

describe('programs findProgram', () => {
  let folder = '';

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'programs-'));
    for (const name of ['docker-credential-x', 'docker-credential-w.exe', 'not-executable']) {
      await writeFile(join(folder, name), '#!/bin/sh\n');
      await chmod(join(folder, name), name === 'not-executable' ? 0o644 : 0o755);
    }
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  it('S12 finds a program in the folders of the PATH, whatever the case of its name', async () => {
    const path = `/nowhere:${folder}`;
    const expected = join(folder, 'docker-credential-x');
    assert.equal(await findProgram('docker-credential-x', { PATH: path }, 'linux'), expected);
    assert.equal(await findProgram('docker-credential-x', { Path: path }, 'linux'), expected);
  });

  it('S12 finds only programs with the ending of Windows there', async () => {
    const environment = { Path: `relative;${folder}` };
    assert.equal(
      await findProgram('docker-credential-w', environment, 'win32'),
      join(folder, 'docker-credential-w.exe'),
    );
    assert.equal(await findProgram('docker-credential-x', environment, 'win32'), undefined);
  });

  it('S12 does not look into the working directory or relative folders', async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      for (const PATH of ['', '.', ':', './bin:.']) {
        assert.equal(await findProgram('docker-credential-x', { PATH }, 'linux'), undefined);
      }
      assert.equal(await findProgram('docker-credential-x', {}, 'linux'), undefined);
    } finally {
      process.chdir(before);
    }
  });

  it('leaves out what cannot be run', async () => {
    assert.equal(await findProgram('not-executable', { PATH: folder }, 'linux'), undefined);
  });
});
