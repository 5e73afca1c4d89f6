import assert from 'node:assert/strict';
import { digestOf } from '../../../shared/oci/digest.ts';
import type { Digest } from '../../../shared/oci/digest.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import { assertSucceeded } from './support/expect.ts';
import { taskLabs } from './support/labs.ts';
import type { Lab } from './support/labs.ts';
import { BUILD_PREFIX, PUBLIC_PREFIX, writeFiles } from './support/stages.ts';

const MiB = 1024 * 1024;

/** With what the process needs anyhow, a copy that holds the layer is far above the limit. */
const LAYER_BYTES = 160 * MiB;

/** The limit for a layer of any size. */
const MAX_RESIDENT_BYTES = 200 * MiB;

/** Puts an image of one large layer into the build registry, and the image-info that releases it. */
async function buildLarge({ agent, source }: Lab): Promise<Digest> {
  const { blobs, manifests } = source.store.open(`${BUILD_PREFIX}/large`);
  const add = (bytes: Uint8Array, mediaType: string): object => {
    const digest = digestOf(bytes);
    blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.byteLength };
  };
  const config = add(
    Buffer.from('{"os":"linux","architecture":"amd64"}'),
    'application/vnd.oci.image.config.v1+json',
  );
  const layer = add(Buffer.alloc(LAYER_BYTES, 'layer'), 'application/vnd.oci.image.layer.v1.tar');
  const mediaType = MediaType.ociManifest;
  const bytes = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [layer] }),
  );
  const digest = digestOf(bytes);
  manifests.set(digest, { digest, mediaType, bytes });
  const platform = {
    ...{ dockerfile: 'src/Dockerfile', simpleTags: ['1.0'] },
    digest: `registry.example/large@${digest}`,
    ...{ osType: 'Linux', osVersion: 'noble', architecture: 'amd64', commitUrl: '' },
  };
  const repos = [{ repo: 'large', images: [{ platforms: [platform] }] }];
  const text = JSON.stringify({ schemaVersion: '2.0', repos });
  await writeFiles(agent.workspace, { 'large.json': text });
  return digest;
}

describe('PublishArtifacts memory', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  it('does not grow with the size of a layer', async () => {
    const lab = await labs.open('signed');
    const digest = await buildLarge(lab);
    const step = await lab.publish({
      inputs: { imageInfo: 'large.json', requireSignatures: 'none' },
      step: { measure: true },
    });
    assertSucceeded(step);
    const { tags, blobs } = lab.target.store.open(`${PUBLIC_PREFIX}/large`);
    assert.equal(tags.get('1.0'), digest);
    assert.ok([...blobs.values()].some(({ byteLength }) => byteLength === LAYER_BYTES));
    // Only Linux tells the most that a process ever had.
    const { peakRssBytes } = step;
    assert.equal(peakRssBytes !== undefined, process.platform === 'linux');
    const peak = peakRssBytes ?? 0;
    assert.ok(peak < MAX_RESIDENT_BYTES, `${(peak / MiB).toFixed(0)} MiB`);
  }).timeout(60_000);
});
