import { CoverageReport } from 'monocart-coverage-reports';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../layout.ts';

/** What share of the lines of `shared` and `tasks` the suite must reach, in percent. */
export const LINE_FLOOR = 90;

const BUNDLE = /\/dist\/test-extension\/.*\/index\.js$/;
const SOURCE = /^(\.\.\/)*(shared|tasks)\/.*\.ts$/;

/**
 * Writes the coverage report of what V8 left in a folder and gives the share of lines in percent.
 *
 * Two kinds of code are seen: sources that tests import, and bundles, mapped back to the sources.
 */
export async function reportCoverage(rawDir: string): Promise<number> {
  const report = new CoverageReport({
    name: 'container-image-release',
    outputDir: join(ROOT, 'coverage'),
    reports: ['console-details', 'lcovonly', 'json-summary'],
    baseDir: ROOT,
    entryFilter: ({ url }: { url: string }) => BUNDLE.test(url) || isSource(url),
    // A bundle also holds packages; of a test only what it imports counts.
    sourceFilter: (path: string) => !path.includes('node_modules') && SOURCE.test(path),
  });
  await report.addFromDir(rawDir);
  const results = await report.generate();
  return Number(results?.summary.lines.pct ?? 0);
}

/** Whether a URL is of a file that ships. */
function isSource(url: string): boolean {
  const root = pathToFileURL(ROOT).href;
  return url.startsWith(`${root}/`) && SOURCE.test(url.slice(root.length + 1));
}
