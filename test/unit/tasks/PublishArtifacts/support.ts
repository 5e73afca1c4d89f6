import type { ImageInfo } from '../../../../shared/image-info/model.ts';
import { digestsOf } from '../../../../shared/image-info/select.ts';
import { serialiseImageInfo } from '../../../../shared/image-info/write.ts';
import type { HttpClient } from '../../../../shared/ports/http.ts';
import type { Digest } from '../../../../shared/oci/digest.ts';
import { repositoryAt } from '../../../../shared/oci/reference.ts';
import type { Location } from '../../../../shared/oci/reference.ts';
import { createEvidenceReader } from '../../../../shared/signing/evidence-reader.ts';
import { createRevocationReader } from '../../../../shared/signing/revocation.ts';
import type { Timer } from '../../../../shared/ports/clock.ts';
import { createSignatureReader } from '../../../../shared/signing/signature-reader.ts';
import { createTrustReader } from '../../../../shared/signing/trust-reader.ts';
import { executePlan } from '../../../../tasks/PublishArtifacts/execute.ts';
import type { Done, Writers } from '../../../../tasks/PublishArtifacts/execute.ts';
import { gatherFacts } from '../../../../tasks/PublishArtifacts/gather.ts';
import type { Facts } from '../../../../tasks/PublishArtifacts/gather.ts';
import type { Inputs } from '../../../../tasks/PublishArtifacts/inputs.ts';
import { planPublish } from '../../../../tasks/PublishArtifacts/plan.ts';
import type { Slice } from '../../../../tasks/PublishArtifacts/slice.ts';
import type { Plan } from '../../../../tasks/PublishArtifacts/steps.ts';
import { makeChain } from '../../../support/certificates.ts';
import type { TestChain } from '../../../support/certificates.ts';
import { fileHandOver } from '../../../support/file-hand-over.ts';
import { memoryFiles } from '../../../support/memory-files.ts';
import type { MemoryFiles } from '../../../support/memory-files.ts';
import { MemoryRegistry } from '../../../support/memory-registry.ts';
import { BUILD, SMALL_RELEASE, pushRelease } from '../../../support/release.ts';
import type { ImageSpec } from '../../../support/release.ts';
import { scriptedHttp } from '../../../support/scripted-http.ts';
import { NOW, policyText, pushSignature } from '../../../support/signing.ts';

/** Who signs releases in these tests. */
export const CHAIN = makeChain();

/** Where releases are published to. */
export const TARGET: Location = { registry: 'public.example', prefix: '' };

/** A trust policy and its store, as `aRelease` writes them. */
const TRUST = { policy: '/trust/policy.json', store: '/trust/store' };

export const VERIFIED: Inputs['gate'] = { kind: 'verified', trust: TRUST };

/** Time stands still, and nobody waits. */
const TIMER: Timer = { now: () => NOW, sleep: async () => Promise.resolve() };

/** Time, and nobody who listens. */
export const QUIET: Pick<Writers, 'clock' | 'log' | 'progress'> = {
  clock: TIMER,
  log: { info: () => undefined },
  progress: { moved: () => undefined, copied: () => undefined, tagged: () => undefined },
};

/** What a step is told, as little as possible. */
export function inputsOf(changes: Partial<Inputs> = {}): Inputs {
  return {
    kind: 'publish',
    imageInfo: { kind: 'file', path: '/workspace/image-info.json' },
    source: { location: BUILD, connection: undefined, scheme: undefined },
    target: { location: TARGET, connection: undefined, scheme: undefined },
    registries: { trustedTokenHosts: [], referrersPerMinute: undefined },
    gate: { kind: 'present' },
    imageInfoSignature: 'auto',
    copyMethod: 'auto',
    importWith: undefined,
    referrerTypes: ['*'],
    existingTags: 'move',
    includeUnchanged: false,
    phase: 'all',
    baseline: undefined,
    wait: undefined,
    output: '/temp/image-info-final/image-info.json',
    artifactName: undefined,
    dryRun: false,
    ...changes,
  };
}

/** What of a release is not as usual. */
export interface ReleaseChanges {
  readonly images?: readonly ImageSpec[];
  /** Changes what the document says. */
  readonly document?: (info: ImageInfo) => ImageInfo;
  /** Which digests are signed; all unless told otherwise. */
  readonly signs?: (digest: Digest, kind: 'platform' | 'list') => boolean;
  /** Scopes of the trust policy. */
  readonly scopes?: readonly string[];
  /** Who signs; a chain that nobody can revoke when not given. */
  readonly chain?: TestChain;
  /** Responders and lists; none can be reached when not given. */
  readonly http?: HttpClient;
  /** Which of several jobs publishes. */
  readonly slice?: Slice;
  /** Where another job of the same release works, too; a new one unless given. */
  readonly registry?: MemoryRegistry;
  /** More files, by path. */
  readonly files?: Readonly<Record<string, unknown>>;
  /** Hears what is warned of while signatures are read. */
  readonly warn?: (message: string) => void;
}

/** A signed release that is to be published. */
export interface Release {
  readonly registry: MemoryRegistry;
  readonly files: MemoryFiles;
  readonly info: ImageInfo;
  readonly gather: (changes?: Partial<Inputs>, signal?: AbortSignal) => Promise<Facts>;
  readonly plan: (changes?: Partial<Inputs>) => Promise<Plan>;
  /** Gathers, plans and executes. */
  readonly publish: (changes?: Partial<Inputs>, signal?: AbortSignal) => Promise<Done>;
}

/** A release in a build registry with its signatures and its image-info. */
export async function aRelease(changes: ReleaseChanges = {}): Promise<Release> {
  const { images = SMALL_RELEASE, signs = () => true, scopes = ['*'], chain = CHAIN } = changes;
  const registry = changes.registry ?? new MemoryRegistry();
  const pushed = pushRelease(registry, images);
  if (changes.registry === undefined) await signRelease(registry, pushed, { signs, chain });
  const info = changes.document?.(pushed) ?? pushed;
  const files = memoryFiles({
    '/workspace/image-info.json': serialiseImageInfo(info),
    [TRUST.policy]: Buffer.from(policyText(...scopes)),
    [`${TRUST.store}/ca/release/root.pem`]: Buffer.from(chain.rootPem),
    ...changes.files,
  });
  const signatures = createSignatureReader(registry, {
    warn: changes.warn ?? ((): void => undefined),
  });
  const clock = TIMER;
  const http = changes.http ?? scriptedHttp();
  const evidence = createEvidenceReader(createRevocationReader(http, clock), clock);
  const readers = {
    ...{ files, handOver: fileHandOver, registry, signatures },
    ...{ trust: createTrustReader(files), evidence, clock },
  };
  const gather: Release['gather'] = async (given, signal = new AbortController().signal) =>
    gatherFacts(inputsOf(given), { ...readers, slice: changes.slice }, signal);
  return {
    registry,
    files,
    info,
    gather,
    plan: async (given) => planPublish(await gather(given), inputsOf(given)),
    publish: async (given, signal = new AbortController().signal) => {
      const inputs = inputsOf(given);
      const facts = await gather(given);
      const context = { nodes: facts.nodes, inputs, now: facts.now };
      const writers = { registry, files, ...QUIET };
      return executePlan(planPublish(facts, inputs), context, { writers, signal });
    },
  };
}

async function signRelease(
  registry: MemoryRegistry,
  info: ImageInfo,
  { signs, chain }: Required<Pick<ReleaseChanges, 'signs' | 'chain'>>,
): Promise<void> {
  const { signal } = new AbortController();
  for (const { repo, digest, kind } of digestsOf(info)) {
    const repository = repositoryAt(BUILD, repo);
    const manifest = await registry.getManifest(repository, digest, signal);
    if (manifest === undefined || !signs(digest, kind)) continue;
    const subject = manifest.descriptor;
    await pushSignature(registry, { repository, subject }, { chain });
  }
  registry.reads.length = 0;
}

/** The digest of the list of the image `app`, and of its platforms. */
export function digestsOfApp(info: ImageInfo): {
  readonly list: Digest;
  readonly platforms: readonly Digest[];
} {
  const app = digestsOf(info).filter(({ repo }) => repo === 'app');
  const [list] = app.filter(({ kind }) => kind === 'list').map(({ digest }) => digest);
  if (list === undefined) throw new TypeError('the release has no list');
  const platforms = app.filter(({ kind }) => kind === 'platform').map(({ digest }) => digest);
  return { list, platforms };
}
