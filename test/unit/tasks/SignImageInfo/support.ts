import { definite, invariant } from '../../../../shared/core/errors.ts';
import type { Certificate } from '../../../../shared/notary/certificate.ts';
import { parseCertificates } from '../../../../shared/notary/pem.ts';
import type { Clock } from '../../../../shared/ports/clock.ts';
import type { EvidenceReader } from '../../../../shared/ports/evidence.ts';
import type { Timestamper } from '../../../../shared/ports/timestamper.ts';
import type { HttpCall, HttpClient } from '../../../../shared/ports/http.ts';
import type { ImageInfo } from '../../../../shared/image-info/model.ts';
import { serialiseImageInfo } from '../../../../shared/image-info/write.ts';
import type { Descriptor } from '../../../../shared/oci/descriptor.ts';
import type { Digest } from '../../../../shared/oci/digest.ts';
import type { Repository } from '../../../../shared/oci/reference.ts';
import type { Signer } from '../../../../shared/ports/signer.ts';
import { createEvidenceReader } from '../../../../shared/signing/evidence-reader.ts';
import { createRevocationReader } from '../../../../shared/signing/revocation.ts';
import { createSignatureReader } from '../../../../shared/signing/signature-reader.ts';
import { createTimestamper } from '../../../../shared/signing/timestamper.ts';
import { createTrustReader } from '../../../../shared/signing/trust-reader.ts';
import { executePlan } from '../../../../tasks/SignImageInfo/execute.ts';
import type { Execution, Outcome } from '../../../../tasks/SignImageInfo/execute.ts';
import { gatherFacts } from '../../../../tasks/SignImageInfo/gather.ts';
import type { Facts } from '../../../../tasks/SignImageInfo/gather.ts';
import type { Inputs } from '../../../../tasks/SignImageInfo/inputs.ts';
import { planSigning } from '../../../../tasks/SignImageInfo/plan.ts';
import type { Plan } from '../../../../tasks/SignImageInfo/plan.ts';
import { makeChain } from '../../../support/certificates.ts';
import type { TestChain } from '../../../support/certificates.ts';
import { fileHandOver } from '../../../support/file-hand-over.ts';
import { memoryFiles } from '../../../support/memory-files.ts';
import { MemoryRegistry } from '../../../support/memory-registry.ts';
import { BUILD, SMALL_RELEASE, pushRelease } from '../../../support/release.ts';
import type { ImageSpec } from '../../../support/release.ts';
import { scriptedHttp } from '../../../support/scripted-http.ts';
import type { ScriptedHttp } from '../../../support/scripted-http.ts';
import { NOW, policyText, signerOf } from '../../../support/signing.ts';
import { answerRequest } from '../../../support/timestamps.ts';

/** Whose signatures are ours in these tests. */
export const CHAIN = makeChain();

/** Another signer, whom nobody asked for. */
export const STRANGER = makeChain();

/** What a step is told, as little as possible. */
export function inputsOf(changes: Partial<Inputs> = {}): Inputs {
  return {
    imageInfo: { kind: 'file', path: '/workspace/image-info.json' },
    registry: { location: BUILD, connection: undefined, scheme: undefined },
    registries: { trustedTokenHosts: [], referrersPerMinute: undefined },
    signer: { kind: 'certificate', privateKey: '', certificateChain: '', password: undefined },
    format: 'cose',
    expiryMs: undefined,
    userMetadata: new Map(),
    timestamp: undefined,
    existingSignatures: 'skip',
    trust: undefined,
    output: '/temp/image-info-signed/signing-report.json',
    artifactName: undefined,
    dryRun: false,
    ...changes,
  };
}

/** A trust policy for everything and its store, which trusts our signer, or another one. */
export const TRUST = { policy: '/trust/policy.json', store: '/trust/store' };

/** Where signatures are stamped. */
const STAMP_URL = new URL('http://tsa.example/');

/** The authority there, which stamps whatever it is asked to. */
export function stamping(authority: TestChain): ScriptedHttp {
  const answer = ({ body }: HttpCall): Uint8Array =>
    answerRequest(authority, definite(body, 'the request'));
  return scriptedHttp({ [STAMP_URL.host]: answer });
}

function rootsOf({ rootPem }: TestChain): readonly Certificate[] {
  const roots = parseCertificates(Buffer.from(rootPem), 'root');
  invariant(roots.ok, 'the root of a test is a certificate');
  return roots.value;
}

/** What of a run is not as usual. */
export interface RunChanges {
  readonly images?: readonly ImageSpec[];
  /** Changes what the registry holds or the document says, before anything runs. */
  readonly document?: (info: ImageInfo) => ImageInfo;
  readonly signer?: Signer;
  readonly trusted?: TestChain;
  /** A registry with what earlier runs left. */
  readonly registry?: MemoryRegistry;
  /** Services besides the registry; none can be reached when not given. */
  readonly http?: HttpClient;
  /** Whoever must stamp signatures; nobody when not given. */
  readonly authority?: TestChain;
  /** Scopes of the trust policy. */
  readonly scopes?: readonly string[];
}

/** A release that is to be signed. */
export interface SigningRun {
  readonly registry: MemoryRegistry;
  readonly info: ImageInfo;
  readonly gather: (changes?: Partial<Inputs>, signal?: AbortSignal) => Promise<Facts>;
  readonly plan: (changes?: Partial<Inputs>) => Promise<Plan>;
  /** Gathers, plans and executes. */
  readonly sign: (changes?: Partial<Inputs>, signal?: AbortSignal) => Promise<readonly Outcome[]>;
  readonly execute: (changes?: Partial<Inputs>, signal?: AbortSignal) => Promise<Execution>;
}

/** What finds out about timestamps and revocation, and stamps. */
function stampingOf(
  { http = scriptedHttp(), authority }: RunChanges,
  clock: Clock,
): {
  readonly evidence: EvidenceReader;
  readonly stampRoots: readonly Certificate[] | undefined;
  readonly timestamper: Timestamper | undefined;
} {
  const revocation = createRevocationReader(http, clock);
  const evidence = createEvidenceReader(revocation, clock);
  if (authority === undefined) return { evidence, stampRoots: undefined, timestamper: undefined };
  const roots = rootsOf(authority);
  const timestamper = createTimestamper({ http, urls: [STAMP_URL], roots, revocation });
  return { evidence, stampRoots: roots, timestamper };
}

/** A release in a registry with its image-info and a signer. */
export function aSigningRun(changes: RunChanges = {}): SigningRun {
  const { images = SMALL_RELEASE, trusted = CHAIN, scopes = ['*'] } = changes;
  const registry = changes.registry ?? new MemoryRegistry();
  const pushed = pushRelease(registry, images);
  const info = changes.document?.(pushed) ?? pushed;
  const files = memoryFiles({
    '/workspace/image-info.json': serialiseImageInfo(info),
    [TRUST.policy]: Buffer.from(policyText(...scopes)),
    [`${TRUST.store}/ca/release/root.pem`]: Buffer.from(trusted.rootPem),
  });
  const signer = changes.signer ?? signerOf(CHAIN);
  const signatures = createSignatureReader(registry, { warn: () => undefined });
  const trust = createTrustReader(files);
  const clock = { now: () => NOW };
  const { evidence, stampRoots, timestamper } = stampingOf(changes, clock);
  const readers = {
    ...{ evidence, stampRoots },
    files,
    handOver: fileHandOver,
    registry,
    signatures,
    trust,
    signer,
    clock,
  };
  const gather: SigningRun['gather'] = async (given, signal = new AbortController().signal) =>
    gatherFacts(inputsOf(given), readers, signal);
  const execute: SigningRun['execute'] = async (given, signal = new AbortController().signal) => {
    const facts = await gather(given);
    const writers = {
      ...{ signer, registry, signatures, evidence },
      ...(timestamper === undefined ? {} : { timestamper }),
    };
    return executePlan(planSigning(facts, inputsOf(given)), {
      writers,
      judgement: facts,
      imageInfo: facts.imageInfo,
      signal,
    });
  };
  return {
    registry,
    info,
    gather,
    plan: async (given) => planSigning(await gather(given), inputsOf(given)),
    execute,
    sign: async (given, signal) => (await execute(given, signal)).outcomes,
  };
}

/** The first subject of some facts, and where it is. */
export function firstOf({ subjects }: Facts): {
  readonly repository: Repository;
  readonly subject: Descriptor;
} {
  const [first] = subjects;
  if (first === undefined) throw new TypeError('there are no subjects');
  return { repository: first.repository, subject: first.descriptor };
}

/** The digests that a plan signs or skips. */
export function digestsIn(plan: Plan, kind: 'sign' | 'skip'): readonly Digest[] {
  return plan.steps.filter((step) => step.kind === kind).map(({ subject }) => subject.digest);
}
