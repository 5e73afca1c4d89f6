import assert from 'node:assert/strict';
import { mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { definite } from '../../../shared/core/errors.ts';
import type { StepResult } from '../../support/agent/step-finish.ts';
import { assertSucceeded } from './support/expect.ts';
import { taskLabs } from './support/labs.ts';
import type { Lab } from './support/labs.ts';
import { runPublish, writeFiles } from './support/stages.ts';

const CASES = [
  {
    name: 'CreateManifestLists',
    run: async (lab: Lab, inputs: Readonly<Record<string, string>>) => lab.create({ inputs }),
    output: 'image-info.json',
    folder: 'image-info',
    files: ['image-info.json', 'plan.json'],
  },
  {
    name: 'SignImageInfo',
    run: async (lab: Lab, inputs: Readonly<Record<string, string>>) => lab.sign({ inputs }),
    output: 'signing-report.json',
    folder: 'image-info-signed',
    files: ['image-info.json', 'image-info.json.cose.sig', 'plan.json', 'signing-report.json'],
  },
  {
    name: 'PublishArtifacts',
    run: async (lab: Lab, inputs: Readonly<Record<string, string>>) => lab.publish({ inputs }),
    output: 'image-info.json',
    folder: 'image-info-final',
    files: ['image-info.json', 'plan.json', 'receipt.json'],
  },
] as const;

/** The folder that a step told the agent to upload. */
function uploadedFolder({ rawStdout }: StepResult): string | undefined {
  return /^##vso\[artifact\.upload [^\]]*\](.*)$/m.exec(rawStdout)?.[1];
}

async function artifactOf({ agent }: Lab, name: string): Promise<readonly string[]> {
  const folder = definite(agent.artifacts.get(name), 'the artifact');
  return (await readdir(folder, { recursive: true })).sort();
}

describe('tasks artifacts', () => {
  const labs = taskLabs();
  let lab: Lab;

  before(async () => {
    lab = await labs.open('signed');
    await writeFiles(lab.agent.sources, { '.git/config': 'bearer token', 'src/code.cs': 'x' });
  });

  after(() => labs.dispose());

  for (const { name, run, output, folder, files } of CASES) {
    it(`hold what ${name} wrote, and not the sources beside it`, async () => {
      const step = await run(lab, { output, artifactName: `${name}-beside` });
      assertSucceeded(step);
      assert.deepEqual(await artifactOf(lab, `${name}-beside`), files);
      const said = `${lab.agent.sources} holds other files too, so only these are uploaded: `;
      assert.equal(step.lines.filter((line) => line.startsWith(said)).length, 1);
    }).timeout(60_000);

    it(`are the folder of the output of ${name} where nothing else is in it`, async () => {
      const step = await run(lab, { artifactName: name });
      assertSucceeded(step);
      assert.equal(uploadedFolder(step), join(lab.agent.temp, folder));
      assert.deepEqual(await artifactOf(lab, name), files);
    }).timeout(60_000);
  }

  it('hold what a rollback wrote, and not the publish beside it', async () => {
    const receipt = join(lab.agent.temp, 'image-info-final/receipt.json');
    const step = await runPublish({
      ...{ agent: lab.agent, source: '', target: lab.target.host },
      inputs: {
        ...{ imageInfo: '', sourceRegistry: '', sourceRepositoryPrefix: '' },
        ...{ rollbackReceipt: receipt, artifactName: 'undone' },
      },
    });
    assertSucceeded(step);
    assert.deepEqual(await artifactOf(lab, 'undone-rollback'), [
      'rollback-plan.json',
      'rollback.json',
    ]);
  }).timeout(60_000);

  it('hold no file that a link leads to', async () => {
    const folder = join(lab.agent.sources, 'linked');
    await writeFiles(lab.agent.sources, { 'secret.txt': 'x' });
    await mkdir(folder);
    await symlink(join(lab.agent.sources, 'secret.txt'), join(folder, 'link.json'));
    await symlink(join(lab.agent.sources, 'src'), join(folder, 'more'));
    const inputs = { output: 'linked/image-info.json', artifactName: 'linked' };
    assertSucceeded(await lab.create({ inputs }));
    assert.deepEqual(await artifactOf(lab, 'linked'), ['image-info.json', 'plan.json']);
  }).timeout(60_000);

  it('hold the receipt of a publish that failed, and not the sources beside it', async () => {
    const other = await labs.open('signed');
    const match = { method: 'PUT', path: '/shop/worker/manifests/latest', times: 1000 };
    other.target.addFault({ match, action: { kind: 'status', status: 403 } });
    await writeFiles(other.agent.sources, { 'src/code.cs': 'x' });
    const inputs = { output: 'image-info.json', artifactName: 'failed' };
    const step = await other.publish({ inputs });
    assert.deepEqual(step.uploads, ['failed-unfinished']);
    assert.match(step.outputs['receiptPath'] ?? '', /receipt\.json$/);
    const files = ['plan.json', 'receipt.json'];
    assert.deepEqual(await artifactOf(other, 'failed-unfinished'), files);
  }).timeout(60_000);
});
