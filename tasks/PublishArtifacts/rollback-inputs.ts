import { flag, requiredPath } from '../../shared/core/input-values.ts';
import { parseArtifactName } from '../../shared/image-info/artifact-names.ts';
import { all, parsed, problems } from '../../shared/core/result.ts';
import type { Parsed } from '../../shared/core/result.ts';
import type { Place } from '../../shared/oci/location.ts';
import type { RegistryChoices } from '../../shared/oci/registry-choices.ts';
import type { InputReader, RegistryConnection, RunFolders } from '../../shared/ports/host.ts';
import { outputOf, placeOf, registryChoices } from './places.ts';

/** Everything that a rollback is told; paths are absolute. */
export interface RollbackInputs {
  readonly kind: 'rollback';
  /** The `receipt.json` of the publish to undo. */
  readonly receipt: string;
  readonly target: Place<RegistryConnection>;
  /** What holds for all registries. */
  readonly registries: RegistryChoices;
  /** The record of the rollback goes beside this path. */
  readonly output: string;
  readonly artifactName: string | undefined;
  readonly dryRun: boolean;
}

/** What says what to publish; the receipt says what to undo. */
const OF_PUBLISHING = [
  'imageInfo',
  'imageInfoArtifact',
  'imageInfoRunId',
  'sourceConnection',
  'sourceRegistry',
  'sourceRepositoryPrefix',
  'trustPolicy',
  'trustStore',
  'azureSubscription',
  'baselineImageInfo',
  'commitOverride',
  'waitForRegistry',
] as const;

/** The agent fills in the default of these when nobody has chosen anything. */
const CHOICES_OF_PUBLISHING = {
  requireSignatures: 'auto',
  imageInfoSignature: 'auto',
  copyMethod: 'auto',
  referrerTypes: '*',
  existingTags: 'move',
  includeUnchanged: 'false',
  phase: 'all',
} as const;

/** The inputs of a rollback. */
export function parseRollbackInputs(
  input: InputReader,
  folders: RunFolders,
): Parsed<RollbackInputs> {
  const { workspace } = folders;
  const inputs = all<RollbackInputs>({
    kind: parsed('rollback'),
    receipt: requiredPath('rollbackReceipt', input.text('rollbackReceipt'), workspace),
    target: placeOf(input, 'target'),
    registries: registryChoices(input),
    output: outputOf(input, folders),
    artifactName: parseArtifactName('artifactName', input.text('artifactName')),
    dryRun: flag('dryRun', input.text('dryRun')),
  });
  const chosen = Object.entries(CHOICES_OF_PUBLISHING).flatMap(([name, fallback]) =>
    ['', fallback].includes(input.text(name).trim().toLowerCase()) ? [] : name,
  );
  const given = OF_PUBLISHING.filter((name) => input.text(name) !== '');
  const unused = [...given, ...chosen].map((path) => ({
    path,
    message: 'is not used with rollbackReceipt: leave it out',
  }));
  if (unused.length === 0) return inputs;
  return problems([...unused, ...(inputs.ok ? [] : inputs.problems)]);
}
