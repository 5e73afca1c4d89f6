import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import type { StepResult } from '../../support/agent/step-finish.ts';
import { makeStampingChain } from '../../support/certificates.ts';
import { installPlugin } from '../../support/plugin/plugin-kit.ts';
import { assertRefused, assertSucceeded, writesTo } from './support/expect.ts';
import { SIGNER, taskLabs } from './support/labs.ts';
import type { Lab } from './support/labs.ts';
import { writeFiles, writeTrust } from './support/stages.ts';

describe('tasks that sign with a plugin', () => {
  const labs = taskLabs();
  const files = new Map<string, Uint8Array>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const bytes = files.get(request.url ?? '');
    response.statusCode = bytes === undefined ? 404 : 200;
    response.end(bytes);
  });
  let origin = '';
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    server.close();
    await labs.dispose();
  });

  async function sign(lab: Lab, inputs: Readonly<Record<string, string>>): Promise<StepResult> {
    const trust = await writeTrust(lab.agent, SIGNER);
    return lab.sign({ inputs: { signer: 'plugin', pluginKeyId: 'a-key', ...trust, ...inputs } });
  }

  it('sign with a plugin at a path, and keep what it signed', async () => {
    const lab = await labs.open('created');
    const { path } = await installPlugin(join(lab.agent.sources, 'tools'), SIGNER);
    const step = await sign(lab, { pluginPath: path });
    assertSucceeded(step);
    assert.equal(step.outputs['signedCount'], '12');
    const again = await sign(lab, { pluginPath: 'tools/notation-double' });
    assert.equal(again.outputs['skippedCount'], '12');
  });

  it('download a plugin once, compare it at each use, and run nothing else', async () => {
    const lab = await labs.open('created');
    const folder = join(lab.agent.temp, 'release');
    const { path } = await installPlugin(folder, SIGNER, { capability: 'ENVELOPE' });
    execFileSync('tar', ['-czf', 'plugin.tar.gz', 'notation-double'], { cwd: folder });
    const archive = await readFile(join(folder, 'plugin.tar.gz'));
    files.set('/plugin.tar.gz', archive);
    files.set('/notation-double', await readFile(path));
    const sha256 = createHash('sha256').update(archive).digest('hex');
    const inputs = { pluginUrl: `${origin}/plugin.tar.gz`, pluginChecksum: sha256 };
    const wrong = await sign(lab, { ...inputs, pluginChecksum: 'ab'.repeat(32) });
    assertRefused(wrong, {
      code: 'DIGEST_MISMATCH',
      says: ['has the SHA-256', `not ${'ab'.repeat(32)}`],
    });
    asked.length = 0;
    assertSucceeded(await sign(lab, inputs));
    assertSucceeded(await sign(lab, { ...inputs, existingSignatures: 'add' }));
    assert.deepEqual(asked, ['/plugin.tar.gz']);
    for (const name of await readdir(lab.agent.tools, { recursive: true })) {
      const file = join(lab.agent.tools, name);
      if (name.endsWith('download') && name.includes(sha256)) await writeFile(file, 'tampered');
    }
    assertSucceeded(await sign(lab, inputs));
    assert.deepEqual(asked, ['/plugin.tar.gz', '/plugin.tar.gz']);
    const bare = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    assertSucceeded(
      await sign(lab, { pluginUrl: `${origin}/notation-double`, pluginChecksum: bare }),
    );
  });

  it('unpack a zip anew at each use, in the same job as well', async () => {
    const lab = await labs.open('created');
    const { path } = await installPlugin(join(lab.agent.temp, 'release'), SIGNER);
    const archive = zipSync({
      LICENSE: Buffer.from('free'),
      'notation-double': await readFile(path),
    });
    files.set('/plugin.zip', archive);
    const pluginChecksum = `sha256:${createHash('sha256').update(archive).digest('hex')}`;
    const inputs = { pluginUrl: `${origin}/plugin.zip`, pluginChecksum };
    asked.length = 0;
    for (const existingSignatures of ['skip', 'add']) {
      const step = await sign(lab, { ...inputs, existingSignatures });
      assertSucceeded(step);
      assert.equal(step.outputs['signedCount'], '12');
    }
    assert.deepEqual(asked, ['/plugin.zip']);
  });

  it('take no archive with two plugins', async () => {
    const lab = await labs.open('created');
    const archive = zipSync({ 'notation-a': Buffer.from('a'), 'b/notation-b': Buffer.from('b') });
    files.set('/two.zip', archive);
    const pluginChecksum = createHash('sha256').update(archive).digest('hex');
    const step = await sign(lab, { pluginUrl: `${origin}/two.zip`, pluginChecksum });
    assertRefused(step, { code: 'PLUGIN_INVALID', says: ['2 files named notation-{name}'] });
  });

  it('leave timestamps to a plugin that makes envelopes', async () => {
    const lab = await labs.open('created');
    const folder = join(lab.agent.sources, 'tools');
    const { path } = await installPlugin(folder, SIGNER, { capability: 'ENVELOPE' });
    await writeFiles(lab.agent.sources, { 'tsa.pem': makeStampingChain().rootPem });
    const step = await sign(lab, {
      pluginPath: path,
      timestampUrl: `${origin}/tsa`,
      timestampRootCertificate: 'tsa.pem',
    });
    assertRefused(step, {
      code: 'INPUT_INVALID',
      says: ['timestampUrl', 'notation-double makes whole envelopes', 'pluginConfig'],
    });
    assert.deepEqual(writesTo(lab.source), []);
  });

  it('say what a plugin said', async () => {
    const lab = await labs.open('created');
    const { path } = await installPlugin(join(lab.agent.sources, 'tools'), SIGNER);
    const step = await sign(lab, { pluginPath: path, pluginConfig: 'misbehave=refuses' });
    assertRefused(step, { code: 'PLUGIN_REFUSED', says: ['ACCESS_DENIED: no # #vso'] });
  });
});
