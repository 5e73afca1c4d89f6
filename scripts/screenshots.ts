import { stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { SAMPLE_IMAGES, releaseOf } from '../test/support/images-tab/sample-reports.ts';
import { startTabBrowser } from '../test/support/images-tab/browser.ts';
import { DARK, LIGHT } from '../test/support/images-tab/themes.ts';
import { buildImagesTab, TAB_FOLDER } from './images-tab.ts';
import { isMain, ROOT } from './layout.ts';

/** Pages of the marketplace load them all. */
const MAX_BYTES = 200_000;

/** The pictures of the tab in the overview; the second has a list unfolded. */
const PICTURES = [
  { name: 'images-tab-light.png', theme: LIGHT, opens: 'none' },
  { name: 'images-tab-dark.png', theme: DARK, opens: 'first list' },
] as const;

/** Takes the pictures of the Images tab anew, with a sample release; needs Chromium. */
export async function takeScreenshots(): Promise<readonly string[]> {
  const folder = join(ROOT, 'dist', TAB_FOLDER);
  await buildImagesTab(folder);
  const browser = await startTabBrowser(folder);
  try {
    const paths: string[] = [];
    for (const { name, theme, opens } of PICTURES) {
      const opened = await browser.open({
        documents: releaseOf(SAMPLE_IMAGES),
        theme,
      });
      const { page, tab } = opened;
      const rows = tab.getByRole('treegrid').getByRole('row');
      await rows.nth(2).waitFor();
      if (opens === 'first list') await rows.nth(2).locator('.name').click();
      await page.mouse.move(0, 0);
      const path = join(ROOT, 'images', name);
      await page.screenshot({ path });
      await opened.close();
      const { size } = await stat(path);
      if (size > MAX_BYTES) throw new Error(`${name} has ${size} bytes, more than ${MAX_BYTES}`);
      paths.push(path);
    }
    return paths;
  } finally {
    await browser.close();
  }
}

if (isMain(import.meta.url)) {
  for (const path of await takeScreenshots()) console.log(`took ${relative(ROOT, path)}`);
}
