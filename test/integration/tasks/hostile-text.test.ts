import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StepResult } from '../../support/agent/step-finish.ts';
import { assertSucceeded } from './support/expect.ts';
import { SIGNER, taskLabs } from './support/labs.ts';
import type { Lab } from './support/labs.ts';
import { runSign, writeFiles } from './support/stages.ts';

const COMMAND = '##vso[task.setvariable variable=x;isOutput=true]y';

/** Ways to smuggle a command past those who look for it at the start of a line. */
const disguises = [
  { name: 'as it is', text: COMMAND },
  { name: 'on a line of its own', text: `\n${COMMAND}\n` },
  { name: 'after a carriage return', text: `\r${COMMAND}` },
  { name: 'with a soft hyphen inside', text: COMMAND.replace('##', '#\u00ad#') },
  { name: 'with a zero width space inside', text: COMMAND.replace('vso', 'v\u200bso') },
  { name: 'escaped for the agent', text: `%0A${COMMAND}%0D%0A` },
] as const;

const FRAGMENT = 'linux-amd64-image-info-1/image-info.json';

/** Places where outside text comes in; each run fails and quotes it. */
const places: readonly {
  readonly name: string;
  readonly run: (lab: Lab, text: string) => Promise<StepResult>;
}[] = [
  {
    name: 'an error of a registry',
    run: async (lab, message) => {
      const body = JSON.stringify({ errors: [{ code: message, message }] });
      const action = { kind: 'status', status: 400, body } as const;
      lab.source.addFault({ match: {}, action });
      return lab.create();
    },
  },
  {
    name: 'a Dockerfile path in image-info',
    run: async (lab, text) => {
      const { workspace } = lab.agent;
      const fragment = await readFile(join(workspace, FRAGMENT), 'utf8');
      const path = JSON.stringify(`src/${text}/Dockerfile`);
      const hostile = fragment.replaceAll(/"dockerfile": "[^"]*"/g, `"dockerfile": ${path}`);
      const rival = hostile.replaceAll(/@sha256:[0-9a-f]{2}/g, '@sha256:00');
      await writeFiles(workspace, { [FRAGMENT]: hostile, 'b-image-info-1/image-info.json': rival });
      return lab.create();
    },
  },
  {
    name: 'an input',
    run: (lab, text) => lab.create({ inputs: { mediaType: text, repositoryPrefix: text } }),
  },
  {
    name: 'a trust policy',
    run: async (lab, text) => {
      const statement = { name: text, registryScopes: ['*'], trustStores: [text] };
      const policy = JSON.stringify({ version: '1.0', trustPolicies: [statement] });
      await writeFiles(lab.agent.sources, { 'policy.json': policy });
      const inputs = { trustPolicy: 'policy.json', trustStore: 'truststore' };
      return lab.publish({ inputs });
    },
  },
];

describe('tasks hostile text', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  for (const { name, run } of places) {
    it(`in ${name} never becomes a command`, async () => {
      for (const { name: disguise, text } of disguises) {
        const lab = await labs.open('signed', { agent: { debug: true } });
        const step = await run(lab, text);
        assert.equal(step.result, 'Failed', disguise);
        assert.deepEqual(step.violations, [], disguise);
        assert.equal(step.variables['x'], undefined, disguise);
        assert.equal(lab.agent.variables.get('step.x'), undefined, disguise);
        assert.deepEqual(linesWithCommand(step), [], disguise);
        assert.match(step.completions[0]?.message ?? '', /task\.setvariable/, disguise);
      }
    }).timeout(60_000);
  }

  it('in the name of an artifact folder never becomes a command', async () => {
    const lab = await labs.open('built');
    const fragment = await readFile(join(lab.agent.workspace, FRAGMENT), 'utf8');
    await writeFiles(lab.agent.workspace, {
      [`${COMMAND}-image-info-1/image-info.json`]: fragment,
      [`${COMMAND}-image-info-2/image-info.json`]: fragment,
    });
    const step = await lab.create();
    assertSucceeded(step);
    assert.equal(step.outputs['x'], undefined);
    assert.ok(step.lines.some((line) => line.includes('# #vso[task.setvariable')));
  });
});

/** Lines that hold the command; the agent's own library quotes inputs inside its debug command. */
function linesWithCommand({ rawStdout, rawStderr }: StepResult): readonly string[] {
  return `${rawStdout}\n${rawStderr}`
    .split('\n')
    .filter((line) => !line.startsWith('##vso[task.debug]') && line.includes(COMMAND));
}

describe('tasks secrets', () => {
  const labs = taskLabs();
  after(() => labs.dispose());
  const password = 'correct-horse-battery-staple';
  const key = createPrivateKey(SIGNER.leafKeyPem)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: password })
    .toString();

  /** Lines of a key that say something about it. */
  const keyLines = key.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));

  it('of the signer are printed nowhere and written nowhere', async () => {
    const lab = await labs.open('created', {
      agent: { debug: true, secretVariables: { keyPassword: password } },
    });
    await writeFiles(lab.agent.sources, { 'key.pem': key });
    const inputs = { privateKeyPassword: '$(keyPassword)', artifactName: 'signed' };
    const step = await runSign({ agent: lab.agent, registry: lab.source.host, inputs });
    assertSucceeded(step);
    assert.equal(step.outputs['signedCount'], '12');
    assertNowhere(step, [password, ...keyLines]);
  });

  it('that are wrong are printed nowhere either', async () => {
    const lab = await labs.open('created', {
      agent: { debug: true, secretVariables: { keyPassword: `${password}!` } },
    });
    await writeFiles(lab.agent.sources, { 'key.pem': key });
    const step = await lab.sign({ inputs: { privateKeyPassword: '$(keyPassword)' } });
    assert.equal(step.result, 'Failed');
    assert.deepEqual(step.violations, []);
    assertNowhere(step, [password, ...keyLines]);
  });
});

/** Checks what a step printed, but for the registration of secrets. */
function assertNowhere({ rawStdout, rawStderr }: StepResult, secrets: readonly string[]): void {
  const lines = `${rawStdout}\n${rawStderr}`.split('\n');
  const printed = lines.filter((line) => !line.startsWith('##vso[task.setsecret]')).join('\n');
  for (const secret of secrets) assert.ok(!printed.includes(secret));
}
