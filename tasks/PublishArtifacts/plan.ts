import { definite } from '../../shared/core/errors.ts';
import { groupBy } from '../../shared/core/group-by.ts';
import { LongListError } from '../../shared/core/long-list.ts';
import { counted } from '../../shared/core/text.ts';
import { mergeIntoBaseline } from '../../shared/image-info/baseline.ts';
import { withoutMarks } from '../../shared/image-info/trim.ts';
import { formatReference, repositoryAt } from '../../shared/oci/reference.ts';
import { emptyRelease } from './empty-release.ts';
import { checkGate } from './gate.ts';
import type { Facts } from './gather.ts';
import type { Inputs } from './inputs.ts';
import { entryKey } from './receipt.ts';
import { checkSignedFile } from './signed-file.ts';
import { neededBy, nodeKey } from './source-graph.ts';
import type { ContentNode, NodeKey } from './source-graph.ts';
import type { ContentStep, Plan, TagStep } from './steps.ts';

/**
 * Decides what to copy and which tags to set. Every digest in it is one that image-info names, or that such a
 * manifest or a referrer of it points to: nothing new is made.
 *
 * @throws TaskError when the gate refuses a digest, a tag stands for several, or a tag exists that may not be moved
 */
export function planPublish(facts: Facts, options: PlanOptions): Plan {
  const { phase } = options;
  const { gate, manifests, evidence, now } = facts;
  const unenforced = checkGate(gate, manifests, evidence);
  const mode = options.imageInfoSignature;
  const warnings = checkSignedFile(facts.signedFile, { mode, gate, manifests, evidence, now });
  refuseAmbiguousTags(facts);
  const tags = tagSteps(facts);
  if (options.existingTags === 'fail') refuseMoves(tags);
  const content = contentWaves(facts);
  const missing = phase === 'tags' ? missingContent(content.flat(), options) : [];
  const set = phase === 'content' ? [] : tags;
  return {
    ...{ phase, gate: unenforced.length > 0 ? 'logged' : gate.kind, content },
    warnings: [
      ...[...emptyRelease(facts), ...unenforced, ...warnings],
      ...[...untaggedLists(facts), ...facts.unknown, ...missing],
    ],
    platformTags: set.filter(({ what }) => what === 'platform'),
    sharedTags: set.filter(({ what }) => what === 'list'),
    ...finalImageInfo(facts, options),
  };
}

/** Lists in other repositories that get no tag there: image-info does not name tags of other names. */
function untaggedLists({ digests }: Facts): readonly string[] {
  return digests
    .filter(({ tags, possibleTags }) => possibleTags.length > 0 && tags.length === 0)
    .map(
      ({ repo, digest, possibleTags }) =>
        `${repo}@${digest} gets no tag: at the source none of ${possibleTags.join(', ')} of ${repo} leads to it.`,
    );
}

/** What of the inputs a plan depends on. */
type PlanOptions = Pick<
  Inputs,
  'imageInfoSignature' | 'existingTags' | 'phase' | 'includeUnchanged' | 'baseline' | 'dryRun'
>;

/** What is published, or the published document with it. */
function finalImageInfo(
  { imageInfo, release, baseline, digests }: Facts,
  { includeUnchanged, baseline: given }: PlanOptions,
): Pick<Plan, 'imageInfo' | 'displaced'> {
  if (baseline === undefined) return { imageInfo: withoutMarks(imageInfo), displaced: [] };
  const commitOverride = given?.commitOverride;
  const merged = mergeIntoBaseline({
    ...{ baseline, release, includeUnchanged, digests },
    ...(commitOverride === undefined ? {} : { commitOverride }),
  });
  return {
    imageInfo: merged.imageInfo,
    displaced: [
      ...merged.movedTags.map((tag) => `${tag} stands for the release now`),
      ...merged.removed.map((row) => `${row} has lost its last tag and is gone`),
    ],
  };
}

/** Slices are copied by other jobs: tags wait for the last of them. A dry run copies none, so there it is a warning only. */
function missingContent(
  steps: readonly ContentStep[],
  { dryRun }: Pick<PlanOptions, 'dryRun'>,
): readonly string[] {
  const missing = steps.filter(({ kind }) => kind === 'copy');
  if (missing.length === 0) return [];
  const finding = `${counted(missing.length, 'manifest')} of ${steps.length} ${missing.length === 1 ? 'is' : 'are'} not at the target yet`;
  if (dryRun) return [`${finding}: tags are set once the phase content has copied every slice.`];
  throw new LongListError({
    code: 'CONTENT_NOT_FOUND',
    summary: `${finding}; no tag was set`,
    lines: missing.map(({ to, digest, what }) => `${formatReference(to, digest)} (${what})`),
    hint: 'Run the phase content in every slice first, with the same inputs.',
  });
}

function contentWaves(facts: Facts): readonly (readonly ContentStep[])[] {
  const heights = heightsOf(facts.nodes);
  const attestations = attestationsIn(facts.nodes);
  const heightOf = ([key]: readonly [NodeKey, ContentNode]): number =>
    definite(heights.get(key), 'the height of a node');
  return [...groupBy(facts.content, heightOf)]
    .sort(([one], [other]) => one - other)
    .map(([, wave]) =>
      wave.map(([key, node]) => {
        const what = attestations.has(key) ? 'attestation' : kindOf(node);
        return contentStep({ node, what }, facts);
      }),
    );
}

function attestationsIn(nodes: Facts['nodes']): ReadonlySet<NodeKey> {
  return new Set(
    [...nodes.values()].flatMap(({ repo, attestations }) =>
      attestations.map((digest) => nodeKey(repo, digest)),
    ),
  );
}

function kindOf({ children, subject }: ContentNode): ContentStep['what'] {
  if (subject !== undefined) return 'referrer';
  return children.length > 0 ? 'list' : 'platform';
}

function contentStep(
  { node, what }: { readonly node: ContentNode } & Pick<ContentStep, 'what'>,
  { source, target, targetState }: Facts,
): ContentStep {
  const { repo, digest, blobBytes } = node;
  return {
    kind: targetState.present.has(nodeKey(repo, digest)) ? 'keep' : 'copy',
    ...{ what, repo },
    from: repositoryAt(source, repo),
    to: repositoryAt(target, repo),
    digest,
    blobBytes,
  };
}

/** Wave of each manifest: above its children, and for a referrer above what it refers to. */
function heightsOf(nodes: ReadonlyMap<NodeKey, ContentNode>): ReadonlyMap<NodeKey, number> {
  const heights = new Map<NodeKey, number>();
  const heightOf = (key: NodeKey): number => {
    const known = heights.get(key);
    if (known !== undefined) return known;
    // Digests cannot form a cycle; the mark only bounds what a broken registry could make of it.
    heights.set(key, 0);
    const node = nodes.get(key);
    const below = node === undefined ? [] : neededBy(node);
    const height = Math.max(-1, ...below.map(heightOf)) + 1;
    heights.set(key, height);
    return height;
  };
  for (const key of nodes.keys()) heightOf(key);
  return heights;
}

/** A tag that two manifests claim would end up at either of them, and at the other in the next run. */
function refuseAmbiguousTags({ digests }: Facts): void {
  const claims = digests.flatMap(({ repo, digest, kind, tags }) =>
    tags.map((tag) => ({ name: `${repo}:${tag}`, text: `${digest} (${kind})` })),
  );
  const lines = [...groupBy(claims, ({ name }) => name)].flatMap(([name, own]) =>
    own.length === 1 ? [] : [`${name} stands for ${own.map(({ text }) => text).join(' and ')}`],
  );
  if (lines.length === 0) return;
  throw new LongListError({
    code: 'IMAGE_INFO_INVALID',
    summary: `image-info gives ${counted(lines.length, 'tag')} to several digests; nothing was written`,
    lines,
    hint: 'Let each tag of a repository be that of one platform or list, and build the release again.',
  });
}

function tagSteps(facts: Facts): readonly TagStep[] {
  const { digests, nodes, target, targetState, earlierTags } = facts;
  return digests.flatMap(({ repo, kind: what, digest: named, tags }) => {
    const { digest } = definite(nodes.get(nodeKey(repo, named)), 'the manifest of a tag');
    return tags.map((tag) => {
      const to = repositoryAt(target, repo);
      const found = targetState.tags.get(`${repo}:${tag}`);
      const step = { what, repo, to, tag, digest };
      if (found === digest) return { kind: 'keep', ...step, ...historyOf(step, earlierTags) };
      return { kind: 'set', ...step, ...(found === undefined ? {} : { previousDigest: found }) };
    });
  });
}

/**
 * Where a tag was before, which points to its digest already: an earlier attempt of this publish knows, if there was
 * one; else it has always been there.
 */
function historyOf(
  { to, tag, digest }: Pick<TagStep, 'to' | 'tag' | 'digest'>,
  earlierTags: Facts['earlierTags'],
): Pick<TagStep, 'previousDigest' | 'setAt'> {
  const earlier = earlierTags.get(entryKey({ repository: to.name, tag }));
  if (earlier?.digest !== digest) return { previousDigest: digest };
  const { previousDigest, setAt } = earlier;
  return {
    ...(previousDigest === undefined ? {} : { previousDigest }),
    ...(setAt === undefined ? {} : { setAt }),
  };
}

function refuseMoves(tags: readonly TagStep[]): void {
  const moved = tags.filter(
    ({ kind, previousDigest }) => kind === 'set' && previousDigest !== undefined,
  );
  if (moved.length === 0) return;
  throw new LongListError({
    code: 'TAG_EXISTS',
    summary: `${counted(moved.length, 'tag')} at the target ${moved.length === 1 ? 'points' : 'point'} to another digest`,
    lines: moved.map(
      ({ repo, tag, digest, previousDigest }) =>
        `${repo}:${tag} is ${previousDigest ?? ''}, to be ${digest}`,
    ),
    hint: 'Publish under new tags, or set existingTags to move.',
  });
}
