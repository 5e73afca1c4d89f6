import assert from 'node:assert/strict';
import { describeBlob } from '../../../../shared/notary/blob-signature.ts';
import { NO_EVIDENCE } from '../../../../shared/notary/evidence.ts';
import { parseCertificates } from '../../../../shared/notary/pem.ts';
import type { TrustPolicyStatement } from '../../../../shared/notary/trust-policy.ts';
import { MediaType } from '../../../../shared/oci/media-types.ts';
import { flawOf, flawOfFile, flawOfNew } from '../../../../tasks/SignImageInfo/judge.ts';
import type { Judgement } from '../../../../tasks/SignImageInfo/judge.ts';
import { makeChain } from '../../../support/certificates.ts';
import { SUBJECT } from '../../../support/signatures.ts';
import { NOW, signOne, trustOf } from '../../../support/signing.ts';

const CHAIN = makeChain();
const STRANGER = makeChain();
const PLACE = {
  repository: { registry: 'build.example', name: 'run/1/app' },
  publicName: 'mcr.example/app',
};

function judging(changes: Partial<Judgement> = {}): Judgement {
  return {
    ...{ now: NOW, stampRoots: undefined, evidence: NO_EVIDENCE, trust: undefined },
    ...changes,
  };
}

describe('judge flawOfNew', () => {
  it('refuses a signature without the timestamp that is wanted, even when the policy trusts it', async () => {
    const { bytes, mediaType } = await signOne(CHAIN, SUBJECT);
    const signature = { envelope: bytes, mediaType, subject: SUBJECT, place: PLACE };
    const roots = parseCertificates(Buffer.from(STRANGER.rootPem), 'root');
    assert.ok(roots.ok);
    const trust = trustOf(CHAIN, '*');
    assert.equal(flawOfNew(signature, judging({ trust }), CHAIN.chainDer), undefined);
    const stamped = judging({ trust, stampRoots: roots.value });
    assert.match(flawOfNew(signature, stamped, CHAIN.chainDer) ?? '', /timestamp/);
  });
});

describe('judge flawOfFile', () => {
  const blob = { bytes: Buffer.from('{}'), mediaType: MediaType.json };

  it('refuses a signature of another certificate, even when the policy would trust it', async () => {
    const { bytes } = await signOne(STRANGER, describeBlob(blob, 'sha256'));
    const file = { blob, envelope: bytes, format: 'cose', places: [PLACE] } as const;
    const trust = trustOf(STRANGER, '*');
    assert.equal(flawOfFile(file, judging({ trust }), STRANGER.chainDer), undefined);
    assert.match(flawOfFile(file, judging({ trust }), CHAIN.chainDer) ?? '', /^authenticity: /);
  });
});

describe('judge flawOf of a known certificate', () => {
  it('accepts what the policy only logs about it, for the certificate is ours', async () => {
    const { bytes, mediaType } = await signOne(CHAIN, SUBJECT);
    const signature = { envelope: bytes, mediaType, subject: SUBJECT, place: PLACE };
    const { policy, store } = trustOf(STRANGER, '*');
    const statements = policy.statements.map((statement): TrustPolicyStatement => ({
      ...statement,
      actions: { ...statement.actions, authenticity: 'log' },
    }));
    const trust = { policy: { statements }, store };
    assert.equal(flawOf(signature, judging({ trust }), CHAIN.chainDer), undefined);
  });
});
