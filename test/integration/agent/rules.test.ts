import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { definite } from '../../../shared/core/errors.ts';
import { sampleRuns } from '../../support/agent/sample-run.ts';
import { uploadedArtifacts } from '../../support/devops/artifacts.ts';

const RULES = readFileSync(new URL('../../support/agent/RULES.md', import.meta.url), 'utf8');

/** Rows of the tables that name a test: its file, and a piece of its text. */
const ROWS = [...RULES.matchAll(/^\|.*\| `([a-z-]+)`: (.*?) *\|$/gm)];

describe('agent rules', () => {
  const runs = sampleRuns();
  after(() => runs.dispose());

  it('are many', () => {
    assert.ok(ROWS.length > 30);
  });

  for (const [, file = '', text = ''] of ROWS) {
    it(`has the test ${file}: ${text}`, () => {
      const source = readFileSync(new URL(`${file}.test.ts`, import.meta.url), 'utf8');
      assert.ok(source.includes(text));
    });
  }

  it('serves what was uploaded', async () => {
    const agent = await runs.agent();
    const script = "say('artifact.upload artifactname=one', __filename); done();";
    await runs.run({ script }, {}, agent);
    const [artifact] = uploadedArtifacts(agent.artifacts);
    assert.equal(artifact?.type, 'Container');
    const files = unzipSync(definite(artifact, 'the artifact').archive());
    assert.deepEqual(Object.keys(files), ['one/index.js']);
  });
});
