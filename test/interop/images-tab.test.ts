import assert from 'node:assert/strict';
import type { TabOptions } from '../support/images-tab/browser.ts';
import {
  RELEASE,
  announced,
  countOf,
  rowOf,
  rowsOf,
  tabsForTests,
  toggle,
  valueInTab,
  waitForText,
} from '../support/images-tab/opened.ts';
import {
  LARGE_IMAGES,
  SAMPLE_IMAGES,
  createReportOf,
  publishReportOf,
  releaseOf,
  reportDocument,
  sha256,
  signReportOf,
} from '../support/images-tab/sample-reports.ts';

/** A page that users wait for and screen readers walk through holds a few thousand nodes at most. */
const MAX_NODES_CLOSED = 1_000;
const MAX_NODES_OPEN = 15_000;

describe('the Images tab in Chromium', () => {
  const openTab = tabsForTests();

  describe('shows', () => {
    it('the release in numbers', async () => {
      const opened = await openTab();
      await rowOf(opened, 'shop/api').waitFor();
      const tiles = await opened.tab.getByLabel('Summary').getByRole('listitem').allInnerTexts();
      assert.deepEqual(
        tiles.map((text) => text.replaceAll(/\s*\n\s*/g, ' | ')),
        [
          'Repositories | 4 | 4 manifest lists',
          'Images | 15 | 11 platform images',
          'Signed | 15 / 15 | all of them',
          'Published | 15 / 15 | contoso.azurecr.io/public',
          'Changes | 9 | 8 changed, 1 new',
        ],
      );
    });

    it('what differs from the image-info that was published before', async () => {
      const notes = (await openTab()).tab.getByRole('list', { name: 'Notes' });
      await waitForText(notes, 'Since the image-info published before: 8 images changed');
    });

    it('that tags were put back, and which are gone', async () => {
      const publish = publishReportOf(SAMPLE_IMAGES);
      const tags = publish.tags.map((tag) => ({ ...tag, isGone: tag.tag === 'latest' }));
      const undone = '2026-03-03T05:06:07.000Z';
      const opened = await openTab({ documents: [reportDocument({ ...publish, tags, undone })] });
      const notes = opened.tab.getByRole('list', { name: 'Notes' });
      await waitForText(notes, 'before the publish of 2026-03-03 05:06 UTC');
      await toggle(rowOf(opened, '5.0.3'));
      await waitForText(rowsOf(opened).filter({ hasText: 'Digest' }), 'Removed');
    });

    it('repositories, lists with their tags, and platforms with size, signature and fate', async () => {
      const opened = await openTab();
      const list = rowOf(opened, '2.4.1');
      await toggle(list);
      const platform = rowOf(opened, 'linux/arm/v7');
      assert.deepEqual(
        (await platform.getByRole('gridcell').allInnerTexts()).map((text) =>
          text.trim().replaceAll(/\s*\n\s*/g, ' | '),
        ),
        [
          'linux/arm/v7 | noble | 2.4.1-noble-arm',
          `${sha256('shop/api 2.4,2.4.1,latest linux noble-arm').slice(0, 19)}…`,
          '76.9 MB',
          'Signed, timestamped | Contoso Release Signing · 2026-03-04 05:04 UTC',
          'Copied',
          'Changed',
        ],
      );
      assert.equal(await list.locator('.size').innerText(), '361.2 MB');
    });

    it('all that is known of an image: certificate, times, and where each tag pointed before', async () => {
      const opened = await openTab();
      await toggle(rowOf(opened, '2.4.1'));
      const details = rowsOf(opened).filter({ hasText: 'Certificate' });
      const text = (await details.innerText()).replaceAll(/\s+/g, ' ');
      for (const part of [
        sha256('shop/api 2.4,2.4.1,latest'),
        'C=US, ST=WA, O=Contoso Ltd, CN=Contoso Release Signing',
        'Valid until 2027-01-31 23:59 UTC',
        'Timestamp 2026-03-04 05:04 UTC, by a time stamping authority',
        'In image-info Changed content from',
        `latest Moved from ${sha256('old shop/api:latest').slice(0, 19)}…`,
      ]) {
        assert.ok(text.includes(part), `${part} is not in ${text}`);
      }
    });

    it('that nothing is signed or published yet', async () => {
      const documents = [reportDocument(createReportOf(SAMPLE_IMAGES))];
      const opened = await openTab({ documents, status: 'inProgress' });
      const row = rowOf(opened, '2.4.1');
      await row.waitFor();
      assert.match(await row.innerText(), /Unsigned[\s\S]*Not published/);
      await waitForText(opened.tab.getByRole('status'), 'still going');
    });

    it('why a digest is not signed', async () => {
      const sign = signReportOf(SAMPLE_IMAGES, { failed: [0] });
      const documents = [reportDocument(createReportOf(SAMPLE_IMAGES)), reportDocument(sign)];
      const row = rowOf(await openTab({ documents }), '2.4.1');
      await row.waitFor();
      assert.match(await row.innerText(), /Signing failed[\s\S]*The key vault did not answer/);
    });
  });

  describe('finds', () => {
    it('what all words of a search are in, opens it, and says how much that is', async () => {
      const opened = await openTab();
      await opened.tab.getByRole('searchbox').fill('shop/api arm64');
      await waitForText(countOf(opened), '4 of 15 images');
      const texts = await rowsOf(opened).locator('.platform').allInnerTexts();
      assert.deepEqual(texts, ['linux/arm64/v8', 'linux/arm64/v8']);
      assert.equal(await announced(opened).innerText(), '4 of 15 images');
      await opened.tab.getByRole('searchbox').fill('no such image');
      await opened.tab.getByText('Nothing in this release fits the filter.').waitFor();
      await opened.tab.getByRole('searchbox').fill('');
      await waitForText(countOf(opened), '15 images');
    });

    const choices = [
      { label: 'Platform', option: 'windows/amd64', shows: '2 of 15 images' },
      { label: 'Signature', option: 'Not signed', shows: '2 of 15 images' },
      { label: 'Published', option: 'Not published', shows: '0 of 15 images' },
      { label: 'Change', option: 'New', shows: '1 of 15 images' },
    ];
    for (const { label, option, shows } of choices) {
      it(`images by ${label.toLowerCase()}`, async () => {
        const reports = [createReportOf, publishReportOf].map((make) => make(SAMPLE_IMAGES));
        const sign = signReportOf(SAMPLE_IMAGES, { failed: [1] });
        const documents = [...reports, sign].map((report) => reportDocument(report));
        const opened = await openTab({ documents });
        await rowOf(opened, 'shop/api').waitFor();
        await opened.tab.getByLabel(label, { exact: true }).selectOption({ label: option });
        await waitForText(countOf(opened), shows);
      });
    }
  });

  it('shows hostile text as text', async () => {
    const evil = '<img src=x onerror="document.title=1">##vso[task.complete]';
    const create = createReportOf([
      {
        repo: evil,
        tags: [evil],
        platforms: [{ architecture: evil, osVersion: evil, megabytes: 1 }],
      },
    ]);
    const sign = {
      ...signReportOf([]),
      certificates: [
        { thumbprint: 'x', subject: `CN=${evil}`, notAfter: '2027-01-31T23:59:59.000Z' },
      ],
      signatures: create.images.map(({ repo, digest }) => ({
        ...{ repo, digest, state: 'signed' as const, certificate: 'x', reason: evil },
      })),
    };
    const opened = await openTab({ documents: [create, sign].map((one) => reportDocument(one)) });
    for (const index of [1, 3]) await toggle(rowsOf(opened).nth(index));
    const text = await opened.tab.locator('main').innerText();
    assert.ok(text.split(evil).length > 6, text);
    assert.equal(await opened.tab.locator('img, script:not([src])').count(), 0);
    assert.deepEqual(opened.complaints, []);
  });

  it('draws a release of 806 digests piece by piece', async () => {
    const opened = await openTab({ documents: releaseOf(LARGE_IMAGES) });
    const { tab } = opened;
    const nodes = async (): Promise<number> =>
      Number(await valueInTab(opened, "document.querySelectorAll('*').length"));
    await waitForText(countOf(opened), '806 images');
    assert.equal(await rowsOf(opened).count(), 13);
    assert.ok((await nodes()) < MAX_NODES_CLOSED, `${await nodes()} nodes`);
    await tab.getByRole('button', { name: 'Expand all' }).click();
    await rowsOf(opened).nth(299).waitFor({ state: 'attached' });
    assert.equal(await rowsOf(opened).count(), 300);
    assert.ok((await nodes()) < MAX_NODES_OPEN, `${await nodes()} nodes`);
    await tab.getByRole('button', { name: /^Show 300 more of \d+ rows$/ }).click();
    assert.equal(await rowsOf(opened).count(), 600);
    await opened.tab.getByRole('searchbox').fill('9.177.1');
    await waitForText(countOf(opened), '4 of 806 images');
    console.log(`        nodes of 806 digests: closed, then filtered ${await nodes()}`);
  });

  describe('says what there is:', () => {
    const states: readonly {
      readonly name: string;
      readonly options: TabOptions;
      readonly says: string;
    }[] = [
      { name: 'no report of a run that is over', options: {}, says: 'released no images' },
      { name: 'none yet', options: { status: 1 }, says: 'Nothing yet' },
      {
        name: 'no permission',
        options: { prepare: (devops) => (devops.fails = 403) },
        says: 'You may not read this run',
      },
      {
        name: 'a service that fails',
        options: { prepare: (devops) => (devops.fails = 500) },
        says: 'Azure DevOps answered with 500',
      },
      {
        name: 'reports of another version',
        options: { documents: [...RELEASE, { version: 9 }] },
        says: '1 report of this run is of another version',
      },
      {
        name: 'text that is no report',
        options: { documents: ['{'] },
        says: 'The answer is not JSON',
      },
      { name: 'a page without a run', options: { hasRun: false }, says: 'does not tell which run' },
    ];
    for (const { name, options, says } of states) {
      it(name, async () => {
        const opened = await openTab(options);
        await waitForText(opened.tab.getByRole('status'), says);
      });
    }

    it('what came since, when the run ends, and everything stays as the user left it', async () => {
      const documents = [reportDocument(createReportOf(SAMPLE_IMAGES))];
      const opened = await openTab({
        documents,
        status: 1,
        prepare: (devops) => (devops.isBare = true),
      });
      await toggle(rowOf(opened, '2.4.1'));
      await rowOf(opened, 'linux/arm/v7').waitFor();
      await rowOf(opened, 'linux/arm/v7').focus();
      opened.devops.documents = RELEASE;
      await opened.changeBuild(2);
      await waitForText(rowOf(opened, 'linux/arm/v7'), 'Signed');
      await opened.tab.getByRole('status').waitFor({ state: 'hidden' });
      assert.match(await opened.tab.locator('tr:focus').innerText(), /^linux\/arm\/v7/);
      assert.equal(await rowOf(opened, '2.4.1').getAttribute('aria-expanded'), 'true');
    });

    it('what came since, while the run is going', async () => {
      const opened = await openTab({ status: 1, stopsClock: true });
      await waitForText(opened.tab.getByRole('status'), 'Nothing yet');
      opened.devops.documents = RELEASE;
      await opened.page.clock.fastForward(31_000);
      await rowOf(opened, 'shop/api').waitFor();
    });
  });
});
