import assert from 'node:assert/strict';
import type { ReleasedDigest } from '../../../../shared/image-info/select.ts';
import { documentOf } from '../../../../shared/oci/manifest-document.ts';
import type { ManifestDocument } from '../../../../shared/oci/manifest-document.ts';
import { gatedManifests, signaturesInQuestion } from '../../../../tasks/PublishArtifacts/gated.ts';
import type { GatedManifest, SignatureFact } from '../../../../tasks/PublishArtifacts/gated.ts';
import { nodeKey } from '../../../../tasks/PublishArtifacts/source-graph.ts';
import type {
  ContentNode,
  ReleasedContent,
} from '../../../../tasks/PublishArtifacts/source-graph.ts';
import { BUILD } from '../../../support/release.ts';
import { trustOf } from '../../../support/signing.ts';
import { CHAIN } from './support.ts';

const [LIST, IMAGE, ATTESTATION] = ['list', 'image', 'attestation'].map(manifestOf) as [
  ManifestDocument,
  ManifestDocument,
  ManifestDocument,
];
const SIGNATURE: SignatureFact = { envelope: Buffer.from('one'), mediaType: 'application/cose' };

function manifestOf(name: string): ManifestDocument {
  return documentOf(Buffer.from(name), 'a/b');
}

function nodeOf(
  document: ManifestDocument,
  children: readonly ManifestDocument[] = [],
): ContentNode {
  const digests = children.map(({ descriptor }) => descriptor.digest);
  return {
    ...{ repo: 'app', document, digest: document.descriptor.digest as ReleasedContent },
    ...{ children: digests, blobBytes: 0, subject: undefined },
    attestations: digests.filter((digest) => digest === ATTESTATION.descriptor.digest),
  };
}

/** What must be signed of a list of an image and of what is attested to about it. */
function gated(registry: string, ...named: readonly ManifestDocument[]): readonly GatedManifest[] {
  const nodes = [nodeOf(IMAGE), nodeOf(ATTESTATION), nodeOf(LIST, [IMAGE, ATTESTATION])];
  const digests = named.map(({ descriptor }): ReleasedDigest => ({
    ...{ kind: 'list', repo: 'app', namedRepo: 'app', registry, digest: descriptor.digest },
    ...{ tags: [], possibleTags: [], isUnchanged: false },
  }));
  return gatedManifests({
    nodes: new Map(nodes.map((node) => [nodeKey('app', node.digest), node])),
    signatures: new Map([[nodeKey('app', LIST.descriptor.digest), [SIGNATURE]]]),
    ...{ source: BUILD, digests },
  });
}

describe('gated gatedManifests', () => {
  it('asks for the children of a list that image-info does not name, but not for attestations', () => {
    assert.deepEqual(
      gated('mcr.example', LIST).map(({ descriptor }) => descriptor),
      [LIST.descriptor, IMAGE.descriptor],
    );
  });

  it('looks for statements for the repository that is read, then for the public name, also of a child', () => {
    const scopes = ['build.example/run/1/app', 'mcr.example/app'];
    for (const manifest of gated('mcr.example', LIST)) assert.deepEqual(manifest.scopes, scopes);
  });

  it('takes a name without a registry as the public one', () => {
    for (const { scopes } of gated('', LIST)) {
      assert.deepEqual(scopes, ['build.example/run/1/app', 'app']);
    }
  });

  it('asks for each manifest once, with its signatures', () => {
    const manifests = gated('mcr.example', IMAGE, LIST, IMAGE);
    assert.deepEqual(
      manifests.map(({ descriptor, signatures }) => [descriptor, signatures]),
      [
        [IMAGE.descriptor, []],
        [LIST.descriptor, [SIGNATURE]],
      ],
    );
  });
});

describe('gated signaturesInQuestion', () => {
  it('puts each signature under its statement', () => {
    const trust = trustOf(CHAIN, 'mcr.example/app');
    const [statement] = trust.policy.statements;
    assert.ok(statement);
    assert.deepEqual(signaturesInQuestion(gated('mcr.example', LIST), trust), [
      { ...SIGNATURE, trust: { statement, store: trust.store } },
    ]);
  });

  it('asks about nothing that no statement is for', () => {
    const trust = trustOf(CHAIN, 'mcr.example/other');
    assert.deepEqual(signaturesInQuestion(gated('mcr.example', LIST), trust), []);
  });
});
