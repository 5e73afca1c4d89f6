import assert from 'node:assert/strict';
import { join } from 'node:path';
import { fragmentsOf, writeFragments } from '../../support/product/fragments.ts';
import { sampleProduct } from '../../support/product/product.ts';
import { serialiseImageInfo } from '../../../shared/image-info/write.ts';
import { assertRefused } from './support/expect.ts';
import { readJson, taskLabs } from './support/labs.ts';
import { writeFiles } from './support/stages.ts';

const [IMAGE] = sampleProduct({ repeatedLegs: [] }).images;
const IMAGES =
  IMAGE === undefined
    ? []
    : Array.from({ length: 12 }, (_, n) => ({ ...IMAGE, repo: `shop/n${n}` }));

/** A product of 48 platforms, none of which is in a registry. */
const MANY = sampleProduct({ images: IMAGES, repeatedLegs: [] });

describe('a failure of many things', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  it('of CreateManifestLists shows twenty of them, and all in a file', async () => {
    const lab = await labs.open('built');
    await writeFragments(join(lab.agent.workspace, 'many'), MANY);
    const inputs = { imageInfo: 'many/*-image-info-*/image-info.json' };
    const step = await lab.create({ inputs });
    assertRefused(step, {
      code: 'PLATFORM_NOT_FOUND',
      says: ['48 platform images cannot be listed', 'and 28 more (see problems.json)'],
    });
    const lines = await readJson(join(lab.agent.temp, 'image-info/problems.json'));
    assert.equal((lines as readonly string[]).length, 48);
  });

  it('of what is wrong with a file shows twenty of them, and all in a file', async () => {
    const lab = await labs.open('created');
    const repos = IMAGES.map(({ repo }) => ({ repo, images: [{ platforms: [{}] }] }));
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: '2.0', repos }));
    await writeFiles(lab.agent.workspace, { 'broken.json': bytes });
    const step = await lab.sign({ inputs: { imageInfo: 'broken.json' } });
    assertRefused(step, { code: 'IMAGE_INFO_INVALID', says: ['has 72 problems', 'and 52 more'] });
    const lines = await readJson(join(lab.agent.temp, 'image-info-signed/problems.json'));
    assert.equal((lines as readonly string[]).length, 72);
  });

  it('of SignImageInfo shows twenty of them, and all in a file', async () => {
    const lab = await labs.open('created');
    const imageInfo = fragmentsOf(MANY).map((one) => one.imageInfo);
    const repos = imageInfo.flatMap((one) => one.repos);
    const bytes = serialiseImageInfo({ schemaVersion: '2.0', repos });
    await writeFiles(lab.agent.workspace, { 'many.json': bytes });
    const step = await lab.sign({ inputs: { imageInfo: 'many.json' } });
    assertRefused(step, { code: 'IMAGE_INFO_INVALID', says: ['has no digest for', 'and 28 more'] });
    const lines = await readJson(join(lab.agent.temp, 'image-info-signed/problems.json'));
    assert.equal((lines as readonly string[]).length, 48);
  });
});
