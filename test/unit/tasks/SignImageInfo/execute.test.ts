import assert from 'node:assert/strict';
import { TaskError, definite } from '../../../../shared/core/errors.ts';
import { detachedToVerify } from '../../../../shared/notary/blob-signature.ts';
import { formatFailures, verifyAgainstChain } from '../../../../shared/notary/verify.ts';
import type { Descriptor } from '../../../../shared/oci/descriptor.ts';
import { MediaType } from '../../../../shared/oci/media-types.ts';
import { readManifest } from '../../../../shared/oci/manifest-document.ts';
import { buildSignatureManifest } from '../../../../shared/oci/signature-manifest.ts';
import type { Signer, SigningJob } from '../../../../shared/ports/signer.ts';
import { createSignatureReader } from '../../../../shared/signing/signature-reader.ts';
import { executePlan } from '../../../../tasks/SignImageInfo/execute.ts';
import type { Outcome } from '../../../../tasks/SignImageInfo/execute.ts';
import { NO_EVIDENCE } from '../../../../shared/notary/evidence.ts';
import { planSigning } from '../../../../tasks/SignImageInfo/plan.ts';
import type { Plan } from '../../../../tasks/SignImageInfo/plan.ts';
import { requireSigned } from '../../../../tasks/SignImageInfo/report.ts';
import { NOW, signerOf } from '../../../support/signing.ts';
import { CHAIN, STRANGER, TRUST, aSigningRun, firstOf, inputsOf } from './support.ts';

const TWO_PLACES = ['app', 'mirror'].map((repo) => ({ repo, platforms: [{ name: 'amd64' }] }));

function kindsOf(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.map(({ kind }) => kind);
}

function reasonsOf(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.flatMap((one) =>
    one.kind === 'failed' ? [`${one.error.code}: ${one.error.message}`] : [],
  );
}

/** Our signer, which remembers the manifests that it was asked for, and fails the first two. */
function moodySigner(asked: SigningJob[], fails: boolean): Signer {
  const signer = signerOf(CHAIN);
  return {
    chain: async (signal) => signer.chain(signal),
    sign: async function* (jobs, options, signal) {
      asked.push(...jobs.filter(({ kind }) => kind === 'manifest'));
      yield* signer.sign(jobs.slice(fails ? 2 : 0), options, signal);
      for (const job of fails ? jobs.slice(0, 2) : []) {
        yield { kind: 'failed', job, error: new TaskError('SIGNING_FAILED', 'out of ink') };
      }
    },
  };
}

describe('SignImageInfo executePlan', () => {
  for (const format of ['cose', 'jws'] as const) {
    it(`signs every digest in ${format}; what it pushed verifies and is skipped next time`, async () => {
      const run = aSigningRun();
      const outcomes = await run.sign({ format });
      assert.deepEqual(kindsOf(outcomes), ['signed', 'signed', 'signed', 'signed']);
      assert.ok(run.registry.writes.every(({ kind }) => kind !== 'tag'));
      const facts = await run.gather();
      for (const [index, { signatures }] of facts.subjects.entries()) {
        const outcome = outcomes[index];
        assert.ok(outcome?.kind === 'signed');
        assert.deepEqual(
          signatures.map(({ manifest }) => manifest.descriptor.digest),
          [outcome.signature],
        );
      }
      const before = run.registry.snapshot();
      const again = await run.sign({ format });
      assert.deepEqual(kindsOf(again), ['skipped', 'skipped', 'skipped', 'skipped']);
      assert.deepEqual(run.registry.snapshot(), before);
    });
  }

  it('attaches a signature manifest to its subject, envelope and config before it', async () => {
    const run = aSigningRun({ images: [{ repo: 'app', platforms: [{ name: 'amd64' }] }] });
    const [outcome] = await run.sign();
    assert.ok(outcome?.kind === 'signed');
    assert.deepEqual(
      run.registry.writes.map(({ kind }) => kind),
      ['blob', 'blob', 'manifest'],
    );
    const { repository } = outcome.place;
    const { signal } = new AbortController();
    const manifest = await run.registry.getManifest(repository, outcome.signature, signal);
    const links = readManifest(definite(manifest, 'the signature'));
    assert.ok(links.ok);
    assert.equal(links.value.subject?.digest, outcome.subject.digest);
    assert.equal(links.value.artifactType, MediaType.notarySignature);
  });

  it('signs a digest of two repositories once and pushes it to both', async () => {
    const asked: SigningJob[] = [];
    const run = aSigningRun({ images: TWO_PLACES, signer: moodySigner(asked, false) });
    const outcomes = await run.sign();
    assert.equal(asked.length, 1);
    assert.deepEqual(
      outcomes.map(({ kind, place }) => `${kind} ${place.publicName}`),
      ['signed mcr.example/app', 'signed mcr.example/mirror'],
    );
    const [one, other] = outcomes.map((it) => (it.kind === 'failed' ? undefined : it.signature));
    assert.equal(one, other);
  });

  it('pushes a signature to the other repository when one refuses it', async () => {
    const run = aSigningRun({ images: TWO_PLACES });
    run.registry.beforeWrite = ({ name }) => {
      if (name.includes('/app@')) throw new TaskError('REGISTRY_DENIED', 'no');
    };
    const outcomes = await run.sign();
    assert.deepEqual(kindsOf(outcomes), ['failed', 'signed']);
    assert.deepEqual(reasonsOf(outcomes), ['REGISTRY_DENIED: no']);
  });

  it('goes on when single digests cannot be signed, and lists them all', async () => {
    const run = aSigningRun({ signer: moodySigner([], true) });
    const plan = await run.plan();
    const execution = await run.execute();
    const { outcomes } = execution;
    const failed = outcomes.filter(({ kind }) => kind === 'failed');
    assert.deepEqual(kindsOf(outcomes).toSorted(), ['failed', 'failed', 'signed', 'signed']);
    assert.throws(
      () => requireSigned(plan, execution),
      (error: unknown) => {
        assert.ok(error instanceof TaskError);
        assert.equal(error.code, 'SIGNING_FAILED');
        assert.match(error.message, /^2 digests of 4 could not be signed:/);
        for (const { subject } of failed) {
          assert.ok(error.message.includes(`${subject.digest}: SIGNING_FAILED: out of ink`));
        }
        return true;
      },
    );
    const again = kindsOf(await run.sign()).toSorted();
    assert.deepEqual(again, ['failed', 'failed', 'skipped', 'skipped']);
  });

  it('begins with one digest of each repository, so that all are read back early', async () => {
    const asked: SigningJob[] = [];
    const run = aSigningRun({ signer: moodySigner(asked, false) });
    const outcomes = await run.sign();
    const repositoryOf = (job: SigningJob | undefined): string | undefined =>
      outcomes.find(({ subject }) => job?.kind === 'manifest' && job.subject === subject)?.place
        .publicName;
    const repositories = new Set(outcomes.map(({ place }) => place.publicName));
    assert.equal(repositories.size, 2);
    assert.deepEqual(new Set(asked.slice(0, repositories.size).map(repositoryOf)), repositories);
  });

  it('keeps the order of the plan whatever the order of the results', async () => {
    const run = aSigningRun({ signer: moodySigner([], true) });
    const { steps } = await run.plan();
    assert.deepEqual(
      (await run.sign()).map(({ subject }) => subject.digest),
      steps.map(({ subject }) => subject.digest),
    );
  });

  it('fails a digest whose signature the registry does not list afterwards', async () => {
    const run = aSigningRun();
    run.registry.hidesReferrers = true;
    const outcomes = await run.sign();
    const reason =
      'SIGNATURE_MISSING: The registry does not list the signature that was just pushed.';
    assert.deepEqual(reasonsOf(outcomes), [reason, reason, reason, reason]);
  });

  it('fails a digest whose new signature the trust policy does not accept, and pushes none', async () => {
    const run = aSigningRun({ trusted: STRANGER });
    const outcomes = await run.sign({ trust: TRUST });
    assert.deepEqual(run.registry.writes, []);
    assert.deepEqual(kindsOf(outcomes), ['failed', 'failed', 'failed', 'failed']);
    for (const reason of reasonsOf(outcomes)) {
      assert.match(reason, /^SIGNATURE_INVALID: The new signature does not verify: authenticity: /);
    }
  });

  it('fails a digest for which the policy has no statement', async () => {
    const outcomes = await aSigningRun({ scopes: ['mcr.example/app'] }).sign({ trust: TRUST });
    assert.deepEqual(kindsOf(outcomes), ['signed', 'signed', 'signed', 'failed']);
    assert.match(
      reasonsOf(outcomes).join(),
      /no trust policy statement is for build\.example\/run\/1\/tools\/probe or mcr\.example\/tools\/probe/,
    );
  });

  for (const format of ['cose', 'jws'] as const) {
    it(`signs the hand-over file in ${format}, also when every digest is signed`, async () => {
      const run = aSigningRun();
      await run.sign({ format });
      const { imageInfo } = await run.gather({ format });
      const { file } = await run.execute({ format });
      assert.ok(file.kind === 'signed');
      const blob = { bytes: imageInfo, mediaType: 'application/json' };
      const envelope = file.envelope.bytes;
      const signature = detachedToVerify({ blob, envelope, format, now: NOW });
      assert.equal(formatFailures(verifyAgainstChain(signature, CHAIN.chainDer)), '');
    });
  }

  it('fails the hand-over file by itself when the policy does not know a repository of it', async () => {
    const { file } = await aSigningRun({ scopes: ['mcr.example/app'] }).execute({ trust: TRUST });
    assert.ok(file.kind === 'failed');
    assert.match(file.error.message, /no trust policy statement is for .*tools\/probe/);
  });

  it('adds a signature to a digest that has more than a hundred', async () => {
    const run = aSigningRun();
    const { subject } = firstOf(await run.gather());
    const listed = { ...subject, artifactType: MediaType.notarySignature };
    const others = new Array<Descriptor>(100).fill(listed);
    const list = run.registry.listReferrers.bind(run.registry);
    run.registry.listReferrers = async (...place) => [...others, ...(await list(...place))];
    for (const existingSignatures of ['add', 'skip'] as const) {
      const outcomes = await run.sign({ existingSignatures });
      assert.deepEqual(kindsOf(outcomes), ['signed', 'signed', 'signed', 'signed']);
    }
  });

  it('is not stopped by what others attached to a digest that look like signatures', async () => {
    const run = aSigningRun();
    const target = firstOf(await run.gather());
    const digest = run.registry.addBlob(target.repository, Buffer.from('garbage'));
    const envelope = { mediaType: MediaType.cose, digest, size: 9999 };
    const thumbprints = ['0'.repeat(64)];
    const claims = { subject: target.subject, envelope, thumbprints, signingTime: NOW };
    run.registry.addManifest(target.repository, buildSignatureManifest(claims));
    assert.deepEqual(kindsOf(await run.sign()), ['signed', 'signed', 'signed', 'signed']);
  });

  it('reads back one signature of each repository, and all of one that does not show it', async () => {
    const run = aSigningRun();
    await run.sign();
    const listed = run.registry.reads.filter((read) => read.startsWith('referrers '));
    // Each of four subjects before, one of each repository after.
    assert.equal(listed.length, 4 + 2);
  });

  it('does not take a bug for a failure of one digest', async () => {
    const run = aSigningRun();
    run.registry.beforeWrite = () => {
      throw new TypeError('a bug');
    };
    await assert.rejects(run.sign(), TypeError);
  });

  it('stops when the run is cancelled', async () => {
    const run = aSigningRun();
    const controller = new AbortController();
    run.registry.beforeWrite = () => {
      controller.abort();
      controller.signal.throwIfAborted();
    };
    await assert.rejects(run.sign({}, controller.signal), { name: 'AbortError' });
    assert.deepEqual(run.registry.writes, []);
  });

  it('carries out a plan that was kept as JSON', async () => {
    const { registry, gather } = aSigningRun();
    const facts = await gather();
    const options = inputsOf({ expiryMs: 3_600_000, userMetadata: new Map([['build', '42']]) });
    const plan = planSigning(facts, options);
    const writers = {
      signer: signerOf(CHAIN),
      registry,
      signatures: createSignatureReader(registry, { warn: () => undefined }),
      evidence: { gather: async () => Promise.resolve(NO_EVIDENCE) },
    };
    const { outcomes } = await executePlan(JSON.parse(JSON.stringify(plan)) as Plan, {
      writers,
      judgement: facts,
      imageInfo: facts.imageInfo,
      signal: new AbortController().signal,
    });
    assert.deepEqual(kindsOf(outcomes), ['signed', 'signed', 'signed', 'signed']);
  });
});
