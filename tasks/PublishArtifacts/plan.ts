import { definite } from '../../shared/core/errors.ts';
import { LongListError } from '../../shared/core/long-list.ts';
import { counted } from '../../shared/core/text.ts';
import { withoutMarks } from '../../shared/image-info/trim.ts';
import { repositoryAt } from '../../shared/oci/reference.ts';
import { checkGate } from './gate.ts';
import { gatedManifests } from './gated.ts';
import type { Facts } from './gather.ts';
import type { Inputs } from './inputs.ts';
import { entryKey } from './receipt.ts';
import { nodeKey } from './source-graph.ts';
import type { ContentNode, NodeKey } from './source-graph.ts';
import type { ContentStep, Plan, TagStep } from './steps.ts';

/**
 * Decides what to copy and which tags to set. Every digest in it is one that image-info names, or that such a
 * manifest or a referrer of it points to: nothing new is made.
 *
 * @throws TaskError when the gate refuses a digest, or a tag exists that may not be moved
 */
export function planPublish(facts: Facts, options: Pick<Inputs, 'existingTags'>): Plan {
  checkGate(facts.gate, gatedManifests(facts), facts.evidence);
  const tags = tagSteps(facts);
  if (options.existingTags === 'fail') refuseMoves(tags);
  return {
    gate: facts.gate.kind,
    content: contentWaves(facts),
    platformTags: tags.filter(({ what }) => what === 'platform'),
    sharedTags: tags.filter(({ what }) => what === 'list'),
    imageInfo: withoutMarks(facts.imageInfo),
  };
}

function contentWaves(facts: Facts): readonly (readonly ContentStep[])[] {
  const waves: ContentStep[][] = [];
  const heights = heightsOf(facts.nodes);
  for (const [key, node] of facts.nodes) {
    const height = definite(heights.get(key), 'the height of a node');
    (waves[height] ??= []).push(contentStep(node, facts));
  }
  return waves;
}

function contentStep(node: ContentNode, { source, target, targetState }: Facts): ContentStep {
  const { repo, digest, children, subject, blobBytes } = node;
  return {
    kind: targetState.present.has(nodeKey(repo, digest)) ? 'keep' : 'copy',
    what: subject !== undefined ? 'referrer' : children.length > 0 ? 'list' : 'platform',
    repo,
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
    const below =
      node === undefined
        ? []
        : [...node.children, ...(node.subject === undefined ? [] : [node.subject])];
    const height =
      Math.max(-1, ...below.map((digest) => heightOf(nodeKey(node?.repo ?? '', digest)))) + 1;
    heights.set(key, height);
    return height;
  };
  for (const key of nodes.keys()) heightOf(key);
  return heights;
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
