import { mapLimit } from '../../shared/core/concurrency.ts';
import { assertNever } from '../../shared/core/errors.ts';
import { LongListError } from '../../shared/core/long-list.ts';
import { orThrow } from '../../shared/core/result.ts';
import type { ImageInfo } from '../../shared/image-info/model.ts';
import { parseImageInfo } from '../../shared/image-info/parse.ts';
import { digestsOf, missingDigestsOf } from '../../shared/image-info/select.ts';
import type { ReleasedDigest } from '../../shared/image-info/select.ts';
import { withoutUnchanged } from '../../shared/image-info/trim.ts';
import { NO_EVIDENCE } from '../../shared/notary/evidence.ts';
import type { Evidence } from '../../shared/notary/evidence.ts';
import { repositoryAt } from '../../shared/oci/reference.ts';
import type { Location } from '../../shared/oci/reference.ts';
import type { HandOverReader } from '../../shared/ports/artifacts.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { EvidenceReader } from '../../shared/ports/evidence.ts';
import type { FileReader } from '../../shared/ports/files.ts';
import type { RegistryReader } from '../../shared/ports/registry.ts';
import type { FoundSignature, SignatureReader } from '../../shared/ports/signatures.ts';
import type { TrustReader } from '../../shared/ports/trust.ts';
import type { GateFacts } from './gate.ts';
import { gatedManifests, signaturesInQuestion } from './gated.ts';
import type { Gate, Inputs } from './inputs.ts';
import { entryKey, parseReceipt, receiptPathOf } from './receipt.ts';
import type { ReceiptEntry } from './receipt.ts';
import { nodeKey, readSource } from './source-graph.ts';
import type { ContentNode, NodeKey } from './source-graph.ts';
import { readTarget } from './target-state.ts';
import type { TargetState } from './target-state.ts';

/** Signatures read at once; the registry client bounds what is in flight for each host. */
const SIGNATURES_AT_ONCE = 16;

/** What PublishArtifacts reads with. */
export interface Readers {
  readonly handOver: Pick<HandOverReader, 'imageInfo'>;
  readonly files: FileReader;
  readonly registry: RegistryReader;
  readonly signatures: SignatureReader;
  readonly trust: TrustReader;
  readonly evidence: EvidenceReader;
  readonly clock: Clock;
}

/** All that the plan depends on. */
export interface Facts {
  readonly source: Location;
  readonly target: Location;
  /** The rows that are published. */
  readonly imageInfo: ImageInfo;
  readonly digests: readonly ReleasedDigest[];
  /** Every manifest that travels, by repository and digest. */
  readonly nodes: ReadonlyMap<NodeKey, ContentNode>;
  /** Signatures by the manifest they sign; empty without a gate. */
  readonly signatures: ReadonlyMap<NodeKey, readonly FoundSignature[]>;
  readonly gate: GateFacts;
  /** What the gate needs besides signatures and trust; empty when it verifies nothing. */
  readonly evidence: Evidence;
  readonly targetState: TargetState;
  /** What earlier attempts of this publish noted of tags, by `repository:tag` at the target. */
  readonly earlierTags: ReadonlyMap<string, ReceiptEntry>;
  readonly now: Date;
}

/** Reads image-info, the release at the source, and what the target has of it. */
export async function gatherFacts(
  inputs: Inputs,
  readers: Readers,
  signal: AbortSignal,
): Promise<Facts> {
  const { registry, clock } = readers;
  const now = clock.now();
  const imageInfo = await readImageInfo(inputs, readers, signal);
  const gate = await gateFacts(inputs.gate, { trust: readers.trust, now }, signal);
  const digests = digestsOf(imageInfo);
  const source = inputs.source.location;
  const target = inputs.target.location;
  const travels = (artifactType: string | undefined): boolean =>
    inputs.referrerTypes.includes('*') || inputs.referrerTypes.includes(artifactType ?? '');
  const nodes = await readSource(digests, { location: source, travels }, { registry, signal });
  const signatures =
    gate.kind === 'none'
      ? new Map<NodeKey, readonly FoundSignature[]>()
      : await readSignatures(nodes, { location: source, reader: readers.signatures }, signal);
  const evidence =
    gate.kind === 'verified'
      ? await readers.evidence.gather(
          signaturesInQuestion(gatedManifests({ nodes, signatures, source, digests }), gate),
          signal,
        )
      : NO_EVIDENCE;
  const targetState = await readTarget(digests, nodes, { location: target, registry, signal });
  const earlierTags = await readEarlierTags(inputs, readers.files, signal);
  return {
    ...{ source, target, imageInfo, digests, nodes, signatures, gate, evidence },
    ...{ targetState, earlierTags, now },
  };
}

/** The receipt that an attempt left which did not come to its end; a complete one is of another publish. */
async function readEarlierTags(
  { output, target }: Inputs,
  files: FileReader,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ReceiptEntry>> {
  const path = receiptPathOf(output);
  if (!(await files.isFile(path))) return new Map();
  const receipt = orThrow(parseReceipt(await files.read(path, signal), path), {
    code: 'RECEIPT_INVALID',
    subject: `The receipt of an earlier attempt, ${path},`,
    hint: 'Repair the file or move it away: it tells where tags pointed before the earlier attempt.',
  });
  const isOurs = receipt.completedAt === undefined && receipt.registry === target.location.registry;
  return new Map(isOurs ? receipt.tags.map((entry) => [entryKey(entry), entry]) : []);
}

async function readImageInfo(
  { imageInfo: from, includeUnchanged }: Inputs,
  { files, handOver }: Readers,
  signal: AbortSignal,
): Promise<ImageInfo> {
  const path = await handOver.imageInfo(from, signal);
  const info = orThrow(parseImageInfo(await files.read(path, signal), path), {
    code: 'IMAGE_INFO_INVALID',
    subject: `The image-info ${path}`,
  });
  const published = includeUnchanged ? info : withoutUnchanged(info);
  const missing = missingDigestsOf(published);
  if (missing.length > 0) {
    throw new LongListError({
      code: 'IMAGE_INFO_INVALID',
      summary: `${path} has no digest for`,
      lines: missing,
      hint: 'Publish the image-info that CreateManifestLists and SignImageInfo wrote.',
    });
  }
  return published;
}

async function gateFacts(
  gate: Gate,
  { trust, now }: { readonly trust: TrustReader; readonly now: Date },
  signal: AbortSignal,
): Promise<GateFacts> {
  switch (gate.kind) {
    case 'verified':
      return { kind: 'verified', ...(await trust.read(gate.trust, signal)), now };
    case 'present':
    case 'none':
      return { kind: gate.kind };
    default:
      return assertNever(gate);
  }
}

/** Envelopes are read even to see that a signature is present: a manifest without its envelope is none. */
async function readSignatures(
  nodes: ReadonlyMap<NodeKey, ContentNode>,
  { location, reader }: { readonly location: Location; readonly reader: SignatureReader },
  signal: AbortSignal,
): Promise<ReadonlyMap<NodeKey, readonly FoundSignature[]>> {
  const referrers = [...nodes.values()].filter(({ subject }) => subject !== undefined);
  const found = new Map<NodeKey, readonly FoundSignature[]>();
  await mapLimit(
    referrers,
    async ({ repo, document, subject }) => {
      if (subject === undefined) return;
      const signature = await reader.read(repositoryAt(location, repo), document, signal);
      if (signature === undefined) return;
      const key = nodeKey(repo, subject);
      found.set(key, [...(found.get(key) ?? []), signature]);
    },
    { limit: SIGNATURES_AT_ONCE, signal },
  );
  return found;
}
