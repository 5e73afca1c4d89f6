import assert from 'node:assert/strict';
import { renderSummary } from '../../../../tasks/CreateManifestLists/summary.ts';
import { aBuild } from './support.ts';

describe('CreateManifestLists renderSummary', () => {
  it('shows a tree of repository, tags, list and platforms', async () => {
    const plan = await aBuild().plan();
    const [list] = plan.lists;
    assert.ok(list);
    const [amd64, arm64] = list.platforms.map(({ digest }) => digest);
    const expected = [
      '**1 manifest list under 2 shared tags**',
      '',
      '<details>',
      '<summary><b>app</b> (1 manifest list)</summary>',
      '',
      '- `1.0` `latest`',
      `  - \`${list.digest}\``,
      `    - \`linux/amd64\` \`${amd64 ?? ''}\``,
      `    - \`linux/arm64/v8\` \`${arm64 ?? ''}\``,
      '',
      '</details>',
      '',
    ];
    assert.equal(renderSummary(plan), expected.join('\n'));
  });

  it('shows warnings, as text that means nothing in Markdown', async () => {
    const plan = await aBuild().plan();
    const summary = renderSummary({ ...plan, warnings: ['app has `x` <b>\n##vso[task.complete]'] });
    assert.match(summary, /^- ⚠ `app has 'x' <b> # #vso\[task\.complete\]`$/m);
  });

  it('says of a platform that it was imported', async () => {
    const plan = await aBuild().plan();
    const lists = plan.lists.map((list) => ({
      ...list,
      platforms: list.platforms.map((one) => ({ ...one, isImported: true as const })),
    }));
    assert.match(
      renderSummary({ ...plan, lists }),
      /`linux\/amd64` `sha256:[0-9a-f]+` \(imported\)/,
    );
  });
});
