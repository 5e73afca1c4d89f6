import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemTiming } from '../../../shared/registry/timing.ts';
import {
  aClient,
  anImage,
  pushImage,
  repositoryOf,
} from '../../integration/registry-client/support.ts';
import { outputOf } from '../support/commands.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';

const { signal } = new AbortController();

const PROCESSES = 8;
const EACH = 2;

for (const program of ['docker-registry', 'registry']) {
  describe(`referrers of many processes on ${program}`, () => {
    let folder: string;
    let registry: DockerRegistry;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'referrers-'));
      registry = await startDockerRegistry(join(folder, 'config.yml'), { program });
    });
    after(async () => {
      await registry.stop();
      await rm(folder, { recursive: true, force: true });
    });

    it('loses none when eight processes attach to one subject at once', async () => {
      const client = aClient({ timing: systemTiming });
      const repository = repositoryOf(registry, 'app');
      const image = anImage('app', []);
      const { digest, size } = image.manifest.descriptor;
      await pushImage(client, repository, image);
      const outputs = await Promise.all(
        Array.from({ length: PROCESSES }, async (_, index) => {
          const script = ['--import', 'tsx', 'test/support/attach-process.ts'];
          const work = [registry.host, digest, String(size), `writer ${index}`, String(EACH)];
          return outputOf(process.execPath, [...script, ...work]);
        }),
      );
      const attached = outputs.flatMap((output) => JSON.parse(output) as readonly string[]);
      assert.equal(attached.length, PROCESSES * EACH);
      const listed = await client.listReferrers(repository, digest, signal);
      assert.deepEqual(listed.map((entry) => entry.digest).sort(), [...attached].sort());
      await client.close();
    });
  });
}
