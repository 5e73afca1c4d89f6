import assert from 'node:assert/strict';
import type { ImageInfo } from '../../../../shared/image-info/model.ts';
import { repositoryAt } from '../../../../shared/oci/reference.ts';
import { nodeKey } from '../../../../tasks/PublishArtifacts/source-graph.ts';
import { makeChain } from '../../../support/certificates.ts';
import { BUILD, SMALL_RELEASE } from '../../../support/release.ts';
import { makeAnswer } from '../../../support/revocation.ts';
import { scriptedHttp } from '../../../support/scripted-http.ts';
import { pushSignature } from '../../../support/signing.ts';
import { CHAIN, VERIFIED, aRelease, digestsOfApp } from './support.ts';

const MARKED = SMALL_RELEASE.map((image) => ({
  ...image,
  platforms: image.platforms.map((spec) => ({ ...spec, isUnchanged: image.repo !== 'app' })),
}));

describe('PublishArtifacts gatherFacts', () => {
  it('reads the release, its signatures and the target, and writes nothing', async () => {
    const release = await aRelease();
    const facts = await release.gather();
    assert.equal(facts.digests.length, 4);
    assert.equal(facts.nodes.size, 8);
    const { list } = digestsOfApp(release.info);
    const [signature] = facts.signatures.get(nodeKey('app', list)) ?? [];
    assert.equal(signature?.mediaType, 'application/cose');
    assert.deepEqual(facts.gate, { kind: 'present' });
    assert.deepEqual(release.registry.writes, []);
  });

  it('reads no envelope where nobody asks for signatures', async () => {
    const release = await aRelease();
    const facts = await release.gather({ gate: { kind: 'none' } });
    assert.equal(facts.signatures.size, 0);
    assert.ok(release.registry.reads.every((name) => !name.startsWith('blob')));
  });

  it('reads a hundred signatures of a manifest at the most, says so, and lets all of them travel', async () => {
    const warnings: string[] = [];
    const release = await aRelease({ warn: (message) => void warnings.push(message) });
    const { list } = digestsOfApp(release.info);
    const { signal } = new AbortController();
    const repository = repositoryAt(BUILD, 'app');
    const manifest = await release.registry.getManifest(repository, list, signal);
    assert.ok(manifest);
    const signed = { repository, subject: manifest.descriptor };
    for (let count = 1; count <= 100; count += 1) {
      await pushSignature(release.registry, signed, { chain: CHAIN });
    }
    const { nodes, signatures } = await release.gather();
    assert.equal(signatures.get(nodeKey('app', list))?.length, 100);
    assert.equal([...nodes.values()].filter(({ subject }) => subject === list).length, 101);
    assert.deepEqual(warnings, [
      `build.example/run/1/app@${list} has 101 signatures: only the first 100 are looked at. Remove those that are not needed.`,
    ]);
  });

  it('reads trust policy and store for a gate that verifies', async () => {
    const { gate } = await (await aRelease()).gather({ gate: VERIFIED });
    assert.ok(gate.kind === 'verified');
    assert.equal(gate.policy.statements[0]?.name, 'release');
    assert.equal(gate.store.get('ca:release')?.length, 1);
  });

  it('asks whether signers are revoked, once for the whole release', async () => {
    const chain = makeChain({ leaf: { ocspUrl: 'http://ocsp.example/' } });
    const http = scriptedHttp({ 'ocsp.example': () => makeAnswer(chain) });
    const release = await aRelease({ chain, http });
    await release.plan({ gate: VERIFIED });
    assert.equal(http.calls.length, 1);
  });

  it('lets nothing pass that a revoked certificate signed', async () => {
    const chain = makeChain({ leaf: { ocspUrl: 'http://ocsp.example/' } });
    const http = scriptedHttp({ 'ocsp.example': () => makeAnswer(chain, { state: 'revoked' }) });
    const release = await aRelease({ chain, http });
    await assert.rejects(release.plan({ gate: VERIFIED }), /revocation: .* was revoked at/);
  });

  it('asks nobody when signatures need only be present', async () => {
    const chain = makeChain({ leaf: { ocspUrl: 'http://ocsp.example/' } });
    const http = scriptedHttp();
    await (await aRelease({ chain, http })).plan({ gate: { kind: 'present' } });
    assert.equal(http.calls.length, 0);
  });

  it('lets only the referrers travel that are asked for', async () => {
    const release = await aRelease();
    const changes = { gate: { kind: 'none' }, referrerTypes: ['application/spdx+json'] } as const;
    assert.equal((await release.gather(changes)).nodes.size, 4);
  });

  it('leaves unchanged rows out unless they are to be included', async () => {
    const release = await aRelease({ images: MARKED });
    const changed = await release.gather();
    assert.deepEqual(
      changed.imageInfo.repos.map(({ repo }) => repo),
      ['app'],
    );
    assert.equal(changed.digests.length, 3);
    assert.equal((await release.gather({ includeUnchanged: true })).digests.length, 4);
  });

  it('refuses to replace the image-info that was signed by the final one, before it reads a registry', async () => {
    const release = await aRelease();
    await assert.rejects(release.gather({ output: '/workspace/x/../image-info.json' }), {
      code: 'INPUT_INVALID',
      message: 'The output /workspace/x/../image-info.json is the image-info to publish.',
    });
    assert.deepEqual(release.registry.reads, []);
  });

  it('refuses image-info without digests, before it reads a registry', async () => {
    const document = (info: ImageInfo): ImageInfo =>
      JSON.parse(JSON.stringify(info).replace(/"digest":"mcr[^"]*"/, '"digest":""')) as ImageInfo;
    const release = await aRelease({ document });
    await assert.rejects(release.gather(), {
      code: 'IMAGE_INFO_INVALID',
      message: /^\/workspace\/image-info\.json has no digest for:\n {2}app/,
    });
    assert.deepEqual(release.registry.reads, []);
  });

  it('refuses a file that is not image-info', async () => {
    const release = await aRelease({ files: { '/workspace/image-info.json': { repos: 1 } } });
    await assert.rejects(release.gather(), {
      code: 'IMAGE_INFO_INVALID',
      message: /repos: is not/,
      hint: /an image-info file/,
    });
  });

  it('stops when the run is cancelled', async () => {
    const release = await aRelease();
    const controller = new AbortController();
    release.registry.beforeRead = () => {
      controller.abort();
    };
    await assert.rejects(release.gather({}, controller.signal), { name: 'AbortError' });
  });
});
