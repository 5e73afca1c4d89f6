import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { invariant } from '../../../shared/core/errors.ts';
import type { JsonObject } from '../../../shared/core/json.ts';
import { environmentName } from '../agent/variables.ts';
import type { JobContext } from './job-context.ts';

const DOCKER = fileURLToPath(new URL('docker.ts', import.meta.url));

/** Does what a step does that is no task: checkout, script, publish. */
export async function runOtherStep(context: JobContext, step: JsonObject): Promise<void> {
  const { agent, site, artifacts } = context;
  const text = (key: string): string | undefined => {
    const value = step[key];
    return typeof value === 'string' ? agent.variables.expand(value) : undefined;
  };
  const [checkout, script, publish] = [text('checkout'), text('script'), text('publish')];
  if (checkout !== undefined) {
    if (checkout === 'self') await site.checkout(agent.sources);
    return;
  }
  if (script !== undefined) {
    await runScript(context, script);
    return;
  }
  const name = text('artifact');
  invariant(publish !== undefined && name !== undefined, `${JSON.stringify(step)} is a known step`);
  invariant(!artifacts.published.has(name), `the artifact ${name} is there already`);
  artifacts.published.set(name, publish);
}

/** Runs a script with the variables of the job and a docker command that needs no daemon. */
async function runScript({ agent, site }: JobContext, script: string): Promise<void> {
  const tools = join(agent.temp, 'tools');
  await mkdir(tools, { recursive: true });
  const command = `#!/bin/sh\nexec "${process.execPath}" "${await dockerScript(site.folder)}" "$@"\n`;
  await writeFile(join(tools, 'docker'), command, { mode: 0o755 });
  const variables = agent.variables.all().filter(({ isSecret }) => !isSecret);
  await promisify(execFile)('bash', ['-c', script], {
    cwd: agent.sources,
    env: {
      ...Object.fromEntries(variables.map(({ name, value }) => [environmentName(name), value])),
      PATH: `${tools}${delimiter}${process.env['PATH'] ?? ''}`,
      STATE_FOLDER: tools,
    },
  });
}

/** The docker command of the samples as one file, which starts faster than its sources. */
async function dockerScript(folder: string): Promise<string> {
  const outfile = join(folder, 'docker.cjs');
  await build({ entryPoints: [DOCKER], outfile, bundle: true, platform: 'node', format: 'cjs' });
  return outfile;
}
