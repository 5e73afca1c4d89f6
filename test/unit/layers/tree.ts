import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Files of a small repository: path to content. */
export type Tree = Readonly<Record<string, string>>;

/** Writes the files to a new folder, lets the body work with it, and removes it. */
export async function withTree<T>(tree: Tree, body: (root: string) => Promise<T>): Promise<T> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'tree-')));
  try {
    for (const [path, content] of Object.entries(tree)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
    }
    return await body(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
