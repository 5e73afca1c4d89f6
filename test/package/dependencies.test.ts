import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../scripts/layout.ts';

interface PackageJson {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

describe('the dependencies', () => {
  let manifest: PackageJson;
  /** What ARCHITECTURE.md says about each: the runtime table and the development table. */
  let reasons: readonly string[];

  before(async () => {
    manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as PackageJson;
    const page = await readFile(join(ROOT, 'ARCHITECTURE.md'), 'utf8');
    const section = /^## Why each dependency\n([\s\S]*?)^## /m.exec(page)?.[1] ?? '';
    reasons = section.split('\nDevelopment:\n');
  });

  it('are pinned to one version each', () => {
    const ranges = { ...manifest.dependencies, ...manifest.devDependencies };
    for (const [name, range] of Object.entries(ranges)) {
      assert.match(range, /^\d+\.\d+\.\d+$/, name);
    }
  });

  it('that are shipped are justified one by one', () => {
    const [runtime = ''] = reasons;
    for (const name of Object.keys(manifest.dependencies)) {
      const row = runtime
        .split('\n')
        .find((line) => line.startsWith('|') && line.includes(`\`${name}\``));
      assert.ok(row !== undefined, `ARCHITECTURE.md does not say why ${name}`);
    }
  });

  it('of development are justified too, types all together', () => {
    const [, development = ''] = reasons;
    for (const name of Object.keys(manifest.devDependencies)) {
      const told = name.startsWith('@types/') ? '@types/*' : name;
      assert.ok(development.includes(`\`${told}\``), `ARCHITECTURE.md does not say why ${name}`);
    }
  });
});
