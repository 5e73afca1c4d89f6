import { join } from 'node:path';
import { duration, flag, oneOf, pairs } from '../../shared/core/input-values.ts';
import { parseOutput } from '../../shared/core/output-path.ts';
import { parseArtifactName } from '../../shared/image-info/artifact-names.ts';
import { all, allConsistent } from '../../shared/core/result.ts';
import type { Parsed, Problem } from '../../shared/core/result.ts';
import { parseTrustPaths } from '../../shared/core/trust-paths.ts';
import type { TrustPaths } from '../../shared/core/trust-paths.ts';
import { parseImageInfoSource } from '../../shared/image-info/source.ts';
import type { ImageInfoSource } from '../../shared/image-info/source.ts';
import { parsePlace } from '../../shared/oci/location.ts';
import type { Place } from '../../shared/oci/location.ts';
import { parseRegistryChoices } from '../../shared/oci/registry-choices.ts';
import type { RegistryChoices } from '../../shared/oci/registry-choices.ts';
import type { InputReader, RegistryConnection, RunFolders } from '../../shared/ports/host.ts';
import type { SignerSettings } from '../../shared/ports/signer-settings.ts';
import { checkUserMetadata } from '../../shared/notary/payload.ts';
import type { EnvelopeFormat } from '../../shared/notary/payload.ts';
import { BESIDE_REPORT } from './file-names.ts';
import { parseSigner, parseSignerKind } from './signer-inputs.ts';
import { parseTimestamp } from './timestamp-inputs.ts';
import type { TimestampSettings } from './timestamp-inputs.ts';

/** Everything SignImageInfo is told; paths are absolute. */
export interface Inputs {
  readonly imageInfo: ImageInfoSource;
  readonly registry: Place<RegistryConnection>;
  /** What holds for all registries. */
  readonly registries: RegistryChoices;
  readonly signer: SignerSettings;
  readonly format: EnvelopeFormat;
  /** How long signatures are good, in milliseconds; absent: for ever. */
  readonly expiryMs: number | undefined;
  readonly userMetadata: ReadonlyMap<string, string>;
  /** Who stamps signatures; absent: nobody. */
  readonly timestamp: TimestampSettings | undefined;
  readonly existingSignatures: 'skip' | 'add';
  /** What signatures are verified against after signing; absent: the signing chain. */
  readonly trust: TrustPaths | undefined;
  /** The report to write; image-info is copied beside it. */
  readonly output: string;
  readonly artifactName: string | undefined;
  readonly dryRun: boolean;
}

/** The inputs of the step, or every problem with the name of its input. */
export function parseInputs(input: InputReader, folders: RunFolders): Parsed<Inputs> {
  const kind = parseSignerKind(input);
  const parts = parseEach(input, folders);
  return kind.ok
    ? allConsistent<Inputs>(parts, (known) => contradictionsIn(kind.value, known))
    : all<Inputs>(parts);
}

/** Inputs that are good by themselves and do not go together; what is not known has a problem of its own. */
function contradictionsIn(
  kind: SignerSettings['kind'],
  known: Partial<Inputs>,
): readonly Problem[] {
  const { existingSignatures, format, expiryMs, timestamp } = known;
  const tellsLate = kind === 'plugin' || kind === 'esrp';
  const lacksTrust = 'trust' in known && known.trust === undefined;
  const clashes: readonly (readonly [boolean, string, string])[] = [
    [
      tellsLate && existingSignatures === 'skip' && lacksTrust,
      'existingSignatures',
      `is skip, and only trustPolicy can say whose signatures count: the signer ${kind} tells its certificate with each signature; give trustPolicy and trustStore, or add`,
    ],
    [kind === 'esrp' && format === 'jws', 'signatureFormat', 'is cose with the signer esrp'],
    [kind === 'esrp' && expiryMs !== undefined, 'expiry', 'cannot be set with the signer esrp'],
    [
      kind === 'esrp' && timestamp !== undefined,
      'timestampUrl',
      'cannot be set with the signer esrp, which stamps its signatures itself; a tsa store in trustPolicy demands it',
    ],
  ];
  return clashes.flatMap(([clash, path, message]) => (clash ? [{ path, message }] : []));
}

function parseEach(
  input: InputReader,
  folders: RunFolders,
): { readonly [K in keyof Inputs]: Parsed<Inputs[K]> } {
  return {
    imageInfo: parseImageInfoSource(
      {
        path: input.text('imageInfo'),
        artifact: input.text('imageInfoArtifact'),
        runId: input.text('imageInfoRunId'),
      },
      { root: folders.workspace, names: ['image-info'] },
    ),
    registry: parsePlace({
      registry: { name: 'registry', value: input.text('registry') },
      prefix: { name: 'repositoryPrefix', value: input.text('repositoryPrefix') },
      connection: { name: 'registryConnection', value: input.connection('registryConnection') },
    }),
    registries: parseRegistryChoices({
      trustedTokenHosts: input.text('trustedTokenHosts'),
      referrersPerMinute: input.text('referrersPerMinute'),
    }),
    signer: parseSigner(input, folders),
    format: oneOf('signatureFormat', input.text('signatureFormat'), ['cose', 'jws']),
    expiryMs: duration('expiry', input.text('expiry')),
    userMetadata: userMetadata(input.text('userMetadata')),
    timestamp: parseTimestamp(input, folders),
    existingSignatures: oneOf('existingSignatures', input.text('existingSignatures'), [
      'skip',
      'add',
    ]),
    trust: parseTrustPaths(input.text('trustPolicy'), input.text('trustStore'), folders.working),
    output: parseOutput(input.text('output'), {
      root: folders.working,
      fallback: join(folders.temp, 'image-info-signed', 'signing-report.json'),
      beside: BESIDE_REPORT,
    }),
    artifactName: parseArtifactName('artifactName', input.text('artifactName')),
    dryRun: flag('dryRun', input.text('dryRun')),
  };
}

function userMetadata(text: string): Parsed<ReadonlyMap<string, string>> {
  const given = pairs('userMetadata', text);
  if (!given.ok) return given;
  const checked = checkUserMetadata(Object.fromEntries(given.value), 'userMetadata');
  return checked.ok ? given : checked;
}
