import assert from 'node:assert/strict';
import { incompleteImages, indexManifest } from '../../../shared/build-manifest/match.ts';
import type { ImageData, PlatformData } from '../../../shared/image-info/model.ts';
import { sampleDigest, sampleInfo, sampleManifest, samplePlatform } from '../image-info/samples.ts';
import { PLATFORM, loaded, withImages } from './samples.ts';

function declared(tag: string, changes: object = {}): object {
  return { ...PLATFORM, tags: { [tag]: {} }, ...changes };
}

function rowOf(tag: string, seed = tag): PlatformData {
  return samplePlatform({ simpleTags: [tag], digest: sampleDigest(seed) });
}

/** The first tag of what each row of the images is declared as, `-` for a row that is nothing. */
function assigned(declaredImages: readonly object[], images: readonly ImageData[]): string {
  const { assign } = indexManifest(loaded(withImages(...declaredImages)));
  const assignment = assign(sampleInfo(images));
  const rows = images.flatMap(({ platforms }) => platforms);
  return rows
    .map((row) => {
      const names = assignment.platformsOf(row).map(({ platform }) => platform.tags[0]?.name);
      return names.length === 0 ? '-' : names.join('+');
    })
    .join(' ');
}

describe('build-manifest assign', () => {
  const one = [{ platforms: [declared('new')] }];
  const two = [{ platforms: [declared('a'), declared('b')] }];

  it('leaves out the old image of a platform, which comes before the new one', () => {
    assert.equal(assigned(one, [{ platforms: [rowOf('old'), rowOf('new')] }]), '- new');
  });

  it('says which row is the platform that another one is not', () => {
    const [old, fresh] = [rowOf('old'), rowOf('new')];
    const index = indexManifest(loaded(withImages(...one)));
    const assignment = index.assign(sampleInfo([{ platforms: [old, fresh] }]));
    assert.equal(assignment.rivalOf(old), fresh);
    assert.equal(assignment.rivalOf(fresh), undefined);
  });

  it('gives a platform to one of two images with a tag of it each', () => {
    const both = [{ platforms: [declared('x', { tags: { x: {}, y: {} } })] }];
    assert.equal(assigned(both, [{ platforms: [rowOf('x'), rowOf('y')] }]), 'x -');
    assert.equal(assigned(both, [{ platforms: [rowOf('x', '1'), rowOf('y', '1')] }]), 'x x');
  });

  it('gives rows with one digest one platform when there is no other', () => {
    assert.equal(assigned(one, [{ platforms: [rowOf('old', '1'), rowOf('new', '1')] }]), 'new new');
    assert.equal(assigned(one, [{ platforms: [rowOf('x', '1'), rowOf('y', '2')] }]), 'new -');
  });

  it('gives rows whose tags are not declared a platform each, as many as there are', () => {
    const rows = ['a-77', 'b-77', 'c-77'].map((tag) => rowOf(tag));
    assert.equal(assigned(two, [{ platforms: rows }]), 'a b -');
    assert.equal(assigned(two, [{ platforms: [rowOf('x'), rowOf('a')] }]), 'b a');
  });

  it('misses no platform of two whose tags are not declared', () => {
    const manifest = loaded(withImages(...two));
    const built = sampleInfo([{ platforms: [rowOf('a-77'), rowOf('b-77')] }]);
    assert.deepEqual(incompleteImages(manifest, built), []);
  });

  it('gives a row all platforms that its tags name', () => {
    const row = samplePlatform({ simpleTags: ['b', 'a'] });
    assert.equal(assigned(two, [{ platforms: [row] }]), 'a+b');
  });

  const apart = ['1', '2'].map((tag) => ({
    sharedTags: { [tag]: {} },
    platforms: [declared(`${tag}-a`), declared(`${tag}-b`)],
  }));

  it('takes the image that shared tags tell before the first one', () => {
    const told = { manifest: sampleManifest('1'), platforms: [rowOf('y')] };
    assert.equal(assigned(apart, [{ platforms: [rowOf('x')] }, told]), '1-b 1-a');
    const full = { ...told, platforms: ['u', 'v', 'w'].map((tag) => rowOf(tag)) };
    assert.equal(assigned(apart, [{ platforms: [rowOf('x')] }, full]), '2-a 1-a 1-b -');
  });

  it('keeps to the image that other rows of an image tell', () => {
    const named = [{ platforms: [rowOf('x'), rowOf('2-b'), rowOf('y')] }];
    assert.equal(assigned(apart, named), '2-a 2-b -');
    const untold = [{ platforms: ['x', 'y', 'z'].map((tag) => rowOf(tag)) }];
    assert.equal(assigned(apart, untold), '1-a 1-b -');
  });

  it('has nothing for a row of which nothing is declared, nor a rival', () => {
    const row = samplePlatform({ dockerfile: 'other/Dockerfile' });
    const assignment = indexManifest(loaded(withImages(...one))).assign(
      sampleInfo([{ platforms: [rowOf('new'), row] }]),
    );
    assert.deepEqual([assignment.platformsOf(row), assignment.rivalOf(row)], [[], undefined]);
  });
});
