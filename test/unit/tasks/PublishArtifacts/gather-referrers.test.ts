import assert from 'node:assert/strict';
import { readSignatureManifest } from '../../../../shared/oci/signature-manifest.ts';
import { repositoryAt } from '../../../../shared/oci/reference.ts';
import { BUILD, pushReferrer } from '../../../support/release.ts';
import { aRelease, digestsOfApp } from './support.ts';
import type { Release } from './support.ts';

const SBOM = 'application/spdx+json';
const APP = repositoryAt(BUILD, 'app');
const { signal } = new AbortController();

/** Attaches an SBOM to the list of the image `app`. */
async function attachSbom({ registry, info }: Release): Promise<string> {
  const { list } = digestsOfApp(info);
  const manifest = await registry.getManifest(APP, list, signal);
  assert.ok(manifest);
  const subject = manifest.descriptor;
  return pushReferrer(registry, APP, { subject, artifactType: SBOM }).descriptor.digest;
}

describe('PublishArtifacts gatherFacts, referrers', () => {
  it('lets those travel whose type is asked for', async () => {
    const release = await aRelease();
    const sbom = await attachSbom(release);
    const { nodes } = await release.gather({ gate: { kind: 'none' }, referrerTypes: [SBOM] });
    const travelling = [...nodes.values()].filter(({ subject }) => subject !== undefined);
    assert.deepEqual(
      travelling.map(({ digest }) => digest as string),
      [sbom],
    );
  });

  it('does not take another referrer for a signature', async () => {
    const { list } = digestsOfApp((await aRelease()).info);
    const release = await aRelease({ signs: (digest) => digest !== list });
    await attachSbom(release);
    await assert.rejects(release.plan(), {
      code: 'SIGNATURE_MISSING',
      message: /^1 digest of 4 may not be published:\n {2}app@.*: no signature$/,
    });
  });

  it('does not take a signature for present whose envelope is gone', async () => {
    const release = await aRelease();
    const { list } = digestsOfApp(release.info);
    const { nodes } = await release.gather();
    const signature = [...nodes.values()].find(({ subject }) => subject === list);
    assert.ok(signature);
    const read = readSignatureManifest(signature.document);
    assert.ok(read.ok && read.value !== undefined);
    release.registry.remove(APP, read.value.envelope.digest);
    await assert.rejects(release.plan(), {
      code: 'SIGNATURE_MISSING',
      message: new RegExp(`app@${list}: no signature$`),
    });
  });
});
