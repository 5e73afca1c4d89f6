import { proveConduct, proveRepetition, provePublished, snapshotOf } from './proofs.ts';
import type { Proof } from './proofs.ts';
import { readPublished } from './published.ts';
import { publishBeside, runRelease } from './release.ts';
import type { Release } from './release.ts';
import {
  renderBuild,
  renderHeading,
  renderProofs,
  renderPublished,
  renderStage,
  renderStageLine,
} from './screen.ts';
import type { Style } from './style.ts';
import { withWorld } from './world.ts';
import type { World } from './world.ts';

/** Where the built extension is, and where to show what happens. */
export interface DemoOptions {
  /** Folder of the extension that `npm run build` makes. */
  readonly extension: string;
  readonly style: Style;
  readonly print: (line: string) => void;
}

/**
 * Releases a product through the three built tasks, shows what a pipeline user would see, and does it all again to
 * show that nothing changes.
 *
 * @returns everything that it claims, and whether that is so
 * @throws BugError when a stage does not succeed
 */
export async function runDemo(options: DemoOptions): Promise<readonly Proof[]> {
  return withWorld(options.extension, async (world) => {
    const print = printer(options);
    print(renderBuild(options.style, world));
    const { release, proofs } = await firstRun(world, options);
    return [...proofs, ...(await secondRun(world, release, options))];
  });
}

interface FirstRun {
  readonly release: Release;
  readonly proofs: readonly Proof[];
}

async function firstRun(world: World, options: DemoOptions): Promise<FirstRun> {
  const { style } = options;
  const print = printer(options);
  const release = await runRelease(world, (run) => {
    print(renderStage(style, run));
  });
  print(renderHeading(style, 'Publish once more · to another prefix of the build registry'));
  const beside = await publishBeside(world, release, (run) => {
    print([renderStageLine(style, run)]);
  });
  const lists = await readPublished(world);
  print(renderHeading(style, 'Published', `trusted: ${world.signing.subject}`));
  print(renderPublished(style, world, lists));
  const proofs = [...provePublished(world, lists), ...proveConduct([...release.stages, beside])];
  print(['', ...renderProofs(style, proofs)]);
  return { release, proofs };
}

async function secondRun(
  world: World,
  first: Release,
  options: DemoOptions,
): Promise<readonly Proof[]> {
  const { style } = options;
  const print = printer(options);
  print(renderHeading(style, 'Second run · the same stages in fresh jobs'));
  const before = snapshotOf(world);
  const second = await runRelease(world, (run) => {
    print([renderStageLine(style, run)]);
  });
  const repetition = { first, second, before, after: snapshotOf(world) };
  const proofs = [...proveRepetition(repetition), ...proveConduct(second.stages)];
  print(['', ...renderProofs(style, proofs)]);
  return proofs;
}

function printer({ print }: DemoOptions): (lines: readonly string[]) => void {
  return (lines) => {
    lines.forEach(print);
  };
}
