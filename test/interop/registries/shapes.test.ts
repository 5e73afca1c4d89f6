import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TaskError, definite } from '../../../shared/core/errors.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import { contentOf, seed } from '../../integration/registry-client/graphs.ts';
import { SHAPES } from '../../integration/registry-client/shapes.ts';
import type { Shape } from '../../integration/registry-client/shapes.ts';
import { aClient, repositoryOf } from '../../integration/registry-client/support.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { REGISTRY_KINDS } from '../support/registry-kinds.ts';
import type { RealRegistry } from '../support/registry-kinds.ts';

const { signal } = new AbortController();

const SHA512 = SHAPES.filter(({ name }) => name.includes('sha512'));
const OF_BLOBS = SHAPES.filter(({ name }) => name.startsWith('an index of blobs'));

/** Registries without accounts, one of each program, and what they do not take. */
const CASES: readonly { readonly name: string; readonly refused: readonly Shape[] }[] = [
  { name: 'docker-registry', refused: SHA512 },
  { name: 'distribution v3', refused: [...SHA512, ...OF_BLOBS] },
  { name: 'olareg', refused: SHA512 },
  {
    name: "crane's registry with referrers",
    refused: SHA512.filter(({ name }) => name.includes('root')),
  },
];

/** What a registry gives back only as a blob, as it does not know the type under which an index lists it. */
function isHidden(registry: string, { name }: Shape): boolean {
  return registry === 'olareg' && name.includes('of unknown type');
}

for (const { name, refused } of CASES) {
  const kind = REGISTRY_KINDS.find((each) => each.name === name);
  describe(`content of every shape at a registry: ${name}`, () => {
    let folder: string;
    let real: RealRegistry;
    let source: EmbeddedRegistry;
    let target: EmbeddedRegistry;
    let client: RegistryClient;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'shapes-'));
      real = await definite(kind, name).start(join(folder, 'registry'));
    });
    after(async () => {
      await real.stop();
      await rm(folder, { recursive: true, force: true });
    });
    beforeEach(async () => {
      [source, target] = await Promise.all([
        startRegistry(),
        startRegistry({ validateReferences: false }),
      ]);
      client = aClient();
    });
    afterEach(async () => {
      await client.close();
      await Promise.all([source.close(), target.close()]);
    });

    const copy = async (
      { root }: Shape['graph'],
      [from, to]: readonly [Pick<RealRegistry, 'host'>, Pick<RealRegistry, 'host'>],
      path: string,
    ): Promise<unknown> =>
      client.copyGraph(
        {
          roots: [{ manifest: root, tags: ['1'] }],
          from: repositoryOf(from, path),
          to: repositoryOf(to, path),
          mount: true,
          referrers: 'none',
        },
        signal,
      );

    for (const [index, shape] of SHAPES.entries()) {
      if (isHidden(name, shape)) continue;
      const path = `shape/${index}`;
      const { graph } = shape;

      if (refused.includes(shape)) {
        it(`is refused with one error, and no tag is set: ${shape.name}`, async () => {
          seed(source, path, [graph]);
          await assert.rejects(copy(graph, [source, real], path), TaskError);
          const tagged = await client.resolveTag(repositoryOf(real, path), '1', signal);
          assert.equal(tagged, undefined);
        });
        continue;
      }

      it(`goes there and back byte for byte: ${shape.name}`, async () => {
        seed(source, path, [graph]);
        await copy(graph, [source, real], path);
        await copy(graph, [real, target], path);
        assert.deepEqual(contentOf(target, path), contentOf(source, path));
        assert.equal(target.store.find(path)?.tags.get('1'), graph.root.descriptor.digest);
      });
    }
  });
}
