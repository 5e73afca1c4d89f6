import { counted } from '../../shared/core/text.ts';
import { digestsOf } from '../../shared/image-info/select.ts';
import { shortDigest } from '../../shared/oci/digest.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import type { Plan } from '../../tasks/PublishArtifacts/steps.ts';
import type { BuiltImage } from '../../test/support/product/product.ts';
import { fingerprintOf } from '../../test/support/product/fingerprint.ts';
import type { PublishedList, PublishedManifest } from './published.ts';
import type { Release, StageRun } from './release.ts';
import { STAGING_PREFIX } from './world.ts';
import type { World } from './world.ts';

/** Something that the demonstration claims, and whether it is so. */
export interface Proof {
  readonly holds: boolean;
  readonly claim: string;
}

/** What both registries hold, and how much was written to the target so far. */
export interface Snapshot {
  readonly build: Digest;
  readonly target: Digest;
  readonly targetWrites: number;
}

/** Takes a snapshot of both registries. */
export function snapshotOf({ build, target }: World): Snapshot {
  const isWrite = ({ method, path }: { readonly method: string; readonly path: string }): boolean =>
    path.startsWith('/v2/') && method !== 'GET' && method !== 'HEAD';
  return {
    build: fingerprintOf(build.store),
    target: fingerprintOf(target.store),
    targetWrites: target.requests.filter(isWrite).length,
  };
}

/** Every step kept the rules that the agent, users and secrets depend on. */
export function proveConduct(runs: readonly StageRun[]): readonly Proof[] {
  const violations = runs.flatMap(({ step }) => step.violations);
  return [
    {
      holds: violations.length === 0,
      claim: ['no step broke a rule of the agent or let a secret out', ...violations].join('\n  '),
    },
  ];
}

/** What users find is what the jobs of the last attempt built, all of it signed by the one trusted signer. */
export function provePublished(world: World, lists: readonly PublishedList[]): readonly Proof[] {
  const manifests = lists.flatMap((list): readonly PublishedManifest[] => [
    list,
    ...list.platforms,
  ]);
  const trusted = manifests.filter(
    ({ signature }) => signature.isTrusted && signature.subject === world.signing.subject,
  );
  const superseded = world.built.filter(({ isSuperseded }) => isSuperseded);
  const staged = world.product.images.filter(({ repo, sharedTags }) =>
    sharedTags.every(
      (tag) =>
        digestBehind(world.build, `${STAGING_PREFIX}/${repo}`, tag) ===
        digestBehind(world.target, repo, tag),
    ),
  );
  return [
    {
      holds: listsAreAsBuilt(world, lists),
      claim: 'every shared tag is a manifest list of all platforms that were built',
    },
    {
      holds: superseded.every(({ image, manifest }) =>
        isAbsent(world, image.repo, manifest.descriptor.digest),
      ),
      claim: `none of the ${counted(superseded.length, 'superseded image')} was published`,
    },
    {
      holds: manifests.length > 0 && trusted.length === manifests.length,
      claim: `${trusted.length} of ${manifests.length} digests have a signature that verifies under the strict trust policy`,
    },
    {
      holds: staged.length === world.product.images.length,
      claim: `${STAGING_PREFIX}/ beside the build has the same digests under the same shared tags`,
    },
  ];
}

/** What the second run is compared by. */
export interface Repetition {
  readonly first: Release;
  readonly second: Release;
  readonly before: Snapshot;
  readonly after: Snapshot;
}

/** A second run finds everything done and leaves everything as it was. */
export function proveRepetition({ first, second, before, after }: Repetition): readonly Proof[] {
  const signing = second.stages.find(({ stage }) => stage.name === 'Sign');
  const { signedCount = '?', skippedCount = '?' } = signing?.step.outputs ?? {};
  const digests = digestsOf(second.imageInfo).map(({ digest }) => digest);
  const earlier = digestsOf(first.imageInfo).map(({ digest }) => digest);
  const copied = countCopies(second.plan);
  const moved = countMoves(second.plan);
  const writes = after.targetWrites - before.targetWrites;
  return [
    {
      holds: digests.length > 0 && digests.join() === earlier.join(),
      claim: `the same ${counted(digests.length, 'digest')}`,
    },
    {
      holds: signedCount === '0' && skippedCount === String(digests.length),
      claim: `${signedCount} signed, ${skippedCount} skipped as they were signed already`,
    },
    {
      holds: copied === 0 && moved === 0 && writes === 0,
      claim: `${counted(copied, 'manifest')} copied, ${counted(moved, 'tag')} moved, ${counted(writes, 'write request')} to the target`,
    },
    contentProof('build registry', before.build, after.build),
    contentProof('target registry', before.target, after.target),
  ];
}

function contentProof(name: string, before: Digest, after: Digest): Proof {
  const fingerprints =
    before === after
      ? `is unchanged (fingerprint ${shortDigest(after)})`
      : `has changed (fingerprint ${shortDigest(before)}, then ${shortDigest(after)})`;
  return { holds: before === after, claim: `the content of the ${name} ${fingerprints}` };
}

function listsAreAsBuilt(
  { product, built, target }: World,
  lists: readonly PublishedList[],
): boolean {
  return product.images.every((image) => {
    const isOfImage = (one: BuiltImage): boolean => one.image === image && !one.isSuperseded;
    const expected = built.filter(isOfImage).map(({ manifest }) => manifest.descriptor.digest);
    return image.sharedTags.every((tag) => {
      const digest = digestBehind(target, image.repo, tag);
      const list = lists.find((one) => one.repo === image.repo && one.digest === digest);
      const actual = list?.platforms.map((platform) => platform.digest) ?? [];
      return actual.toSorted().join() === expected.toSorted().join();
    });
  });
}

function digestBehind({ store }: World['target'], repo: string, tag: string): Digest | undefined {
  return store.find(repo)?.tags.get(tag);
}

function isAbsent({ target }: World, repo: string, digest: Digest): boolean {
  return target.store.find(repo)?.manifests.has(digest) === false;
}

function countCopies({ content }: Plan): number {
  return content.flat().filter(({ kind }) => kind === 'copy').length;
}

function countMoves({ platformTags, sharedTags }: Plan): number {
  return [...platformTags, ...sharedTags].filter(({ kind }) => kind === 'set').length;
}
