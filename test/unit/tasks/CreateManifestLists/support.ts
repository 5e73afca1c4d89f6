import type { ImageInfo } from '../../../../shared/image-info/model.ts';
import { serialiseImageInfo } from '../../../../shared/image-info/write.ts';
import { gatherFacts } from '../../../../tasks/CreateManifestLists/gather.ts';
import type { Facts } from '../../../../tasks/CreateManifestLists/gather.ts';
import type { Inputs } from '../../../../tasks/CreateManifestLists/inputs.ts';
import { planLists } from '../../../../tasks/CreateManifestLists/plan.ts';
import type { Plan } from '../../../../tasks/CreateManifestLists/plan.ts';
import { memoryFiles } from '../../../support/memory-files.ts';
import { MemoryRegistry } from '../../../support/memory-registry.ts';
import { BUILD, SMALL_RELEASE, fragmentsOf, pushRelease } from '../../../support/release.ts';
import type { ImageSpec } from '../../../support/release.ts';

/** When the runs of these tests begin. */
export const NOW = new Date('2026-03-04T05:06:07.890Z');

/** What a step is told, as little as possible. */
export function inputsOf(changes: Partial<Inputs> = {}): Inputs {
  return {
    registry: { location: BUILD, connection: undefined, scheme: undefined },
    registries: { trustedTokenHosts: [], referrersPerMinute: undefined },
    fragmentRoot: '/workspace',
    fragments: ['*/image-info.json'],
    fragmentArtifacts: '*-image-info-*',
    manifest: undefined,
    manifestVariables: new Map(),
    missingPlatforms: 'fail',
    published: undefined,
    attestations: 'drop',
    mediaType: 'auto',
    annotations: new Map(),
    output: '/temp/image-info/image-info.json',
    artifactName: 'image-info',
    dryRun: false,
    ...changes,
  };
}

/** A build that is to be listed: its images are in the registry, its fragments are files. */
export interface Build {
  readonly registry: MemoryRegistry;
  readonly files: ReturnType<typeof memoryFiles>;
  readonly fragments: readonly string[];
  readonly gather: (changes?: Partial<Inputs>) => Promise<Facts>;
  readonly plan: (changes?: Partial<Inputs>) => Promise<Plan>;
}

/** What of a build is not as usual. */
export interface BuildChanges {
  readonly images?: readonly ImageSpec[];
  /** More files, by path. */
  readonly files?: Readonly<Record<string, unknown>>;
  /** Makes the fragments from the document of the whole build. */
  readonly split?: (info: ImageInfo) => readonly ImageInfo[];
}

/** A build of images, one job for each platform. */
export function aBuild(changes: BuildChanges = {}): Build {
  const { images = SMALL_RELEASE, files: more = {}, split = fragmentsOf } = changes;
  const registry = new MemoryRegistry();
  const documents = split(pushRelease(registry, images, 'built'));
  const named = documents.map(
    (info, index) =>
      [`/workspace/leg-${index}x/image-info.json`, serialiseImageInfo(info)] as const,
  );
  const files = memoryFiles({ ...Object.fromEntries(named), ...more });
  const fragments = named.map(([path]) => path);
  const readers = { files, registry, clock: { now: () => NOW } };
  const gather: Build['gather'] = async (given) =>
    gatherFacts({ inputs: inputsOf(given), fragments }, readers, new AbortController().signal);
  const plan: Build['plan'] = async (given) => planLists(await gather(given), inputsOf(given));
  return { registry, files, fragments, gather, plan };
}
