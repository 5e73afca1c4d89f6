import { counted } from '../shared/core/text.ts';
import { buildExtension, EXTENSION_DIR } from './build.ts';
import { runDemo } from './demo/demo.ts';
import { renderVerdict } from './demo/screen.ts';
import { styleOf } from './demo/style.ts';
import { isMain, productVersion, ROOT, TASKS } from './layout.ts';

function print(line: string): void {
  console.log(line);
}

async function main(): Promise<void> {
  const style = styleOf(process.stdout.isTTY, process.env);
  print(style('bold', `Container Image Release ${productVersion(ROOT)}: one release, end to end`));
  try {
    await buildExtension({ outDir: EXTENSION_DIR, sourcemap: false });
    print(`${counted(TASKS.length, 'task')} built; the agent and both registries are made up.`);
    const proofs = await runDemo({ extension: EXTENSION_DIR, style, print });
    print(renderVerdict(style, proofs, performance.now()));
    process.exitCode = proofs.every(({ holds }) => holds) ? 0 : 1;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.error(style('red', `The demonstration broke off: ${reason}`));
    process.exitCode = 1;
  }
}

if (isMain(import.meta.url)) await main();
