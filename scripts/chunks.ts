import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';
import type { BuildOptions, Metafile, Plugin } from 'esbuild';

const CHUNK = /\.chunk\.ts$/;

/** The name of a chunk's file beside the bundle, e.g. `asn1.js` for `shared/notary/asn1.chunk.ts`. */
function chunkFile(path: string): string {
  return `${basename(path).replace(CHUNK, '')}.js`;
}

/** Leaves each `import('….chunk.ts')` to the run, as the file that lies beside the bundle; notes which chunks there are. */
function leaveChunks(found: Set<string>): Plugin {
  return {
    name: 'leave-chunks',
    setup(builder) {
      builder.onResolve({ filter: CHUNK }, ({ path, kind, resolveDir }) => {
        if (kind === 'entry-point') return undefined;
        if (kind !== 'dynamic-import') {
          return { errors: [{ text: `${path} is loaded on demand: use await import(…)` }] };
        }
        found.add(join(resolveDir, path));
        return { path: `./${chunkFile(path)}`, external: true };
      });
    },
  };
}

/**
 * Bundles an entry point, and beside it each heavy library that it loads only when a step needs it: a `*.chunk.ts` file
 * that is imported dynamically. Such a file holds libraries alone, so that no class of ours exists twice.
 *
 * @returns the source files of which something is in the bundles, relative to the working directory
 */
export async function bundleWithChunks(
  entry: string,
  outfile: string,
  options: BuildOptions,
): Promise<readonly string[]> {
  const found = new Set<string>();
  const plugins = [leaveChunks(found), ...(options.plugins ?? [])];
  const main = await bundle(entry, outfile, { ...options, plugins });
  const outdir = dirname(outfile);
  const chunks = await Promise.all(
    [...found].map(async (chunk) => bundle(chunk, join(outdir, chunkFile(chunk)), options)),
  );
  return [main, ...chunks].flat();
}

async function bundle(
  entry: string,
  outfile: string,
  options: BuildOptions,
): Promise<readonly string[]> {
  const { metafile } = await build({ ...options, entryPoints: [entry], outfile, metafile: true });
  return sourcesOf(metafile);
}

/** The source files of which something is in what was built. */
export function sourcesOf({ outputs }: Metafile): readonly string[] {
  return Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? path : [])),
  );
}
