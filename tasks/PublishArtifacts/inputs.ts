import { flag, oneOf } from '../../shared/core/input-values.ts';
import { parseArtifactName } from '../../shared/image-info/artifact-names.ts';
import { all, allConsistent, parsed, problem } from '../../shared/core/result.ts';
import type { Parsed, Problem } from '../../shared/core/result.ts';
import { parseTrustPaths } from '../../shared/core/trust-paths.ts';
import type { TrustPaths } from '../../shared/core/trust-paths.ts';
import { parseImageInfoSource } from '../../shared/image-info/source.ts';
import type { ImageInfoSource } from '../../shared/image-info/source.ts';
import type { Place } from '../../shared/oci/location.ts';
import { MediaType } from '../../shared/oci/media-types.ts';
import type { RegistryChoices } from '../../shared/oci/registry-choices.ts';
import type { AzureConnection } from '../../shared/ports/azure.ts';
import type { InputReader, RegistryConnection, RunFolders } from '../../shared/ports/host.ts';
import { parseBaseline, parseWait } from './final-inputs.ts';
import type { BaselineInput, WaitInput } from './final-inputs.ts';
import { outputOf, placeOf, registryChoices } from './places.ts';
import { parseReferrerTypes } from './referrer-types.ts';
import { parseRollbackInputs } from './rollback-inputs.ts';
import type { RollbackInputs } from './rollback-inputs.ts';

/** What every digest of the release must have before anything is written. */
export type Gate =
  | { readonly kind: 'verified'; readonly trust: TrustPaths }
  | { readonly kind: 'present' }
  | { readonly kind: 'none' };

const COPY_METHODS = ['auto', 'stream', 'acrImport'] as const;

type CopyMethod = (typeof COPY_METHODS)[number];

/** Everything PublishArtifacts is told; paths are absolute. */
export interface Inputs {
  readonly kind: 'publish';
  readonly imageInfo: ImageInfoSource;
  readonly source: Place<RegistryConnection>;
  readonly target: Place<RegistryConnection>;
  /** What holds for all registries. */
  readonly registries: RegistryChoices;
  readonly gate: Gate;
  /** What is asked of the detached signature beside image-info. */
  readonly imageInfoSignature: 'auto' | 'require' | 'ignore';
  /** `auto` mounts where source and target are one registry. */
  readonly copyMethod: CopyMethod;
  /** The connection with which the target imports; absent where it cannot or shall not. */
  readonly importWith: AzureConnection | undefined;
  /** Artifact types of the referrers that travel along; `*` is all, and where there is none nobody looks for any. */
  readonly referrerTypes: readonly string[];
  readonly existingTags: 'move' | 'fail';
  readonly includeUnchanged: boolean;
  /** `content` copies only, a slice of it where several jobs do the same; `tags` sets tags once all content is there. */
  readonly phase: 'all' | 'content' | 'tags';
  readonly baseline: BaselineInput | undefined;
  readonly wait: WaitInput | undefined;
  /** The final image-info to write; the receipt goes beside it. */
  readonly output: string;
  readonly artifactName: string | undefined;
  readonly dryRun: boolean;
}

/** The inputs of the step, or every problem with the name of its input. A receipt to undo makes it a rollback. */
export function parseInputs(
  input: InputReader,
  folders: RunFolders,
): Parsed<Inputs | RollbackInputs> {
  if (input.text('rollbackReceipt') !== '') return parseRollbackInputs(input, folders);
  const copyMethod = oneOf('copyMethod', input.text('copyMethod'), COPY_METHODS);
  return allConsistent<Inputs>(
    {
      kind: parsed('publish'),
      imageInfo: parseImageInfoSource(
        {
          path: input.text('imageInfo'),
          artifact: input.text('imageInfoArtifact'),
          runId: input.text('imageInfoRunId'),
        },
        { root: folders.workspace, names: ['image-info-signed', 'image-info'] },
      ),
      source: placeOf(input, 'source'),
      target: placeOf(input, 'target'),
      registries: registryChoices(input),
      gate: parseGate(input, folders),
      imageInfoSignature: oneOf('imageInfoSignature', input.text('imageInfoSignature'), [
        'auto',
        'require',
        'ignore',
      ]),
      copyMethod,
      importWith: parseImport(input, copyMethod),
      referrerTypes: parseReferrerTypes(input.text('referrerTypes')),
      existingTags: oneOf('existingTags', input.text('existingTags'), ['move', 'fail']),
      includeUnchanged: flag('includeUnchanged', input.text('includeUnchanged')),
      phase: oneOf('phase', input.text('phase'), ['all', 'content', 'tags']),
      baseline: parseBaseline(input, folders),
      wait: parseWait(input),
      output: outputOf(input, folders),
      artifactName: parseArtifactName('artifactName', input.text('artifactName')),
      dryRun: flag('dryRun', input.text('dryRun')),
    },
    contradictionsIn,
  );
}

function parseGate(input: InputReader, folders: RunFolders): Parsed<Gate> {
  const texts = all<{ level: 'auto' | Gate['kind']; trust: TrustPaths | undefined }>({
    level: oneOf('requireSignatures', input.text('requireSignatures'), [
      'auto',
      'verified',
      'present',
      'none',
    ]),
    trust: parseTrustPaths(input.text('trustPolicy'), input.text('trustStore'), folders.working),
  });
  if (!texts.ok) return texts;
  const { level, trust } = texts.value;
  const kind = level === 'auto' ? (trust === undefined ? 'present' : 'verified') : level;
  if (kind === 'verified') {
    if (trust !== undefined) return parsed({ kind, trust });
    return problem('trustPolicy', 'is required when requireSignatures is verified');
  }
  if (trust === undefined) return parsed({ kind });
  return problem('trustPolicy', `is not used when requireSignatures is ${kind}: leave it out`);
}

function parseImport(
  input: InputReader,
  copyMethod: Parsed<CopyMethod>,
): Parsed<AzureConnection | undefined> {
  const connection = input.azureConnection('azureSubscription');
  if (!connection.ok || !copyMethod.ok) return connection;
  const method = copyMethod.value;
  if (connection.value === undefined && method === 'acrImport') {
    return problem('azureSubscription', 'is required when copyMethod is acrImport');
  }
  if (connection.value !== undefined && method === 'stream') {
    return problem('azureSubscription', 'is not used when copyMethod is stream: leave it out');
  }
  return connection;
}

/** Inputs that are good by themselves and do not go together; what is not known has a problem of its own. */
function contradictionsIn(known: Partial<Inputs>): readonly Problem[] {
  return [...sameLocation(known), ...lostSignatures(known), ...unusedByContent(known)];
}

function sameLocation({ source, target }: Partial<Inputs>): readonly Problem[] {
  if (source === undefined || target === undefined) return [];
  const [from, to] = [source.location, target.location];
  if (from.registry !== to.registry || from.prefix !== to.prefix) return [];
  const message =
    'names, with targetRepositoryPrefix, the place of the source: give another registry or prefix';
  return [{ path: 'targetRegistry', message }];
}

function lostSignatures({ referrerTypes: types, gate }: Partial<Inputs>): readonly Problem[] {
  if (types === undefined || gate === undefined || gate.kind === 'none') return [];
  if (types.includes('*') || types.includes(MediaType.notarySignature)) return [];
  if (types.length === 0) {
    const alone = 'is none, so signatures would not travel: set requireSignatures to none as well';
    return [{ path: 'referrerTypes', message: alone }];
  }
  const message = `lacks ${MediaType.notarySignature}, but requireSignatures is ${gate.kind}: add it, or set requireSignatures to none`;
  return [{ path: 'referrerTypes', message }];
}

/** What only the phase that sets tags can do. */
function unusedByContent({ phase, baseline, wait }: Partial<Inputs>): readonly Problem[] {
  if (phase !== 'content') return [];
  const message = 'is not used in the phase content: give it to the step of the phase tags';
  return [
    ...(baseline === undefined ? [] : [{ path: 'baselineImageInfo', message }]),
    ...(wait === undefined ? [] : [{ path: 'waitForRegistry', message }]),
  ];
}
