import assert from 'node:assert/strict';
import { brokenLinks, localLinks } from '../../../scripts/check-links.ts';
import { ROOT } from '../../../scripts/layout.ts';

describe('check-links localLinks', () => {
  it('finds links and pictures that lead into the repository, and no others', () => {
    const page = [
      '[a](docs/a.md) and [b](b.md#part), ![c](images/c.png)',
      '[elsewhere](https://example.com/x) [mail](mailto:a@example.com) [here](#below)',
      '```md\n[code](none.md)\n```',
    ].join('\n');
    assert.deepEqual(localLinks(page), ['docs/a.md', 'b.md', 'images/c.png']);
  });
});

describe('check-links brokenLinks', () => {
  it('finds none in the repository', async () => {
    assert.deepEqual(await brokenLinks(ROOT), []);
  });
});
