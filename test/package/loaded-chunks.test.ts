import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeStampingChain } from '../support/certificates.ts';
import { startTimestampServer } from '../support/timestamp-server.ts';
import { assertSucceeded } from '../integration/tasks/support/expect.ts';
import { SIGNER, taskLabs } from '../integration/tasks/support/labs.ts';
import type { Lab } from '../integration/tasks/support/labs.ts';
import { writeFiles, writeTrust } from '../integration/tasks/support/stages.ts';

/** Loaded before a task: notes which files beside the bundle the process loads, and whether Node's HTTP/2, which takes long. */
const RECORDER = `
const { writeFileSync } = require('node:fs');
const { basename, dirname } = require('node:path');
process.on('exit', () => {
  const folder = dirname(process.argv[1]);
  const loaded = Object.keys(require.cache).filter((path) => dirname(path) === folder);
  const http2 = process.moduleLoadList.filter((name) => name === 'NativeModule http2');
  const names = [...loaded.map((path) => basename(path)), ...http2];
  writeFileSync(process.env.LOADED_FILES, JSON.stringify(names));
});
`;

describe('what a bundle loads', () => {
  const labs = taskLabs();
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'loaded-'));
    await writeFile(join(folder, 'recorder.cjs'), RECORDER);
  });
  after(async () => {
    await labs.dispose();
    await rm(folder, { recursive: true });
  });

  /** The chunks that a step loads besides its bundle. */
  const chunksOf = async (
    task: 'create' | 'sign' | 'publish',
    lab: Lab,
    inputs: Readonly<Record<string, string>> = {},
  ): Promise<readonly string[]> => {
    const list = join(folder, 'loaded.json');
    const env = { NODE_OPTIONS: `--require ${join(folder, 'recorder.cjs')}`, LOADED_FILES: list };
    assertSucceeded(await lab[task]({ inputs, step: { env } }));
    const loaded = JSON.parse(await readFile(list, 'utf8')) as readonly string[];
    assert.ok(loaded.includes('index.js'), loaded.join());
    return loaded.filter((name) => !['index.js', 'task.json'].includes(name)).sort();
  };

  it('is nothing but the bundle for lists of images that were just built', async () => {
    assert.deepEqual(await chunksOf('create', await labs.open('built')), []);
  });

  it('is nothing but the bundle to sign with certificate files, without timestamps', async () => {
    assert.deepEqual(await chunksOf('sign', await labs.open('created')), []);
  });

  it('is nothing but the bundle to publish what a trust policy accepts', async () => {
    const lab = await labs.open('signed');
    assert.deepEqual(await chunksOf('publish', lab, await writeTrust(lab.agent, SIGNER)), []);
  });

  it('is the ASN.1 libraries besides to stamp signatures', async () => {
    const authority = makeStampingChain();
    const server = await startTimestampServer(authority);
    try {
      const lab = await labs.open('created');
      await writeFiles(lab.agent.sources, { 'tsa.pem': authority.rootPem });
      const timestampUrl = `http://127.0.0.1:${server.port}/`;
      const inputs = { timestampUrl, timestampRootCertificate: 'tsa.pem' };
      assert.deepEqual(await chunksOf('sign', lab, inputs), ['asn1.js']);
    } finally {
      await server.close();
    }
  });
});
