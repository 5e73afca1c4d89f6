import assert from 'node:assert/strict';
import { definite } from '../../shared/core/errors.ts';
import { documentOf, readManifest } from '../../shared/oci/manifest-document.ts';
import type { GraphRoot } from '../../shared/ports/registry.ts';
import { USER, aClient, asUser } from '../integration/registry-client/support.ts';
import { contentLines } from '../support/product/fingerprint.ts';
import { startRegistry } from '../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../support/registry/registry.ts';
import type { RegistrySettings } from '../support/registry/settings.ts';
import type { RepositoryContent, StoredManifest } from '../support/registry/store.ts';
import { WORKFLOWS, runConformance } from './support/conformance.ts';
import type { ConformanceTest, Workflow } from './support/conformance.ts';

interface Setup {
  readonly what: string;
  readonly settings: Partial<RegistrySettings>;
}

const SETUPS: readonly Setup[] = [
  { what: 'as it is', settings: {} },
  {
    what: 'with bearer tokens and absolute locations',
    settings: { auth: { kind: 'bearer', ...USER }, absoluteLocations: true },
  },
  {
    what: 'with a password and small pages',
    settings: { auth: { kind: 'basic', ...USER }, tagPageSize: 2, referrersPageSize: 1 },
  },
];

/** Without deletes and the tests of them, everything that the suite pushes stays. */
const PUSHING = WORKFLOWS.filter((workflow) => workflow !== 'Content Management');

const { signal } = new AbortController();

/** Runs the suite against a registry; its tests by how they ended. */
async function testsBy(
  { url }: EmbeddedRegistry,
  workflows: readonly Workflow[],
): Promise<(outcome: ConformanceTest['outcome']) => readonly ConformanceTest[]> {
  const tests = await runConformance({ url, credentials: USER, workflows });
  return (outcome) => tests.filter((test) => test.outcome === outcome);
}

/** Every manifest with its tags. */
function rootsOf({ manifests, tags }: RepositoryContent): readonly GraphRoot[] {
  return [...manifests.values()].map(({ bytes, mediaType, digest }) => ({
    manifest: documentOf(bytes, mediaType),
    tags: [...tags].filter(([, tagged]) => tagged === digest).map(([tag]) => tag),
  }));
}

/** Copies all repositories; what is in one that no manifest names stays behind, as it is in no graph. */
async function copyAll(source: EmbeddedRegistry, target: EmbeddedRegistry): Promise<void> {
  const client = aClient(asUser());
  try {
    for (const name of source.store.names()) {
      const from = { registry: source.host, name };
      const roots = rootsOf(source.store.open(name));
      const tagged = roots.flatMap(({ tags }) => tags).toSorted();
      assert.deepEqual((await client.listTags(from, signal))?.toSorted(), tagged);
      const to = { registry: target.host, name };
      await client.copyGraph({ roots, from, to, mount: true, referrers: 'all' }, signal);
    }
  } finally {
    await client.close();
  }
}

/** The lines of a registry's content without blobs that no manifest of the repository names. */
function graphLines({ store }: EmbeddedRegistry): readonly string[] {
  const named = store.names().flatMap((name) => {
    const manifests = [...store.open(name).manifests.values()];
    return manifests.flatMap(blobsOf).map((digest) => `${name} blob ${digest}`);
  });
  const reachable = new Set(named);
  return contentLines(store).filter((line) => !line.includes(' blob ') || reachable.has(line));
}

function blobsOf({ bytes, mediaType }: StoredManifest): readonly string[] {
  const links = readManifest(documentOf(bytes, mediaType));
  assert.ok(links.ok);
  const { config, layers } = links.value;
  return [...(config === undefined ? [] : [config]), ...layers].map(({ digest }) => digest);
}

/** Digests are keys of the stores, so that bytes have to be compared on their own. */
function assertSameBytes(source: EmbeddedRegistry, target: EmbeddedRegistry): void {
  for (const name of target.store.names()) {
    const [given, copied] = [source.store.open(name), target.store.open(name)];
    for (const [digest, bytes] of copied.blobs) {
      assert.deepEqual(Buffer.from(bytes), Buffer.from(definite(given.blobs.get(digest), digest)));
    }
    for (const [digest, { bytes }] of copied.manifests) {
      const original = definite(given.manifests.get(digest), digest);
      assert.deepEqual(Buffer.from(bytes), Buffer.from(original.bytes));
    }
  }
}

describe('the OCI distribution conformance suite', function () {
  this.timeout(60_000);
  let source: EmbeddedRegistry;
  let target: EmbeddedRegistry;

  beforeEach(async () => {
    [source, target] = await Promise.all([startRegistry(), startRegistry()]);
  });
  afterEach(async () => {
    await Promise.all([source.close(), target.close()]);
  });

  for (const { what, settings } of SETUPS) {
    it(`finds no fault with the embedded registry ${what}`, async () => {
      source.setOptions(settings);
      const by = await testsBy(source, WORKFLOWS);
      assert.deepEqual(by('failed'), []);
      const passed = by('passed');
      const counts = WORKFLOWS.map((workflow) => ({
        workflow,
        count: passed.filter((test) => test.workflow === workflow).length,
      }));
      const shown = counts.map(({ workflow, count }) => `${workflow} ${count}`).join(', ');
      console.log(`      passed: ${shown}; skipped: ${by('skipped').length}`);
      assert.ok(passed.length > 60, `only ${passed.length} tests were passed`);
      for (const { workflow, count } of counts) assert.ok(count > 0, `${workflow} did not run`);
    });

    it(`leaves content that is copied byte for byte, ${what}`, async () => {
      source.setOptions({ ...settings, deleteEnabled: false });
      const by = await testsBy(source, PUSHING);
      assert.deepEqual(by('failed'), []);
      const pushed = graphLines(source);
      assert.ok(pushed.length >= 12, pushed.join('\n'));
      await copyAll(source, target);
      assert.deepEqual(contentLines(target.store), pushed);
      assertSameBytes(source, target);
    });
  }
});
