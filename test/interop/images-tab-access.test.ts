import assert from 'node:assert/strict';
import type { OpenTab } from '../support/images-tab/browser.ts';
import {
  RELEASE,
  announced,
  rowOf,
  tabsForTests,
  toggle,
  valueInTab,
  waitForText,
} from '../support/images-tab/opened.ts';
import { sha256 } from '../support/images-tab/sample-reports.ts';
import { DARK, LIGHT } from '../support/images-tab/themes.ts';

async function background(opened: OpenTab): Promise<unknown> {
  return valueInTab(opened, 'getComputedStyle(document.body).backgroundColor');
}

describe('the Images tab in Chromium, for everyone', () => {
  const openTab = tabsForTests();

  describe('serves the keyboard:', () => {
    it('arrows walk, open and close; one row is in the tab order', async () => {
      const opened = await openTab();
      const { page, tab } = opened;
      await rowOf(opened, 'shop/api').waitFor();
      await tab.getByRole('button', { name: 'Refresh' }).focus();
      const focused = tab.locator('tr:focus');
      const walk: readonly (readonly [key: string, level: string, expanded: string | null])[] = [
        ['Tab', '1', 'true'],
        ['ArrowDown', '2', 'false'],
        ['ArrowRight', '2', 'true'],
        ['ArrowRight', '3', null],
        ['ArrowDown', '3', 'false'],
        ['ArrowLeft', '2', 'true'],
        ['ArrowLeft', '2', 'false'],
        ['ArrowLeft', '1', 'true'],
        ['Enter', '1', 'false'],
        [' ', '1', 'true'],
        ['End', '2', 'false'],
        ['Home', '1', 'true'],
      ];
      for (const [key, level, expanded] of walk) {
        await page.keyboard.press(key);
        assert.deepEqual(
          [await focused.getAttribute('aria-level'), await focused.getAttribute('aria-expanded')],
          [level, expanded],
          `after ${key}`,
        );
        assert.equal(await tab.locator('#rows tr[tabindex="0"]').count(), 1);
      }
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Tab');
      const button = tab.locator('button:focus');
      assert.match((await button.getAttribute('aria-label')) ?? '', /^Copy digest of shop\/api/);
      await page.keyboard.press('Tab');
      assert.equal(await tab.locator('#rows :focus').count(), 0);
    });

    it('Ctrl+C copies the digest of the row', async () => {
      const opened = await openTab();
      await rowOf(opened, '2.4.1').focus();
      await opened.page.keyboard.press('Control+c');
      const digest = sha256('shop/api 2.4,2.4.1,latest');
      await waitForText(announced(opened), `Copied ${digest}`);
    });
  });

  for (const { name, frame } of [
    { name: 'with the permission of the page', frame: { allow: 'clipboard-write' } },
    { name: 'without', frame: {} },
  ]) {
    it(`copies a digest by its button, ${name}`, async () => {
      const opened = await openTab({ documents: RELEASE, frame });
      const row = rowOf(opened, '2.4.1');
      await row.getByRole('button', { name: 'Copy digest of shop/api 2.4' }).click();
      const digest = sha256('shop/api 2.4,2.4.1,latest');
      await waitForText(announced(opened), `Copied ${digest}`);
      assert.equal(await opened.page.evaluate('navigator.clipboard.readText()'), digest);
      assert.equal(await row.getAttribute('aria-expanded'), 'false');
    });
  }

  describe('has the theme', () => {
    for (const { name, theme, colour } of [
      { name: 'light', theme: LIGHT, colour: 'rgb(255, 255, 255)' },
      { name: 'dark', theme: DARK, colour: 'rgb(32, 31, 31)' },
    ]) {
      it(`${name} of the page, whatever the browser prefers`, async () => {
        const colorScheme = name === 'dark' ? 'light' : 'dark';
        const opened = await openTab({ documents: RELEASE, theme, colorScheme });
        await rowOf(opened, 'shop/api').waitFor();
        assert.equal(await background(opened), colour);
        assert.equal(await opened.tab.locator('html').getAttribute('data-theme'), name);
      });

      it(`${name} that the browser prefers where the page has none`, async () => {
        const colorScheme = name === 'dark' ? 'dark' : 'light';
        const opened = await openTab({ documents: RELEASE, theme: null, colorScheme });
        await rowOf(opened, 'shop/api').waitFor();
        assert.equal(await background(opened), name === 'dark' ? 'rgb(31, 31, 31)' : colour);
      });
    }

    it('that the user changes to', async () => {
      const opened = await openTab({ documents: RELEASE, theme: LIGHT });
      await rowOf(opened, 'shop/api').waitFor();
      await opened.changeTheme(DARK);
      await opened.tab.locator('html[data-theme="dark"]').waitFor();
      assert.equal(await background(opened), 'rgb(32, 31, 31)');
    });
  });

  describe('asks nobody else:', () => {
    it('every request goes to the extension or to the collection', async () => {
      const opened = await openTab();
      await toggle(rowOf(opened, '2.4.1'));
      const origins = new Set(opened.requests.map((url) => new URL(url).origin));
      assert.deepEqual([...origins].sort(), [...opened.origins].sort());
      assert.deepEqual(opened.complaints, []);
    });

    it('the browser refuses any other address', async () => {
      const opened = await openTab();
      await rowOf(opened, 'shop/api').waitFor();
      const [extension = ''] = opened.origins;
      const outcome = await valueInTab(
        opened,
        `fetch('${extension}/x').then(() => 'sent', (e) => e.name)`,
      );
      assert.equal(outcome, 'TypeError');
      assert.ok(!opened.requests.includes(`${extension}/x`));
    });

    it('also in the sandbox of Azure DevOps Server', async () => {
      const frame = { sandbox: 'allow-scripts allow-popups' };
      const opened = await openTab({ documents: RELEASE, frame });
      await rowOf(opened, 'shop/api').waitFor();
      assert.deepEqual(opened.complaints, []);
    });
  });

  it('tells assistive technology rows, levels, columns and names', async () => {
    const opened = await openTab();
    await toggle(rowOf(opened, '2.4.1'));
    const tree = await opened.tab.locator('main').ariaSnapshot();
    for (const part of [
      '- heading "Images of this run" [level=1]',
      '- list "Summary"',
      '- search "Filter images"',
      '- searchbox "Search images"',
      '- combobox "Signature"',
      '- treegrid "Images"',
      '- columnheader "Digest"',
      '- gridcell "shop/api 2 lists, 6 platforms"',
      '- button "Copy digest of shop/api linux/arm64/v8"',
    ]) {
      assert.ok(tree.includes(part), `${part} is not in\n${tree}`);
    }
    const row = rowOf(opened, 'linux/arm/v7');
    const told = await Promise.all(
      ['level', 'posinset', 'setsize', 'expanded'].map((name) => row.getAttribute(`aria-${name}`)),
    );
    assert.deepEqual(told, ['3', '4', '5', 'false']);
  });
});
