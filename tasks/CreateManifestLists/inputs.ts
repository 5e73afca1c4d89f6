import { join } from 'node:path';
import {
  flag,
  lines,
  oneOf,
  optional,
  optionalPath,
  pairs,
} from '../../shared/core/input-values.ts';
import { all, parsed, problem, problems } from '../../shared/core/result.ts';
import type { Parsed, Problem } from '../../shared/core/result.ts';
import type { IndexFormat } from '../../shared/oci/index-document.ts';
import { parsePlace } from '../../shared/oci/location.ts';
import type { Place } from '../../shared/oci/location.ts';
import type { InputReader, RegistryConnection, RunFolders } from '../../shared/ports/host.ts';

/** What to do about a declared platform that this run did not build. */
export type MissingPlatforms = 'fail' | 'allow';

/** Everything CreateManifestLists is told; paths are absolute. */
export interface Inputs {
  readonly registry: Place<RegistryConnection>;
  /** Where relative fragment patterns start. */
  readonly fragmentRoot: string;
  readonly fragments: readonly string[];
  readonly manifest: string | undefined;
  readonly manifestVariables: ReadonlyMap<string, string>;
  readonly missingPlatforms: MissingPlatforms;
  readonly mediaType: IndexFormat;
  readonly annotations: ReadonlyMap<string, string>;
  /** The image-info to write. */
  readonly output: string;
  readonly artifactName: string | undefined;
  readonly dryRun: boolean;
}

/** The inputs of the step, or every problem with the name of its input. */
export function parseInputs(input: InputReader, folders: RunFolders): Parsed<Inputs> {
  const output = optionalPath('output', input.text('output'), folders.working);
  const fallback = join(folders.temp, 'image-info', 'image-info.json');
  const inputs = all<Inputs>({
    registry: parsePlace({
      registry: { name: 'registry', value: input.text('registry') },
      prefix: { name: 'repositoryPrefix', value: input.text('repositoryPrefix') },
      connection: { name: 'registryConnection', value: input.connection('registryConnection') },
    }),
    fragmentRoot: parsed(folders.workspace),
    fragments: fragmentPatterns(input.text('imageInfo')),
    manifest: optionalPath('manifest', input.text('manifest'), folders.working),
    manifestVariables: pairs('manifestVariables', input.text('manifestVariables')),
    missingPlatforms: oneOf('missingPlatforms', input.text('missingPlatforms'), ['fail', 'allow']),
    mediaType: oneOf('mediaType', input.text('mediaType'), ['auto', 'oci', 'docker']),
    annotations: pairs('annotations', input.text('annotations')),
    output: output.ok ? parsed(output.value ?? fallback) : output,
    artifactName: optional('artifactName', input.text('artifactName')),
    dryRun: flag('dryRun', input.text('dryRun')),
  });
  return inputs.ok ? withoutContradictions(inputs.value) : inputs;
}

function fragmentPatterns(text: string): Parsed<readonly string[]> {
  const patterns = lines('imageInfo', text);
  if (!patterns.ok || patterns.value.length > 0) return patterns;
  return problem('imageInfo', 'is required');
}

function withoutContradictions(inputs: Inputs): Parsed<Inputs> {
  const found: Problem[] = [];
  if (inputs.mediaType === 'docker' && inputs.annotations.size > 0) {
    found.push({
      path: 'annotations',
      message: 'need an OCI index: set mediaType to auto or oci',
    });
  }
  if (inputs.manifest === undefined && inputs.manifestVariables.size > 0) {
    found.push({
      path: 'manifestVariables',
      message: 'are for a build manifest: give manifest too',
    });
  }
  return found.length > 0 ? problems(found) : parsed(inputs);
}
