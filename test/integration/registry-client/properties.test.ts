import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TaskError } from '../../../shared/core/errors.ts';
import type { GraphCounts } from '../../../shared/ports/registry.ts';
import type { FaultAction } from '../../support/registry/faults.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { copyAndClose, contentOf, imageOf, indexOf, referrerOf, seed } from './graphs.ts';
import type { TestGraph } from './graphs.ts';
import { aBlob, aClient } from './support.ts';

/** Blobs from a small pool, so that images share some. */
const image = fc
  .array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 })
  .map((texts) => imageOf(texts.map((text) => aBlob('blob '.repeat(text * 7)))));

const { graph } = fc.letrec<{ graph: TestGraph }>((tie) => ({
  graph: fc.oneof(
    { maxDepth: 3 },
    image,
    fc.array(tie('graph'), { minLength: 1, maxLength: 3 }).map((children) => indexOf(children)),
  ),
}));

/** A graph, and texts of referrers of some of its manifests. */
const release = fc.record({
  graph,
  referrers: fc.array(fc.tuple(fc.nat(), fc.string({ maxLength: 20 })), { maxLength: 3 }),
});

type Release = typeof release extends fc.Arbitrary<infer T> ? T : never;

function graphsOf({ graph: content, referrers }: Release): readonly TestGraph[] {
  return referrers.reduce<readonly TestGraph[]>(
    (graphs, [pick, text]) => {
      const manifests = graphs.flatMap((each) => each.manifests);
      const subject = manifests[pick % manifests.length] ?? content.root;
      return [...graphs, referrerOf(subject.descriptor, text)];
    },
    [content],
  );
}

const action: fc.Arbitrary<FaultAction> = fc.oneof(
  fc
    .constantFrom(200, 202, 308, 400, 401, 403, 404, 405, 408, 413, 416, 429, 500, 502, 503)
    .map((status): FaultAction => ({ kind: 'status', status })),
  fc.constantFrom('1', '0', 'soon', '1000000000').map((wait): FaultAction => ({
    kind: 'status',
    status: 429,
    headers: { 'retry-after': wait },
  })),
  fc
    .constantFrom('/', '/v2/', 'http://[', 'http://127.0.0.1:1/', 'ftp://example.com/')
    .map((location): FaultAction => ({ kind: 'status', status: 307, headers: { location } })),
  fc
    .constantFrom('docker-content-digest', 'location', 'content-type', 'etag', 'oci-subject')
    .map((name): FaultAction => ({ kind: 'headers', headers: { [name]: null } })),
  fc.constant<FaultAction>({
    kind: 'status',
    status: 200,
    headers: { 'content-type': 'text/html' },
    body: '<html>sign in</html>',
  }),
  fc.constant<FaultAction>({ kind: 'reset' }),
  fc.nat(60).map((afterBytes): FaultAction => ({ kind: 'reset', afterBytes })),
  fc.nat(60).map((afterBytes): FaultAction => ({ kind: 'resetUpload', afterBytes })),
  fc.nat(60).map((bytes): FaultAction => ({ kind: 'truncateBody', bytes })),
  fc.constant<FaultAction>({ kind: 'corruptBody' }),
  fc.constant<FaultAction>({ kind: 'wrongDigestHeader' }),
  fc.constant<FaultAction>({ kind: 'dropReplyAfterCommit' }),
  fc.nat(20).map((ms): FaultAction => ({ kind: 'delay', ms })),
);

const schedule = fc.array(
  fc.record({
    action,
    at: fc.constantFrom('source' as const, 'target' as const),
    nth: fc.integer({ min: 1, max: 25 }),
  }),
  { minLength: 1, maxLength: 4 },
);

interface Pair {
  readonly source: EmbeddedRegistry;
  readonly target: EmbeddedRegistry;
}

async function withPair(use: (pair: Pair) => Promise<void>): Promise<void> {
  const [source, target] = await Promise.all([startRegistry(), startRegistry()]);
  try {
    await use({ source, target });
  } finally {
    await Promise.all([source.close(), target.close()]);
  }
}

async function copy(pair: Pair, { graph: content }: Release): Promise<GraphCounts> {
  return copyAndClose(aClient(), pair, content);
}

describe('RegistryClient properties', () => {
  it('random graphs arrive byte for byte, the tag last, in no more requests than it takes', async () => {
    await fc.assert(
      fc.asyncProperty(release, async (given) => {
        await withPair(async (pair) => {
          seed(pair.source, 'build/app', graphsOf(given));
          await copy(pair, given);
          assert.deepEqual(contentOf(pair.target, 'app'), contentOf(pair.source, 'build/app'));
          const gets = pair.source.requests.map(({ path }) => path);
          assert.equal(new Set(gets).size, gets.length);
          const { manifests, blobs } = sizesOf(pair.source);
          // The root is known; each manifest is read and asked for its referrers.
          assert.ok(gets.length <= 2 * manifests - 1 + blobs, `${gets.length} reads`);
          // One question whether the root is there; a blob is begun and filled, a manifest put.
          const writes = pair.target.requests.length;
          assert.ok(writes <= 1 + 2 * blobs + manifests, `${writes} writes`);
          const last = pair.target.requests.at(-1);
          assert.deepEqual([last?.method, last?.path], ['PUT', '/v2/app/manifests/1']);
        });
      }),
      { numRuns: 15 },
    );
  });

  it('random faults end in the same content, or in one clear error without a tag', async () => {
    await fc.assert(
      fc.asyncProperty(release, schedule, async (given, faults) => {
        await withPair(async (pair) => {
          seed(pair.source, 'build/app', graphsOf(given));
          for (const { at, nth, action: kind } of faults) {
            pair[at].addFault({ match: { nth }, action: kind });
          }
          const actions = faults.map(({ action: kind }) => kind);
          await assertSafe(pair, given, wantedOf(pair, given, actions));
        });
      }),
      { numRuns: 80 },
    );
  });
});

/** How much there is to copy. */
function sizesOf(registry: EmbeddedRegistry): {
  readonly manifests: number;
  readonly blobs: number;
} {
  const { manifests, blobs } = registry.store.open('build/app');
  return { manifests: manifests.size, blobs: blobs.size };
}

/** All or nothing: a tag stands for the whole content. */
async function assertSafe(
  pair: Pair,
  given: Release,
  wanted: ReadonlyMap<string, string>,
): Promise<void> {
  const { digest } = given.graph.root.descriptor;
  const tag = (): string | undefined => pair.target.store.find('app')?.tags.get('1');
  try {
    await copy(pair, given);
    assert.equal(tag(), digest);
  } catch (error) {
    assert.ok(error instanceof TaskError, String(error));
    assert.match(error.message, /^[A-Z][^\n]*/);
    assert.ok((error.hint ?? '') !== '');
    // Only what goes wrong after the registry has stored the tag may leave it behind.
    if (tag() === undefined) return;
  }
  const copied = contentOf(pair.target, 'app');
  const missing = [...wanted].filter(([key, bytes]) => copied.get(key) !== bytes);
  assert.deepEqual(missing, []);
}

/** How a registry without lists of referrers answers the question for them; a redirect may lead to such an answer. */
const WITHOUT_REFERRERS: ReadonlySet<number> = new Set([200, 307, 400, 404, 405]);

/** What must arrive: everything, but some answers to a question for referrers mean that there are none. */
function wantedOf(
  { source }: Pair,
  given: Release,
  faults: readonly FaultAction[],
): ReadonlyMap<string, string> {
  const hidesReferrers = faults.some(
    (fault) =>
      (fault.kind === 'status' && WITHOUT_REFERRERS.has(fault.status)) ||
      (fault.kind === 'headers' && 'content-type' in fault.headers),
  );
  if (!hidesReferrers) return contentOf(source, 'build/app');
  seed(source, 'content alone', [given.graph]);
  return contentOf(source, 'content alone');
}
