import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { JsonObject } from '../../../shared/core/json.ts';
import type { ImageInfo } from '../../../shared/image-info/model.ts';
import { overlay } from '../../../shared/image-info/overlay.ts';
import { imageInfos } from './arbitraries.ts';
import { merged } from './merge-support.ts';
import { sampleManifest, samplePlatform, samplePlatformOf } from './samples.ts';

const EMPTY = { xNull: null, xList: [], xText: '', xObject: {}, xFalse: false, xZero: 0 };

/** The same unknown members at every level. */
function infoWith(unknown: JsonObject, architecture = 'amd64'): ImageInfo {
  const manifest = { ...unknown, ...sampleManifest('1.0') };
  const platforms = [{ ...samplePlatformOf(architecture), ...unknown }];
  const images = [{ ...unknown, manifest, platforms }];
  return { ...unknown, schemaVersion: '2.0', repos: [{ ...unknown, repo: 'app', images }] };
}

/** Unknown members of the levels that two fragments share. */
function unknownOf({ repos: [repo], ...info }: ImageInfo): readonly JsonObject[] {
  const image = repo?.images[0];
  return [info, repo, image, image?.manifest].map((level) =>
    Object.fromEntries(Object.entries(level ?? {}).filter(([name]) => /^x[A-Z]/.test(name))),
  );
}

function mergeOf(...unknown: readonly JsonObject[]): ImageInfo {
  return merged(
    unknown.map((members, index) => ({
      file: `job-${index}.json`,
      imageInfo: infoWith(members, `arch${index}`),
    })),
  );
}

describe('image-info mergeFragments, unknown members', () => {
  it('does not lose empty ones of a single fragment', () => {
    assert.deepEqual(merged([{ file: 'a.json', imageInfo: infoWith(EMPTY) }]), infoWith(EMPTY));
  });

  it('does not lose empty ones that another fragment lacks, nor lets them erase', () => {
    const told = { xNull: 1, xList: [1], xText: 'a', xObject: { b: 1 }, xFalse: true, xZero: 1 };
    const kept = { ...told, xFalse: false, xZero: 0 };
    for (const level of unknownOf(mergeOf({}, EMPTY))) assert.deepEqual(level, EMPTY);
    for (const level of unknownOf(mergeOf(EMPTY, {}))) assert.deepEqual(level, EMPTY);
    for (const level of unknownOf(mergeOf(EMPTY, told))) assert.deepEqual(level, told);
    for (const level of unknownOf(mergeOf(told, EMPTY))) assert.deepEqual(level, kept);
  });

  it('does not lose the objects of one fragment to those of another', () => {
    const one = { xBuild: { linux: 1, both: { a: [1], same: 'x' } } };
    const other = { xBuild: { both: { b: null, same: 'y' }, windows: 2 } };
    const both = { xBuild: { linux: 1, both: { a: [1], b: null, same: 'y' }, windows: 2 } };
    for (const level of unknownOf(mergeOf(one, other))) assert.deepEqual(level, both);
  });

  it('takes text, lists, and what is of another kind from the later file', () => {
    const one = { xText: 'a', xList: [1, { a: 1 }], xKind: { a: 1 }, xOther: 1 };
    const other = { xText: 'b', xList: [{ b: 1 }], xKind: 'b', xOther: { c: 1 } };
    for (const level of unknownOf(mergeOf(one, other))) assert.deepEqual(level, other);
  });

  it('joins the rows of one platform in the same way', () => {
    const rows = [{ xInfo: { a: 1, n: null } }, { xInfo: { b: 2, n: null } }, { xInfo: { b: 3 } }];
    const result = merged(
      rows.map((members, index) => ({
        file: `job-${index}.json`,
        imageInfo: {
          schemaVersion: '2.0',
          repos: [{ repo: 'app', images: [{ platforms: [samplePlatform(members)] }] }],
        },
      })),
    );
    const row = result.repos[0]?.images[0]?.platforms[0];
    assert.deepEqual(row?.['xInfo'], { a: 1, n: null, b: 3 });
  });

  it('never loses a member of a single document', () => {
    fc.assert(
      fc.property(imageInfos, (info) => {
        const repos = info.repos.slice(0, 1).map((repo) => ({ ...repo, images: [] }));
        const imageInfo = { ...info, repos };
        assert.deepEqual(merged([{ file: 'a.json', imageInfo }]), imageInfo);
      }),
    );
  });
});

describe('image-info overlay', () => {
  const value = fc.jsonValue({ maxDepth: 3 });
  const objects = fc
    .array(fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), value), { minLength: 1 })
    .map((list) => JSON.parse(JSON.stringify(list)) as readonly JsonObject[]);

  it('has every name that some object has', () => {
    fc.assert(
      fc.property(objects, (list) => {
        const names = new Set(list.flatMap((object) => Object.keys(object)));
        assert.deepEqual(new Set(Object.keys(overlay(list))), names);
      }),
    );
  });

  it('changes nothing when its result is joined once more', () => {
    fc.assert(
      fc.property(objects, (list) => {
        const result = overlay(list);
        assert.deepEqual(overlay([...list, result]), result);
        assert.deepEqual(overlay([result, result]), result);
      }),
    );
  });
});
