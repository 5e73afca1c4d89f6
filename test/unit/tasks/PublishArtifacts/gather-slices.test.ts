import assert from 'node:assert/strict';
import { serialiseImageInfo } from '../../../../shared/image-info/write.ts';
import { describeBlob } from '../../../../shared/notary/blob-signature.ts';
import { MediaType } from '../../../../shared/oci/media-types.ts';
import { repositoryAt } from '../../../../shared/oci/reference.ts';
import { makeChain } from '../../../support/certificates.ts';
import { BUILD, imageOf } from '../../../support/release.ts';
import { makeAnswer } from '../../../support/revocation.ts';
import { scriptedHttp } from '../../../support/scripted-http.ts';
import { signOne } from '../../../support/signing.ts';
import { VERIFIED, aRelease, digestsOfApp } from './support.ts';

describe('PublishArtifacts gatherFacts in one of several jobs', () => {
  const slice = { position: 1, total: 2 };

  it('leaves content to the others in the phase content', async () => {
    const { content, nodes } = await (await aRelease({ slice })).gather({ phase: 'content' });
    assert.ok(content.size > 0 && content.size < nodes.size);
  });

  for (const phase of ['all', 'tags'] as const) {
    it(`leaves nothing to the others in the phase ${phase}, which sets tags`, async () => {
      const { content, nodes } = await (await aRelease({ slice })).gather({ phase });
      assert.deepEqual([...content.keys()], [...nodes.keys()]);
    });
  }
});

describe('PublishArtifacts gatherFacts, what else it asks for', () => {
  it('asks whether the signer of image-info is revoked, who signed no image', async () => {
    const signer = makeChain({ leaf: { ocspUrl: 'http://ocsp.example/' } });
    const http = scriptedHttp({ 'ocsp.example': () => makeAnswer(signer, { state: 'revoked' }) });
    const { info } = await aRelease();
    const blob = { bytes: serialiseImageInfo(info), mediaType: MediaType.json };
    const { bytes } = await signOne(signer, describeBlob(blob, 'sha256'));
    const release = await aRelease({
      http,
      files: {
        '/workspace/image-info.json.cose.sig': bytes,
        '/trust/store/ca/release/signer.pem': Buffer.from(signer.rootPem),
      },
    });
    await assert.rejects(release.plan({ gate: VERIFIED }), {
      code: 'SIGNATURE_INVALID',
      message: /image-info\.json\.cose\.sig: .*revocation: .* was revoked at/,
    });
  });

  it('gives a syndicated list those tags that lead to it at the source', async () => {
    const release = await aRelease({
      document: (info) => {
        const { list } = digestsOfApp(info);
        const app = imageOf(info, 'app');
        const manifest = {
          ...{ sharedTags: [], ...app.manifest },
          syndicatedDigests: [`mcr.example/mirror@${list}`],
        };
        return {
          ...info,
          repos: info.repos.map((repo) =>
            repo.repo === 'app' ? { ...repo, images: [{ ...app, manifest }] } : repo,
          ),
        };
      },
    });
    const { list, platforms } = digestsOfApp(release.info);
    const { signal } = new AbortController();
    for (const digest of [...platforms, list]) {
      const from = repositoryAt(BUILD, 'app');
      const manifest = await release.registry.getManifest(from, digest, signal);
      assert.ok(manifest);
      const tags = digest === list ? ['latest'] : [];
      release.registry.addManifest(repositoryAt(BUILD, 'mirror'), manifest, tags);
    }
    const { sharedTags } = await release.plan({ gate: { kind: 'none' } });
    assert.deepEqual(
      sharedTags.map(({ repo, tag }) => `${repo}:${tag}`),
      ['app:1.0', 'app:latest', 'mirror:latest'],
    );
  });
});
