import assert from 'node:assert/strict';
import { parseReceipt } from '../../../../tasks/PublishArtifacts/receipt.ts';
import type { Receipt } from '../../../../tasks/PublishArtifacts/receipt.ts';
import { aRelease } from './support.ts';

const FILE = 'receipt.json';

const DIGEST = `sha256:${'a'.repeat(64)}`;

const ENTRY = { repository: 'app', tag: '1.0', what: 'list', digest: DIGEST };

const RECEIPT = {
  publishedAt: '2026-03-01T12:00:00.000Z',
  registry: 'public.example',
  tags: [ENTRY],
};

function bytesOf(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

describe('receipt parseReceipt', () => {
  it('reads what a publish writes', async () => {
    const release = await aRelease();
    const { receipt } = await release.publish();
    assert.deepEqual(parseReceipt(bytesOf(receipt), FILE), { ok: true, value: receipt });
  });

  it('reads a receipt that is not complete', () => {
    const value = { ...RECEIPT, tags: [{ ...ENTRY, previousDigest: DIGEST, setAt: 'then' }] };
    const receipt = parseReceipt(bytesOf(value), FILE);
    assert.deepEqual(receipt, { ok: true, value: value as unknown as Receipt });
  });

  const refused: readonly {
    readonly name: string;
    readonly value: unknown;
    readonly path: string;
  }[] = [
    { name: 'a list', value: [], path: '' },
    { name: 'no time', value: { ...RECEIPT, publishedAt: undefined }, path: ': publishedAt' },
    { name: 'a time that is none', value: { ...RECEIPT, completedAt: 1 }, path: ': completedAt' },
    {
      name: 'no tags although it is complete',
      value: { ...RECEIPT, completedAt: 'then', tags: 1 },
      path: ': tags',
    },
    { name: 'no registry', value: { ...RECEIPT, registry: 'a b' }, path: ': registry' },
    { name: 'no tags', value: { ...RECEIPT, tags: {} }, path: ': tags' },
    { name: 'a text for a tag', value: { ...RECEIPT, tags: ['1.0'] }, path: ': tags[0]' },
    ...(
      [
        ['repository', 'A'],
        ['tag', ' '],
        ['what', 'image'],
        ['digest', 'sha256:1'],
        ['previousDigest', 'latest'],
        ['setAt', 5],
      ] as const
    ).map(([member, value]) => ({
      name: `a bad ${member}`,
      value: { ...RECEIPT, tags: [ENTRY, { ...ENTRY, [member]: value }] },
      path: `: tags[1].${member}`,
    })),
  ];
  for (const { name, value, path } of refused) {
    it(`refuses ${name}`, () => {
      const receipt = parseReceipt(bytesOf(value), FILE);
      assert.ok(!receipt.ok);
      assert.deepEqual(
        receipt.problems.map((problem) => problem.path),
        [`${FILE}${path}`],
      );
    });
  }

  it('refuses bytes that are no JSON', () => {
    assert.ok(!parseReceipt(Buffer.from('{'), FILE).ok);
  });
});
