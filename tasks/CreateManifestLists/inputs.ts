import { join } from 'node:path';
import {
  flag,
  lines,
  oneOf,
  optional,
  optionalPath,
  pairs,
} from '../../shared/core/input-values.ts';
import { parseArtifactName } from '../../shared/image-info/artifact-names.ts';
import { parseOutput } from '../../shared/core/output-path.ts';
import { allConsistent, parsed, problems } from '../../shared/core/result.ts';
import type { Parsed, Problem } from '../../shared/core/result.ts';
import type { IndexFormat } from '../../shared/oci/index-document.ts';
import { parsePlace } from '../../shared/oci/location.ts';
import type { Place } from '../../shared/oci/location.ts';
import { parseRegistryChoices } from '../../shared/oci/registry-choices.ts';
import type { RegistryChoices } from '../../shared/oci/registry-choices.ts';
import type { InputReader, RegistryConnection, RunFolders } from '../../shared/ports/host.ts';

const MISSING_PLATFORMS = ['fail', 'import', 'allow'] as const;

/** What to do about a declared platform that this run did not build. */
export type MissingPlatforms = (typeof MISSING_PLATFORMS)[number];

/** What becomes of the attestations that BuildKit puts beside an image: left out, or listed beside it. */
export type Attestations = 'drop' | 'keep';

/** Everything CreateManifestLists is told; paths are absolute. */
export interface Inputs {
  readonly registry: Place<RegistryConnection>;
  /** What holds for all registries. */
  readonly registries: RegistryChoices;
  /** Where relative fragment patterns start. */
  readonly fragmentRoot: string;
  /** Patterns of fragments; none: they are in artifacts. */
  readonly fragments: readonly string[];
  /** What the names of those artifacts are like. */
  readonly fragmentArtifacts: string;
  readonly manifest: string | undefined;
  readonly manifestVariables: ReadonlyMap<string, string>;
  readonly missingPlatforms: MissingPlatforms;
  /** Where missing platforms are imported from; absent: where the build manifest says that images are published. */
  readonly published: Place<RegistryConnection> | undefined;
  readonly attestations: Attestations;
  readonly mediaType: IndexFormat;
  readonly annotations: ReadonlyMap<string, string>;
  /** The image-info to write. */
  readonly output: string;
  readonly artifactName: string | undefined;
  readonly dryRun: boolean;
}

/** The inputs of the step, or every problem with the name of its input. */
export function parseInputs(input: InputReader, folders: RunFolders): Parsed<Inputs> {
  const missing = input.text('missingPlatforms');
  const missingPlatforms = oneOf('missingPlatforms', missing, MISSING_PLATFORMS);
  return allConsistent<Inputs>(
    {
      registry: place(input, BUILD),
      registries: parseRegistryChoices({
        trustedTokenHosts: input.text('trustedTokenHosts'),
        referrersPerMinute: input.text('referrersPerMinute'),
      }),
      fragmentRoot: parsed(folders.workspace),
      fragments: lines('imageInfo', input.text('imageInfo')),
      fragmentArtifacts: artifactPattern(input.text('imageInfoArtifact')),
      manifest: optionalPath('manifest', input.text('manifest'), folders.working),
      manifestVariables: pairs('manifestVariables', input.text('manifestVariables')),
      missingPlatforms,
      published: publishedPlace(input, missingPlatforms),
      attestations: oneOf('attestations', input.text('attestations'), ['drop', 'keep']),
      mediaType: oneOf('mediaType', input.text('mediaType'), ['auto', 'oci', 'docker']),
      annotations: pairs('annotations', input.text('annotations')),
      output: parseOutput(input.text('output'), {
        root: folders.working,
        fallback: join(folders.temp, 'image-info', 'image-info.json'),
        beside: ['plan.json'],
      }),
      artifactName: parseArtifactName('artifactName', input.text('artifactName')),
      dryRun: flag('dryRun', input.text('dryRun')),
    },
    contradictionsIn,
  );
}

interface PlaceNames {
  readonly registry: string;
  readonly prefix: string;
  readonly connection: string;
}

const BUILD: PlaceNames = {
  registry: 'registry',
  prefix: 'repositoryPrefix',
  connection: 'registryConnection',
};

const PUBLISHED: PlaceNames = {
  registry: 'publishedRegistry',
  prefix: 'publishedRepositoryPrefix',
  connection: 'publishedConnection',
};

function place(input: InputReader, names: PlaceNames): Parsed<Place<RegistryConnection>> {
  return parsePlace({
    registry: { name: names.registry, value: input.text(names.registry) },
    prefix: { name: names.prefix, value: input.text(names.prefix) },
    connection: { name: names.connection, value: input.connection(names.connection) },
  });
}

/** Where missing platforms are imported from; each input that says so is a problem where nothing is imported. */
function publishedPlace(
  input: InputReader,
  missingPlatforms: Parsed<MissingPlatforms>,
): Parsed<Place<RegistryConnection> | undefined> {
  const { registry, prefix, connection } = PUBLISHED;
  const connected = input.connection(connection);
  const isConnected = !connected.ok || connected.value !== undefined;
  const texts = [registry, prefix].filter((name) => input.text(name) !== '');
  if (!isConnected && texts.length === 0) return parsed(undefined);
  if (!missingPlatforms.ok || missingPlatforms.value === 'import') return place(input, PUBLISHED);
  const message = 'says where missing platforms are imported from: set missingPlatforms to import';
  const found = texts.flatMap((path) => {
    const text = optional(path, input.text(path));
    return text.ok ? [{ path, message }] : text.problems;
  });
  return problems(isConnected ? [{ path: connection, message }, ...found] : found);
}

function artifactPattern(text: string): Parsed<string> {
  const pattern = optional('imageInfoArtifact', text);
  return pattern.ok ? parsed(pattern.value ?? '*-image-info-*') : pattern;
}

/** Inputs that are good by themselves and do not go together; what is not known has a problem of its own. */
function contradictionsIn(known: Partial<Inputs>): readonly Problem[] {
  const { mediaType, annotations, manifestVariables, missingPlatforms } = known;
  const lacksManifest = 'manifest' in known && known.manifest === undefined;
  const clashes: readonly (readonly [boolean, string, string])[] = [
    [
      mediaType === 'docker' && (annotations?.size ?? 0) > 0,
      'annotations',
      'need an OCI index: set mediaType to auto or oci',
    ],
    [
      lacksManifest && (manifestVariables?.size ?? 0) > 0,
      'manifestVariables',
      'are for a build manifest: give manifest too',
    ],
    [
      lacksManifest && missingPlatforms === 'import',
      'missingPlatforms',
      'is import, which needs a build manifest to say what is missing: give manifest too',
    ],
  ];
  return clashes.flatMap(([clash, path, message]) => (clash ? [{ path, message }] : []));
}
