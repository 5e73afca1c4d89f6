import assert from 'node:assert/strict';
import fc from 'fast-check';
import { digestOf } from '../../../../shared/oci/digest.ts';
import type { Digest } from '../../../../shared/oci/digest.ts';
import { documentOf } from '../../../../shared/oci/manifest-document.ts';
import { nodeKey } from '../../../../tasks/PublishArtifacts/source-graph.ts';
import type {
  ContentNode,
  ReleasedContent,
} from '../../../../tasks/PublishArtifacts/source-graph.ts';
import { sliceOf } from '../../../../tasks/PublishArtifacts/slice.ts';

type Nodes = ReadonlyMap<string, ContentNode>;

interface Spec {
  readonly repo: string;
  /** Earlier nodes that this one points to, by how far back they are. */
  readonly children: readonly number[];
  readonly subject: number | undefined;
  readonly blobBytes: number;
}

function nodesOf(specs: readonly Spec[]): Nodes {
  const digests = specs.map((_, index) => digestOf(Buffer.from(String(index))));
  const earlier = (index: number, back: number): Digest | undefined => digests[index - back];
  return new Map(
    specs.map(({ repo, children, subject, blobBytes }, index) => {
      const digest = digests[index] as ReleasedContent;
      const node = {
        ...{ repo, digest, blobBytes, document: documentOf(Buffer.from('{}'), 'a/b') },
        children: children.flatMap((back) => earlier(index, back) ?? []),
        attestations: [],
        subject: subject === undefined ? undefined : earlier(index, subject),
      };
      return [nodeKey(repo, digest), node] as const;
    }),
  );
}

const graphs = fc
  .array(
    fc.record({
      repo: fc.constantFrom('a', 'b'),
      children: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 3 }),
      subject: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
      blobBytes: fc.integer({ min: 0, max: 50_000_000 }),
    }),
    { maxLength: 40 },
  )
  .map(nodesOf);

const totals = fc.integer({ min: 1, max: 7 });

function slicesOf(nodes: Nodes, total: number): readonly Nodes[] {
  return Array.from({ length: total }, (_, index) =>
    sliceOf(nodes, { position: index + 1, total }),
  );
}

describe('slice sliceOf', () => {
  it('puts every manifest into exactly one slice', () => {
    fc.assert(
      fc.property(graphs, totals, (nodes, total) => {
        const keys = slicesOf(nodes, total).flatMap((slice) => [...slice.keys()]);
        assert.deepEqual(keys.toSorted(), [...nodes.keys()].toSorted());
      }),
    );
  });

  it('leaves a manifest with its children and with what it refers to', () => {
    fc.assert(
      fc.property(graphs, totals, (nodes, total) => {
        for (const slice of slicesOf(nodes, total)) {
          for (const { repo, children, subject } of slice.values()) {
            const needed = [...children, ...(subject === undefined ? [] : [subject])]
              .map((digest) => nodeKey(repo, digest))
              .filter((key) => nodes.has(key));
            assert.ok(needed.every((key) => slice.has(key)));
          }
        }
      }),
    );
  });

  it('gives each job the same, in whatever order it has read the source', () => {
    fc.assert(
      fc.property(graphs, totals, (nodes, total) => {
        const backwards = new Map([...nodes].reverse());
        slicesOf(nodes, total).forEach((slice, index) => {
          const other = sliceOf(backwards, { position: index + 1, total });
          assert.deepEqual(new Set(other.keys()), new Set(slice.keys()));
        });
      }),
    );
  });

  it('makes slices of about the same weight', () => {
    const nodes = nodesOf(
      Array.from({ length: 40 }, (_, index) => ({
        ...{ repo: 'a', children: [], subject: undefined },
        blobBytes: (index % 5) * 10_000_000,
      })),
    );
    const weights = slicesOf(nodes, 4).map((slice) =>
      [...slice.values()].reduce((sum, { blobBytes }) => sum + blobBytes, 0),
    );
    assert.ok(Math.max(...weights) - Math.min(...weights) <= 10_000_000, weights.join());
  });
});
