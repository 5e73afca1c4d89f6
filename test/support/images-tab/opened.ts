import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { buildImagesTab } from '../../../scripts/images-tab.ts';
import { startTabBrowser } from './browser.ts';
import type { OpenTab, TabBrowser, TabOptions } from './browser.ts';
import { SAMPLE_IMAGES, releaseOf } from './sample-reports.ts';

/** What the tasks told of the sample release. */
export const RELEASE = releaseOf(SAMPLE_IMAGES);

/** Opens tabs for the tests of one describe, each of which begins without any. */
export function tabsForTests(): (options?: TabOptions) => Promise<OpenTab> {
  let folder: string;
  let browser: TabBrowser;
  const open: OpenTab[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'images-tab-'));
    await buildImagesTab(folder);
    browser = await startTabBrowser(folder);
  });
  afterEach(async () => {
    for (const tab of open.splice(0)) await tab.close();
  });
  after(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });
  return async (options = { documents: RELEASE }) => {
    const tab = await browser.open(options);
    open.push(tab);
    return tab;
  };
}

/** The rows of the tree without its head. */
export function rowsOf({ tab }: OpenTab): Locator {
  return tab.locator('#rows').getByRole('row');
}

/** The first row with a text. */
export function rowOf(opened: OpenTab, text: string): Locator {
  return rowsOf(opened).filter({ hasText: text }).first();
}

/** Opens or closes a row by its name. */
export async function toggle(row: Locator): Promise<void> {
  await row.locator('.name').click();
}

/** The value of an expression in the page of the tab. */
export async function valueInTab(
  { page, origins: [extension = ''] }: OpenTab,
  expression: string,
): Promise<unknown> {
  return page
    .frames()
    .find((frame) => frame.url().startsWith(extension))
    ?.evaluate(expression);
}

/** The number of images that the bar shows. */
export function countOf({ tab }: OpenTab): Locator {
  return tab.locator('.count');
}

/** What assistive technology was last told. */
export function announced({ tab }: OpenTab): Locator {
  return tab.locator('#announcer');
}

/** Waits until something has a text. */
export async function waitForText(locator: Locator, text: string): Promise<void> {
  await locator.filter({ hasText: text }).first().waitFor({ state: 'attached' });
}
