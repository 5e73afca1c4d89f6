import assert from 'node:assert/strict';
import { definite } from '../../../../shared/core/errors.ts';
import type { ImageInfo } from '../../../../shared/image-info/model.ts';
import { digestsOf, tagDigestsOf } from '../../../../shared/image-info/select.ts';
import { serialiseImageInfo } from '../../../../shared/image-info/write.ts';
import { describeBlob } from '../../../../shared/notary/blob-signature.ts';
import { MediaType } from '../../../../shared/oci/media-types.ts';
import { renderPlan } from '../../../../tasks/PublishArtifacts/report.ts';
import { makeChain } from '../../../support/certificates.ts';
import type { TestChain } from '../../../support/certificates.ts';
import { pushRelease } from '../../../support/release.ts';
import { MemoryRegistry } from '../../../support/memory-registry.ts';
import { SMALL_RELEASE } from '../../../support/release.ts';
import { policyText, signOne } from '../../../support/signing.ts';
import { CHAIN, VERIFIED, aRelease, digestsOfApp } from './support.ts';
import type { Release, ReleaseChanges } from './support.ts';

const PATH = '/workspace/image-info.json';
const REPORT = '/workspace/signing-report.json';

/** The document as it was signed: the same content gives the same digests in every test. */
const SIGNED: ImageInfo = pushRelease(new MemoryRegistry(), SMALL_RELEASE);

/** A detached signature over a document. */
async function signatureOver(info: ImageInfo, chain: TestChain = CHAIN): Promise<Uint8Array> {
  const blob = { bytes: serialiseImageInfo(info), mediaType: MediaType.json };
  const { bytes } = await signOne(chain, describeBlob(blob, 'sha256'));
  return bytes;
}

/** A release whose image-info was signed, and changed afterwards if so wanted. */
async function aSignedRelease(
  change: (info: ImageInfo) => ImageInfo = (info) => info,
  changes: ReleaseChanges & { readonly signer?: TestChain } = {},
): Promise<Release> {
  return aRelease({
    document: change,
    ...changes,
    files: {
      [`${PATH}.cose.sig`]: await signatureOver(SIGNED, changes.signer),
      [REPORT]: {
        imageInfo: { tags: tagDigestsOf(SIGNED) },
        signatures: digestsOf(SIGNED).map(({ registry, repo, digest }) => ({
          subject: `${registry}/${repo}@${digest}`,
        })),
      },
      ...changes.files,
    },
  });
}

function withText(from: string, to: string): (info: ImageInfo) => ImageInfo {
  return (info) => JSON.parse(JSON.stringify(info).replace(from, to)) as ImageInfo;
}

describe('signed-file refuseOtherFile', () => {
  it('names the signature, not missing content, when a digest was added that is nowhere', async () => {
    const added = (info: ImageInfo): ImageInfo => ({
      ...info,
      repos: info.repos.map((repo) => ({ ...repo, repo: `${repo.repo}/added` })),
    });
    const changed = await aSignedRelease(added);
    await assert.rejects(changed.plan(), {
      code: 'SIGNATURE_INVALID',
      message:
        /subject: signs [^]*\n {2}mcr\.example\/app\/added@sha256:[0-9a-f]+ was not there when it was signed/,
    });
    assert.deepEqual(changed.registry.reads, []);
    await assert.rejects(changed.plan({ imageInfoSignature: 'ignore' }), {
      code: 'CONTENT_NOT_FOUND',
    });
  });
});

describe('signed-file checkSignedFile', () => {
  it('says which signatures a lax trust policy lets pass, and does not call them verified', async () => {
    const stranger = makeChain();
    const policy = Buffer.from(policyText('*').replace('"strict"', '"audit"'));
    const release = await aSignedRelease(undefined, {
      ...{ chain: stranger, signer: stranger },
      files: {
        '/trust/policy.json': policy,
        '/trust/store/ca/release/root.pem': Buffer.from(CHAIN.rootPem),
      },
    });
    const plan = await release.plan({ gate: VERIFIED });
    const told = plan.warnings.filter((warning) => warning.includes('authenticity'));
    assert.equal(told.length, 2);
    assert.match(told[0] ?? '', /^The trust policy does not enforce authenticity for 4 digests: /);
    assert.match(
      told[1] ?? '',
      /\.cose\.sig: under statement release, which does not enforce authenticity: /,
    );
    assert.match(renderPlan(plan)[0] ?? '', /^Gate: .* not each has one that verifies/);
  });

  for (const gate of [VERIFIED, { kind: 'present' }, { kind: 'none' }] as const) {
    it(`passes a file that is as it was signed under the gate ${gate.kind}`, async () => {
      const release = await aSignedRelease();
      assert.deepEqual((await release.plan({ gate })).warnings, []);
      assert.deepEqual((await release.plan({ gate, imageInfoSignature: 'require' })).warnings, []);
    });

    it(`refuses a file that was changed under the gate ${gate.kind}, unless told to ignore it`, async () => {
      const release = await aSignedRelease(withText('"latest"', '"newest"'));
      await assert.rejects(release.publish({ gate }), {
        code: 'SIGNATURE_INVALID',
        message: /subject: /,
      });
      assert.deepEqual(release.registry.writes, []);
      assert.deepEqual((await release.plan({ gate, imageInfoSignature: 'ignore' })).warnings, []);
    });
  }

  it('names a tag that was exchanged, with what was signed and what is there', async () => {
    const { list, platforms } = digestsOfApp(SIGNED);
    const other = definite(platforms[1], 'the second platform');
    const release = await aSignedRelease(withText(list, other));
    await assert.rejects(release.plan({ gate: { kind: 'none' } }), ({ message }: Error) => {
      const lines = message.split('\n');
      assert.match(
        lines[0] ?? '',
        /^The signature of \/workspace\/image-info\.json is not good; nothing was written:$/,
      );
      assert.match(lines[1] ?? '', /^ {2}\/workspace\/image-info\.json\.cose\.sig: subject: /);
      assert.deepEqual(lines.slice(2), [
        `  app:1.0 was signed as ${list}, is ${other}`,
        `  app:latest was signed as ${list}, is ${other}`,
      ]);
      return true;
    });
  });

  it('names a tag that was added and one that is gone', async () => {
    const release = await aSignedRelease(withText('"latest"', '"evil"'));
    await assert.rejects(release.plan(), ({ message }: Error) => {
      const { list } = digestsOfApp(SIGNED);
      assert.deepEqual(message.split('\n').slice(2), [
        `  app:evil was not there when it was signed, is ${list}`,
        `  app:latest was signed as ${list}, is gone`,
      ]);
      return true;
    });
  });

  const reports = [
    { name: 'no report', report: undefined },
    { name: 'a report of something else', report: { imageInfo: [] } },
    { name: 'a report without tags', report: { imageInfo: { tags: 'none' } } },
  ];
  for (const { name, report } of reports) {
    it(`says what it can with ${name}`, async () => {
      const release = await aSignedRelease(withText('"latest"', '"evil"'), {
        files: { [REPORT]: report ?? Buffer.from('?') },
      });
      await assert.rejects(release.plan(), ({ message }: Error) => {
        assert.equal(message.split('\n').length, 2);
        return true;
      });
    });
  }

  it('refuses a signature by somebody whom the trust policy does not name', async () => {
    const release = await aSignedRelease(undefined, { signer: makeChain() });
    await assert.rejects(release.plan({ gate: VERIFIED }), {
      code: 'SIGNATURE_INVALID',
      message: /under statement release: authenticity: /,
    });
    assert.deepEqual((await release.plan()).warnings, []);
  });

  it('takes one good signature among others', async () => {
    const release = await aSignedRelease(undefined, {
      files: { [`${PATH}.jws.sig`]: Buffer.from('{}') },
    });
    assert.deepEqual((await release.plan({ gate: VERIFIED })).warnings, []);
  });

  it('warns of a missing signature where signatures must verify, and fails where it is required', async () => {
    const release = await aRelease();
    const { warnings } = await release.plan({ gate: VERIFIED });
    assert.deepEqual(warnings, [
      `${PATH} has no signature beside it: nothing shows that its tags are those that were signed.`,
    ]);
    assert.deepEqual((await release.plan()).warnings, []);
    await assert.rejects(release.plan({ imageInfoSignature: 'require' }), {
      code: 'SIGNATURE_MISSING',
      message: /^\/workspace\/image-info\.json has no signature beside it/,
    });
  });
});
