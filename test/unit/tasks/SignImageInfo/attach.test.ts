import assert from 'node:assert/strict';
import { BugError } from '../../../../shared/core/errors.ts';
import { digestOf } from '../../../../shared/oci/digest.ts';
import { readManifest } from '../../../../shared/oci/manifest-document.ts';
import { attachSignature, readBack } from '../../../../tasks/SignImageInfo/attach.ts';
import type { Attached, AttachTools } from '../../../../tasks/SignImageInfo/attach.ts';
import { executePlan } from '../../../../tasks/SignImageInfo/execute.ts';
import type { Outcome } from '../../../../tasks/SignImageInfo/execute.ts';
import { NO_EVIDENCE } from '../../../../shared/notary/evidence.ts';
import type { SignedEnvelope } from '../../../../shared/ports/signer.ts';
import { createSignatureReader } from '../../../../shared/signing/signature-reader.ts';
import { makeChain } from '../../../support/certificates.ts';
import { makeAnswer } from '../../../support/revocation.ts';
import { scriptedHttp } from '../../../support/scripted-http.ts';
import { pushSignature, signOne, signerOf } from '../../../support/signing.ts';
import { CHAIN, TRUST, aSigningRun, firstOf, inputsOf } from './support.ts';
import type { SigningRun } from './support.ts';
import { planSigning } from '../../../../tasks/SignImageInfo/plan.ts';

const { signal } = new AbortController();

interface Attaching {
  readonly attached: Attached;
  readonly tools: AttachTools;
}

/** Attaches a signature to the first subject of a run. */
async function attach(run: SigningRun, changes: Partial<SignedEnvelope> = {}): Promise<Attaching> {
  const facts = await run.gather();
  const [place] = facts.subjects;
  assert.ok(place);
  const signatures = createSignatureReader(run.registry, { warn: () => undefined });
  const evidence = { gather: async () => Promise.resolve(NO_EVIDENCE) };
  const writers = { registry: run.registry, signatures, evidence, signer: signerOf(CHAIN) };
  const tools = { writers, judgement: facts, signal };
  const target = { place, subject: place.descriptor };
  const envelope = { ...(await signOne(CHAIN, place.descriptor)), ...changes };
  return { attached: await attachSignature(target, envelope, tools), tools };
}

describe('attach attachSignature', () => {
  it('keeps what the signer wants to be noted beside the signature, and nothing else', async () => {
    for (const annotations of [undefined, { 'io.example.note': 'yes' }]) {
      const run = aSigningRun();
      const { attached } = await attach(run, annotations === undefined ? {} : { annotations });
      const { repository } = attached.place;
      const manifest = await run.registry.getManifest(repository, attached.signature, signal);
      assert.ok(manifest && readManifest(manifest).ok);
      const document = JSON.parse(Buffer.from(manifest.bytes).toString()) as {
        readonly annotations: Readonly<Record<string, string>>;
      };
      assert.equal(document.annotations['io.example.note'], annotations?.['io.example.note']);
    }
  });
});

describe('attach readBack', () => {
  it('does not take other bytes under the same name for the signature', async () => {
    const { attached, tools } = await attach(aSigningRun());
    await readBack(attached, tools);
    const bytes = Uint8Array.from(attached.envelope.bytes);
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    const other = { ...attached, envelope: { ...attached.envelope, bytes } };
    await assert.rejects(readBack(other, tools), { code: 'SIGNATURE_MISSING' });
  });
});

describe('SignImageInfo executePlan, what it tells', () => {
  it('tells of each digest in each repository that it signed or could not sign, with both', async () => {
    const run = aSigningRun();
    const facts = await run.gather();
    const { subject } = firstOf(facts);
    await pushSignature(run.registry, firstOf(facts), { chain: CHAIN });
    const now = await run.gather();
    const told: Outcome[] = [];
    const signatures = createSignatureReader(run.registry, { warn: () => undefined });
    const evidence = { gather: async () => Promise.resolve(NO_EVIDENCE) };
    run.registry.hidesReferrers = true;
    await executePlan(planSigning(now, inputsOf()), {
      writers: { signer: signerOf(CHAIN), registry: run.registry, signatures, evidence },
      ...{ judgement: now, imageInfo: now.imageInfo, signal },
      onOutcome: (outcome) => void told.push(outcome),
    });
    assert.equal(told.length, 3);
    assert.ok(told.every((one) => one.subject.digest !== subject.digest));
    const failed = told.filter(({ kind }) => kind === 'failed');
    assert.ok(failed.length > 0);
    for (const { place, subject: of } of failed) {
      assert.ok(now.subjects.some((one) => one.descriptor.digest === of.digest));
      assert.match(place.publicName, /^mcr\.example\//);
    }
  });

  it('signs no other file than the one that was planned', async () => {
    const run = aSigningRun();
    const facts = await run.gather();
    const signatures = createSignatureReader(run.registry, { warn: () => undefined });
    const evidence = { gather: async () => Promise.resolve(NO_EVIDENCE) };
    const imageInfo = Buffer.from('{}');
    assert.notEqual(digestOf(imageInfo), digestOf(facts.imageInfo));
    await assert.rejects(
      executePlan(planSigning(facts, inputsOf()), {
        writers: { signer: signerOf(CHAIN), registry: run.registry, signatures, evidence },
        ...{ judgement: facts, imageInfo, signal },
      }),
      BugError,
    );
    assert.deepEqual(run.registry.writes, []);
  });
});

describe('SignImageInfo gatherFacts, revocation', () => {
  it('skips under a trust policy what it signed with a certificate that can be revoked, and is not', async () => {
    const chain = makeChain({ leaf: { ocspUrl: 'http://ocsp.example/' } });
    const http = scriptedHttp({ 'ocsp.example': () => makeAnswer(chain) });
    const run = aSigningRun({ signer: signerOf(chain), trusted: chain, http });
    const first = await run.sign({ trust: TRUST });
    assert.deepEqual([...new Set(first.map(({ kind }) => kind))], ['signed']);
    const again = await run.sign({ trust: TRUST });
    assert.deepEqual([...new Set(again.map(({ kind }) => kind))], ['skipped']);
  });
});
