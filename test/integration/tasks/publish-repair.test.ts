import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { definite } from '../../../shared/core/errors.ts';
import type { ImageInfo } from '../../../shared/image-info/model.ts';
import type { Digest } from '../../../shared/oci/digest.ts';
import type { RepositoryContent } from '../../support/registry/store.ts';
import { assertRefused, assertSucceeded } from './support/expect.ts';
import { taskLabs } from './support/labs.ts';
import type { Lab, LabOptions } from './support/labs.ts';
import { PUBLIC_PREFIX } from './support/stages.ts';
import { holesIn } from './support/tree.ts';

const REPO = 'shop/web';

/** Lets image-info give the repository one more tag, and the platforms of lists none, so that only lists lead to them. */
async function editInfo(
  { agent }: Lab,
  { sharedTag }: { readonly sharedTag?: string },
): Promise<ImageInfo> {
  const path = join(agent.workspace, 'image-info-signed/image-info.json');
  const info = JSON.parse(await readFile(path, 'utf8')) as ImageInfo;
  const repos = info.repos.map((repo) => ({
    ...repo,
    images: repo.images.map((image) =>
      image.manifest === undefined
        ? image
        : {
            ...image,
            manifest: {
              ...image.manifest,
              sharedTags: [
                ...image.manifest.sharedTags,
                ...(repo.repo === REPO && sharedTag !== undefined ? [sharedTag] : []),
              ],
            },
            platforms: image.platforms.map((row) => ({ ...row, simpleTags: [] })),
          },
    ),
  }));
  await writeFile(path, `${JSON.stringify({ ...info, repos }, null, 2)}\n`);
  return { ...info, repos };
}

function digestIn(name: string | undefined): Digest {
  return definite(name?.split('@')[1], 'a digest in image-info') as Digest;
}

/** The web image: its list, and the first platform of it. */
function webOf({ repos }: ImageInfo): { readonly list: Digest; readonly child: Digest } {
  const image = repos.find(({ repo }) => repo === REPO)?.images[0];
  return { list: digestIn(image?.manifest?.digest), child: digestIn(image?.platforms[0]?.digest) };
}

const atTarget = ({ target }: Lab): RepositoryContent =>
  target.store.open(`${PUBLIC_PREFIX}/${REPO}`);

describe('PublishArtifacts where the target has lost a child of a list', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  /** All content is at the target and no tag, and one child of a list is gone. */
  async function withHole(target: LabOptions['target'] = {}): Promise<{
    readonly lab: Lab;
    readonly child: Digest;
  }> {
    const lab = await labs.open('signed', { target });
    const { child } = webOf(await editInfo(lab, {}));
    assertSucceeded(await lab.publish({ inputs: { phase: 'content' } }));
    atTarget(lab).manifests.delete(child);
    return { lab, child };
  }

  const view = { prefix: PUBLIC_PREFIX, referrersApi: true };

  for (const validateReferences of [true, false]) {
    const kind = validateReferences ? 'a strict' : 'a lenient';
    it(`puts no tag on a list with a hole at ${kind} registry, but copies the child again`, async () => {
      const { lab, child } = await withHole({ validateReferences });
      assertSucceeded(await lab.publish());
      assert.ok(atTarget(lab).manifests.has(child));
      assert.deepEqual(holesIn(lab.target.store, view), []);
    });
  }

  it('finds in phase content what phase tags asks for', async () => {
    const { lab, child } = await withHole();
    assertRefused(await lab.publish({ inputs: { phase: 'tags' } }), {
      code: 'CONTENT_NOT_FOUND',
      says: [child, 'Run the phase content'],
    });
    assertSucceeded(await lab.publish({ inputs: { phase: 'content' } }));
    assertSucceeded(await lab.publish({ inputs: { phase: 'tags' } }));
    assert.deepEqual(holesIn(lab.target.store, view), []);
  });

  it('does not fail for ever when a blob of an image is gone', async () => {
    const lab = await labs.open('signed');
    assertSucceeded(await lab.publish({ inputs: { phase: 'content' } }));
    const { blobs, manifests } = lab.target.store.open(`${PUBLIC_PREFIX}/shop/api`);
    const image = [...manifests.values()].find(({ subject, bytes }) => {
      return subject === undefined && Buffer.from(bytes).includes('"layers"');
    });
    const { layers } = JSON.parse(Buffer.from(image?.bytes ?? []).toString()) as {
      readonly layers: readonly { readonly digest: Digest }[];
    };
    const layer = definite(layers[0], 'a layer').digest;
    blobs.delete(layer);
    assertSucceeded(await lab.publish({ inputs: { phase: 'tags' } }));
    assert.ok(blobs.has(layer));
    assert.deepEqual(holesIn(lab.target.store, view), []);
  });
});

describe('PublishArtifacts where a list of referrers names a signature that is gone', () => {
  const labs = taskLabs();
  after(() => labs.dispose());
  const view = { prefix: PUBLIC_PREFIX, referrersApi: false };

  /** The signature of the web list is gone from a registry without the API; the list under the tag still names it. */
  async function withoutSignature(inputs: Readonly<Record<string, string>>): Promise<{
    readonly lab: Lab;
    readonly signature: Digest;
  }> {
    const lab = await labs.open('signed', { target: { referrersApi: false } });
    const { list } = webOf(await editInfo(lab, {}));
    assertSucceeded(await lab.publish({ inputs }));
    const { manifests } = atTarget(lab);
    const signature = [...manifests.values()].find(({ subject }) => subject === list);
    const { digest } = definite(signature, 'the signature of the list');
    manifests.delete(digest);
    return { lab, signature: digest };
  }

  it('sets a new tag only with the signature, which is copied again', async () => {
    const { lab, signature } = await withoutSignature({});
    await editInfo(lab, { sharedTag: 'brand-new' });
    assertSucceeded(await lab.publish());
    assert.ok(atTarget(lab).tags.has('brand-new'));
    assert.ok(atTarget(lab).manifests.has(signature));
    assert.deepEqual(holesIn(lab.target.store, view), []);
  });

  it('refuses in phase tags, until phase content has brought it again', async () => {
    const { lab, signature } = await withoutSignature({ phase: 'content' });
    assertRefused(await lab.publish({ inputs: { phase: 'tags' } }), {
      code: 'CONTENT_NOT_FOUND',
      says: [`${signature} (referrer)`],
    });
    assertSucceeded(await lab.publish({ inputs: { phase: 'content' } }));
    assertSucceeded(await lab.publish({ inputs: { phase: 'tags' } }));
    assert.deepEqual(holesIn(lab.target.store, view), []);
  });
});
