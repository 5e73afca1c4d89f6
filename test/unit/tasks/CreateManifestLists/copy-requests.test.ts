import assert from 'node:assert/strict';
import { definite } from '../../../../shared/core/errors.ts';
import { documentOf } from '../../../../shared/oci/manifest-document.ts';
import { MediaType } from '../../../../shared/oci/media-types.ts';
import { formatRepository } from '../../../../shared/oci/reference.ts';
import type { Repository } from '../../../../shared/oci/reference.ts';
import type { GraphCopyRequest } from '../../../../shared/ports/registry.ts';
import { planCopies } from '../../../../tasks/CreateManifestLists/copies.ts';
import { refuseOciImages } from '../../../../tasks/CreateManifestLists/docker-lists.ts';
import { executePlan } from '../../../../tasks/CreateManifestLists/execute.ts';
import type { ListFact, MemberFact } from '../../../../tasks/CreateManifestLists/gather.ts';
import { BUILD } from '../../../support/release.ts';
import { samplePlatform } from '../../image-info/samples.ts';
import { MANIFEST, PLATFORMS, manifestOf } from './declared.ts';
import { aBuild, inputsOf } from './support.ts';

const BASE: Repository = { registry: 'build.example', name: 'run/1/base' };
const [IMAGE, ATTESTATION] = ['image', 'attestation'].map((name, index) => {
  const mediaType = index === 0 ? MediaType.dockerManifest : MediaType.ociManifest;
  return documentOf(Buffer.from(name), mediaType).descriptor;
});

function listOf(repository: Repository, ...syndicatedTo: readonly string[]): ListFact {
  const row = samplePlatform();
  const entry: MemberFact = {
    ...{ row, isImported: false },
    image: {
      ...{ descriptor: definite(IMAGE, 'an image'), bytes: 1, repository, index: undefined },
      attestations: [definite(ATTESTATION, 'an attestation')],
    },
  };
  return {
    ...{ image: { platforms: [row] }, repo: 'app', tags: ['1.0'], members: [row], missing: [] },
    syndicated: syndicatedTo.map((repo) => ({ repo, tags: ['1.0'], members: [row] })),
    entries: [entry],
  };
}

describe('copies planCopies, ways', () => {
  const images = [IMAGE, ATTESTATION].map((one) => ({ digest: one?.digest, tags: [] }));

  it('copies what attests to an image along with it, each way by itself', () => {
    const ways = planCopies([listOf(BASE, 'one', 'two')], BUILD);
    assert.deepEqual(
      ways.map(({ from, to, images: copied }) => [
        ...[formatRepository(from), formatRepository(to), copied],
      ]),
      [
        ['build.example/run/1/base', 'build.example/run/1/app', images],
        ['build.example/run/1/app', 'build.example/run/1/one', images],
        ['build.example/run/1/app', 'build.example/run/1/two', images],
      ],
    );
  });

  it('copies from each repository that has something of a list', () => {
    const other = { ...BASE, name: 'run/1/other' };
    const ways = planCopies([listOf(BASE), listOf(other)], BUILD);
    assert.deepEqual(
      ways.map(({ from }) => from.name),
      ['run/1/base', 'run/1/other'],
    );
  });
});

describe('docker-lists refuseOciImages', () => {
  it('refuses an OCI manifest that attests to a Docker image', () => {
    assert.throws(
      () => {
        refuseOciImages([listOf(BASE)]);
      },
      new RegExp(`app:1\\.0: ${ATTESTATION?.digest ?? ''} is an OCI manifest`),
    );
  });
});

describe('CreateManifestLists executePlan, what it asks of the registry', () => {
  it('mounts within the build registry, and leaves referrers there; then lists are settled', async () => {
    const manifest = manifestOf(PLATFORMS.amd64, PLATFORMS.arm64);
    const build = aBuild({ files: { '/working/manifest.json': manifest } });
    const plan = await build.plan(MANIFEST);
    const requests: GraphCopyRequest[] = [];
    const told: string[] = [];
    const { registry, files } = build;
    const copyGraph = registry.copyGraph.bind(registry);
    registry.copyGraph = async (request, signal) => {
      requests.push(request);
      return copyGraph(request, signal);
    };
    const onPut = (done: number, total: number): void => void told.push(`${done} of ${total}`);
    const { signal } = new AbortController();
    await executePlan(plan, inputsOf().output, { writers: { registry, files, onPut }, signal });
    assert.deepEqual(
      requests.map(({ mount, referrers }) => ({ mount, referrers })),
      [{ mount: true, referrers: 'none' }],
    );
    assert.deepEqual(registry.settledAfter, [registry.writes.length]);
    assert.deepEqual(told, ['1 of 3', '2 of 3', '3 of 3']);
  });
});
