import { resolve } from 'node:path';
import { both, mapLimit } from '../../shared/core/concurrency.ts';
import { TaskError, assertNever, definite } from '../../shared/core/errors.ts';
import { groupBy } from '../../shared/core/group-by.ts';
import { LongListError } from '../../shared/core/long-list.ts';
import { orThrow } from '../../shared/core/result.ts';
import type { ImageInfo } from '../../shared/image-info/model.ts';
import { parseImageInfo } from '../../shared/image-info/parse.ts';
import { digestsOf, missingDigestsOf } from '../../shared/image-info/select.ts';
import type { ReleasedDigest } from '../../shared/image-info/select.ts';
import { withoutUnchanged } from '../../shared/image-info/trim.ts';
import { NO_EVIDENCE } from '../../shared/notary/evidence.ts';
import type { Evidence } from '../../shared/notary/evidence.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import { repositoryAt } from '../../shared/oci/reference.ts';
import type { Location } from '../../shared/oci/reference.ts';
import { readSignatureManifest } from '../../shared/oci/signature-manifest.ts';
import type { HandOverReader } from '../../shared/ports/artifacts.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { EvidenceReader } from '../../shared/ports/evidence.ts';
import type { FileReader } from '../../shared/ports/files.ts';
import type { RegistryReader } from '../../shared/ports/registry.ts';
import type { FoundSignature, SignatureReader } from '../../shared/ports/signatures.ts';
import type { TrustReader } from '../../shared/ports/trust.ts';
import { readEarlierTags } from './earlier-receipts.ts';
import type { EarlierTags } from './earlier-receipts.ts';
import type { GateFacts } from './gate.ts';
import { gatedManifests, signaturesInQuestion } from './gated.ts';
import type { GatedManifest } from './gated.ts';
import type { Gate, Inputs } from './inputs.ts';
import { nodeKey, readSource } from './source-graph.ts';
import type { ContentNode, NodeKey, Travels } from './source-graph.ts';
import { readSignedFile } from './read-signed-file.ts';
import { fileInQuestion, refuseOtherFile } from './signed-file.ts';
import type { SignedFile } from './signed-file.ts';
import { sliceOf } from './slice.ts';
import type { Slice } from './slice.ts';
import { withSyndicatedTags } from './syndicated-tags.ts';
import { readPresent, readSamples, readTags } from './target-state.ts';
import type { TargetReading, TargetState, Wanted } from './target-state.ts';

/** Signatures read at once; the registry client bounds what is in flight for each host. */
const SIGNATURES_AT_ONCE = 24;

/** What PublishArtifacts reads with. */
export interface Readers {
  readonly handOver: Pick<HandOverReader, 'imageInfo' | 'earlierAttempt'>;
  readonly files: FileReader;
  readonly registry: RegistryReader;
  readonly signatures: SignatureReader;
  readonly trust: TrustReader;
  readonly evidence: EvidenceReader;
  readonly clock: Clock;
  /** Which of several jobs this is that share the work; absent for the only one. */
  readonly slice: Slice | undefined;
}

/** All that the plan depends on. */
export interface Facts extends EarlierTags {
  readonly source: Location;
  readonly target: Location;
  /** The whole document, unchanged rows included. */
  readonly release: ImageInfo;
  /** The file that it was read from, with its detached signatures. */
  readonly signedFile: SignedFile;
  /** The rows that are published. */
  readonly imageInfo: ImageInfo;
  /** What is published already, when the release is merged into it. */
  readonly baseline: ImageInfo | undefined;
  readonly digests: readonly ReleasedDigest[];
  /** Every manifest that travels, by repository and digest. */
  readonly nodes: ReadonlyMap<NodeKey, ContentNode>;
  /** Those of them that this job copies. */
  readonly content: ReadonlyMap<NodeKey, ContentNode>;
  /** Signatures by the manifest they sign; empty without a gate. */
  readonly signatures: ReadonlyMap<NodeKey, readonly FoundSignature[]>;
  /** What must be signed. */
  readonly manifests: readonly GatedManifest[];
  readonly gate: GateFacts;
  /** What the gate needs besides signatures and trust; empty when it verifies nothing. */
  readonly evidence: Evidence;
  readonly targetState: TargetState;
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
  const path = await readers.handOver.imageInfo(inputs.imageInfo, signal);
  refuseOwnOutput(path, inputs);
  const bytes = await readers.files.read(path, signal);
  const release = parseInfo(bytes, path);
  const signedFile = await readSignedFile({ path, bytes, info: release }, readers.files, signal);
  refuseOtherFile(signedFile, { mode: inputs.imageInfoSignature, now });
  const imageInfo = publishedRows(release, path, inputs);
  const baseline =
    inputs.baseline === undefined
      ? undefined
      : parseInfo(await readers.files.read(inputs.baseline.path, signal), inputs.baseline.path);
  const gate = await gateFacts(inputs.gate, { trust: readers.trust, now }, signal);
  const source = inputs.source.location;
  const atSource = { location: source, registry, signal };
  const digests = await withSyndicatedTags(digestsOf(imageInfo), atSource);
  const target = inputs.target.location;
  const reading = { location: target, registry, signal };
  const tagged = taggedAtTarget(inputs, digests);
  const slice = inputs.phase === 'content' ? readers.slice : undefined;
  // Two hosts as a rule: neither has to wait for the other.
  const [{ nodes, signatures }, { tags, samples }] = await both(
    readRelease(digests, { inputs, readers }, signal),
    readTarget({ digests, tagged, slice, phase: inputs.phase }, reading),
  );
  const manifests = gatedManifests({ nodes, signatures, source, digests });
  const questions =
    gate.kind === 'verified'
      ? [...signaturesInQuestion(manifests, gate), ...fileInQuestion(signedFile, manifests, gate)]
      : [];
  const evidence =
    questions.length === 0 ? NO_EVIDENCE : await readers.evidence.gather(questions, signal);
  const content = slice === undefined ? nodes : sliceOf(nodes, slice);
  const wanted = { tagged, tags, samples, nodes: content, phase: inputs.phase };
  const present = await readPresent(wanted, reading);
  const earlier = await readEarlierTags({ inputs, digests }, readers, signal);
  return {
    ...{ source, target, release, imageInfo, baseline, digests, nodes, content, signatures },
    ...{ signedFile, manifests, gate, evidence, now, ...earlier },
    targetState: { tags, present },
  };
}

/** What was signed must stay as it is, and a later attempt must find it. */
function refuseOwnOutput(path: string, { output }: Pick<Inputs, 'output'>): void {
  if (resolve(path) !== resolve(output)) return;
  throw new TaskError('INPUT_INVALID', `The output ${output} is the image-info to publish.`, {
    hint: 'Give output another path, or leave it out.',
  });
}

/** The manifests that travel, and what of them are signatures. */
async function readRelease(
  digests: readonly ReleasedDigest[],
  { inputs, readers }: { readonly inputs: Inputs; readonly readers: Readers },
  signal: AbortSignal,
): Promise<Pick<Facts, 'nodes' | 'signatures'>> {
  const { registry, signatures: reader } = readers;
  const { location } = inputs.source;
  const travels = travelling(inputs.referrerTypes);
  const nodes = await readSource(digests, { location, travels }, { registry, signal });
  if (inputs.gate.kind === 'none') return { nodes, signatures: new Map() };
  return { nodes, signatures: await readSignatures(nodes, { location, reader }, signal) };
}

function travelling(types: readonly string[]): Travels | undefined {
  if (types.length === 0) return undefined;
  return (artifactType) => types.includes('*') || types.includes(artifactType ?? '');
}

interface AtTarget extends Pick<Wanted, 'tagged' | 'phase'> {
  readonly digests: readonly ReleasedDigest[];
  readonly slice: Slice | undefined;
}

/** What can be asked of the target before the source is read. */
async function readTarget(
  { digests, tagged, slice, phase }: AtTarget,
  reading: TargetReading,
): Promise<Pick<Wanted, 'tags' | 'samples'>> {
  const tags = await readTags(tagged, reading);
  // A slice begins with manifests of its own; where tags are set only, every manifest is asked for.
  const isWhole = slice === undefined && phase !== 'tags';
  return { tags, samples: isWhole ? await readSamples(digests, tags, reading) : new Map() };
}

/** The digests whose tags are looked at: a job that only copies does where a tag is a reason not to copy. */
function taggedAtTarget(
  { phase, existingTags }: Inputs,
  digests: readonly ReleasedDigest[],
): readonly ReleasedDigest[] {
  return phase === 'content' && existingTags === 'move' ? [] : digests;
}

function parseInfo(bytes: Uint8Array, path: string): ImageInfo {
  return orThrow(parseImageInfo(bytes, path), {
    code: 'IMAGE_INFO_INVALID',
    subject: `The image-info ${path}`,
    hint: 'Give the input an image-info file, as CreateManifestLists and SignImageInfo write them.',
  });
}

/** @throws TaskError `IMAGE_INFO_INVALID` that lists the rows without a digest */
function publishedRows(
  release: ImageInfo,
  path: string,
  { includeUnchanged }: Pick<Inputs, 'includeUnchanged'>,
): ImageInfo {
  const published = includeUnchanged ? release : withoutUnchanged(release);
  const missing = missingDigestsOf(published);
  if (missing.length === 0) return published;
  throw new LongListError({
    code: 'IMAGE_INFO_INVALID',
    summary: `${path} has no digest for`,
    lines: missing,
    hint: 'Publish the image-info that CreateManifestLists and SignImageInfo wrote.',
  });
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
  const listed = [...nodes.values()].filter(isSignature);
  // Anybody who may push can attach more; they travel along, but cannot keep the release busy.
  const looked = [...groupBy(listed, ({ repo, subject }) => nodeKey(repo, subject))].flatMap(
    ([, own]) => {
      const { repo, subject } = definite(own[0], 'a signature of the group');
      return reader.lookedAt(repositoryAt(location, repo), subject, own);
    },
  );
  const found = new Map<NodeKey, readonly FoundSignature[]>();
  await mapLimit(
    looked,
    async ({ repo, document, subject }) => {
      const signature = await reader.read(repositoryAt(location, repo), document, signal);
      if (signature === undefined) return;
      const key = nodeKey(repo, subject);
      found.set(key, [...(found.get(key) ?? []), signature]);
    },
    { limit: SIGNATURES_AT_ONCE, signal },
  );
  return found;
}

function isSignature(node: ContentNode): node is ContentNode & { readonly subject: Digest } {
  if (node.subject === undefined) return false;
  const read = readSignatureManifest(node.document);
  return read.ok && read.value !== undefined;
}
