import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Endpoint } from '../../support/agent/endpoints.ts';
import { contentLines } from '../../support/product/fingerprint.ts';
import { assertRefused, assertSucceeded, writesTo } from './support/expect.ts';
import { readJson, taskLabs } from './support/labs.ts';
import type { Lab } from './support/labs.ts';

const READER = { username: 'reader', password: 'may-only-look' };

/** A lab whose registry lets its one account read and nothing else, and the steps that log in with it. */
async function readOnlyLab(
  labs: ReturnType<typeof taskLabs>,
  kind: 'basic' | 'bearer',
): Promise<{ readonly lab: Lab; readonly login: Parameters<Lab['create']>[0] }> {
  const lab = await labs.open('built', {
    source: { auth: { kind, ...READER, grant: ['pull'] } },
  });
  const connection: Endpoint = {
    url: 'https://hub.docker.com/',
    scheme: 'UsernamePassword',
    auth: { ...READER, email: '', registry: `http://${lab.source.host}/v1/` },
    data: { registrytype: 'Others' },
  };
  const login = { step: { endpoints: { registryConnection: connection } } };
  return { lab, login };
}

interface WrittenPlan {
  readonly lists: readonly { readonly repo: string; readonly digest: string }[];
}

describe('CreateManifestLists dry run', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  for (const kind of ['basic', 'bearer'] as const) {
    it(`needs no permission to write (${kind})`, async () => {
      const { lab, login } = await readOnlyLab(labs, kind);
      const content = contentLines(lab.source.store);
      const inputs = { registry: '', dryRun: 'true' };
      const step = await lab.create({ inputs, ...login });
      assertSucceeded(step);
      assert.deepEqual(writesTo(lab.source), []);
      assert.deepEqual(contentLines(lab.source.store), content);
      assertRefused(await lab.create({ inputs: { registry: '' }, ...login }), {
        code: 'REGISTRY_DENIED',
        says: ['build/42/shop/'],
      });
    });
  }

  it('prints the exact digests that the real run then creates', async () => {
    const lab = await labs.open('built');
    const dry = await lab.create({ inputs: { dryRun: 'true' } });
    assertSucceeded(dry);
    assert.equal(dry.outputs['manifestListCount'], '3');
    const planned = (await readJson(dry.outputs['planPath'] ?? '')) as WrittenPlan;
    const real = await lab.create();
    assertSucceeded(real);
    const imageInfo = await readFile(real.outputs['imageInfoPath'] ?? '', 'utf8');
    for (const { repo, digest } of planned.lists) {
      assert.ok(dry.lines.some((line) => line.endsWith(`/build/42/${repo} ${digest}`)));
      assert.equal(lab.source.store.open(`build/42/${repo}`).tags.get('latest'), digest);
      assert.ok(imageInfo.includes(`"digest": "registry.example/${repo}@${digest}"`));
    }
    assert.equal(planned.lists.length, 3);
    assert.deepEqual(dry.summaries, []);
    assert.deepEqual(
      real.summaries.map(({ name }) => name),
      ['Manifest lists.md'],
    );
    const [summary] = real.summaries;
    assert.match(
      summary?.content ?? '',
      /<summary><b>shop\/api<\/b> \(1 manifest list\)<\/summary>/,
    );
  });
});
