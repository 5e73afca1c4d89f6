import { invariant } from '../../shared/core/errors.ts';
import { compareText } from '../../shared/core/order.ts';
import { nodeKey } from './source-graph.ts';
import type { ContentNode, NodeKey } from './source-graph.ts';
import { ITEM_WEIGHT } from './steps.ts';

/** Which part of the content a job copies: `{ position: 2, total: 4 }` is the second of four. */
export interface Slice {
  /** From 1 on. */
  readonly position: number;
  readonly total: number;
}

/** What must be copied by one job, for a list can only be put where its children are. */
interface Bundle {
  /** The least of its keys, which every job finds. */
  readonly name: NodeKey;
  readonly keys: readonly NodeKey[];
  readonly weight: number;
}

/**
 * The content of one job of several: every manifest is in exactly one slice, whoever computes it. A list stays with
 * its children, a manifest with what refers to it; slices weigh about the same.
 */
export function sliceOf(
  nodes: ReadonlyMap<NodeKey, ContentNode>,
  { position, total }: Slice,
): ReadonlyMap<NodeKey, ContentNode> {
  invariant(position >= 1 && position <= total, 'a slice is one of its total');
  const loads = Array.from({ length: total }, () => 0);
  const own = new Set<NodeKey>();
  for (const { keys, weight } of bundlesOf(nodes)) {
    const lightest = loads.indexOf(Math.min(...loads));
    loads[lightest] = (loads[lightest] ?? 0) + weight;
    if (lightest === position - 1) for (const key of keys) own.add(key);
  }
  return new Map([...nodes].filter(([key]) => own.has(key)));
}

/** The heaviest first, so that the light ones even out the loads. */
function bundlesOf(nodes: ReadonlyMap<NodeKey, ContentNode>): readonly Bundle[] {
  const roots = rootsOf(nodes);
  const members = new Map<NodeKey, NodeKey[]>();
  for (const key of [...nodes.keys()].sort(compareText)) {
    const root = rootIn(roots, key);
    members.set(root, [...(members.get(root) ?? []), key]);
  }
  const bundles = [...members.values()].map((keys): Bundle => {
    const weight = keys.reduce((sum, key) => sum + (nodes.get(key)?.blobBytes ?? 0), 0);
    return { name: keys[0] ?? '', keys, weight: weight + keys.length * ITEM_WEIGHT };
  });
  return bundles.sort((a, b) => b.weight - a.weight || compareText(a.name, b.name));
}

/** Joins what belongs together: each key leads to another of its bundle, in the end to one that leads to itself. */
function rootsOf(nodes: ReadonlyMap<NodeKey, ContentNode>): Map<NodeKey, NodeKey> {
  const roots = new Map([...nodes.keys()].map((key) => [key, key] as const));
  for (const [key, { repo, children, subject }] of nodes) {
    for (const digest of subject === undefined ? children : [...children, subject]) {
      const other = nodeKey(repo, digest);
      if (nodes.has(other)) roots.set(rootIn(roots, other), rootIn(roots, key));
    }
  }
  return roots;
}

function rootIn(roots: Map<NodeKey, NodeKey>, key: NodeKey): NodeKey {
  let root = key;
  for (let next = roots.get(root); next !== undefined && next !== root; next = roots.get(root)) {
    root = next;
  }
  // What was found is kept, so that chains stay short.
  roots.set(key, root);
  return root;
}
