import { mapLimit } from '../../shared/core/concurrency.ts';
import { TaskError } from '../../shared/core/errors.ts';
import type { ErrorCode } from '../../shared/core/errors.ts';
import { renderProblems } from '../../shared/core/result.ts';
import { counted, neutralise } from '../../shared/core/text.ts';
import type { PlatformData } from '../../shared/image-info/model.ts';
import { formatPlatform } from '../../shared/oci/descriptor.ts';
import type { Descriptor, Platform } from '../../shared/oci/descriptor.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import { platformOfConfig } from '../../shared/oci/image-config.ts';
import { readManifest } from '../../shared/oci/manifest-document.ts';
import { isIndexType } from '../../shared/oci/media-types.ts';
import { formatReference } from '../../shared/oci/reference.ts';
import type { Repository } from '../../shared/oci/reference.ts';
import type { RegistryReader } from '../../shared/ports/registry.ts';

/** Platform images read at once; the registry client bounds what is in flight for each host. */
const MEMBERS_AT_ONCE = 16;

/** A platform image to look at: its row in image-info, and where its bits are. */
export interface MemberRequest {
  readonly repository: Repository;
  readonly digest: Digest;
  readonly row: PlatformData;
}

/** What keeps a platform image from being listed. */
interface Finding {
  readonly code: ErrorCode;
  readonly message: string;
}

type Member =
  | { readonly kind: 'found'; readonly descriptor: Descriptor }
  | { readonly kind: 'refused'; readonly finding: Finding };

/** image-info's names of architectures, where they differ from those of configs. */
const ARCHITECTURES: ReadonlyMap<string, string> = new Map([['arm32', 'arm']]);

/**
 * The descriptors of platform images with the platform that each config names, in the order of the requests.
 *
 * @throws TaskError `PLATFORM_NOT_FOUND`, `PLATFORM_UNSUPPORTED` or `PLATFORM_MISMATCH` that lists every image
 * that is missing, is itself a list, or is not for the platform its row names
 */
export async function readMembers(
  requests: readonly MemberRequest[],
  registry: RegistryReader,
  signal: AbortSignal,
): Promise<readonly Descriptor[]> {
  const read = async (request: MemberRequest): Promise<Member> =>
    readMember(request, registry, signal);
  const members = await mapLimit(requests, read, { limit: MEMBERS_AT_ONCE, signal });
  const refused = members.flatMap((member, index) => {
    const request = requests[index];
    if (member.kind === 'found' || request === undefined) return [];
    const path = formatReference(request.repository, request.digest);
    return [{ code: member.finding.code, path, message: member.finding.message }];
  });
  const [first] = refused;
  if (first !== undefined) {
    throw new TaskError(
      first.code,
      `${counted(refused.length, 'platform image')} cannot be listed:\n${renderProblems(refused)}`,
      { hint: hintFor(first.code) },
    );
  }
  return members.flatMap((member) => (member.kind === 'found' ? [member.descriptor] : []));
}

function hintFor(code: ErrorCode): string {
  if (code === 'PLATFORM_NOT_FOUND') {
    return 'Check registry and repositoryPrefix: they must say where the build jobs pushed the images.';
  }
  if (code === 'PLATFORM_MISMATCH') {
    return 'Check that the build job pushed the image that its image-info describes.';
  }
  return 'Build one image per platform, without provenance attestations (docker buildx: --provenance=false).';
}

async function readMember(
  { repository, digest, row }: MemberRequest,
  registry: RegistryReader,
  signal: AbortSignal,
): Promise<Member> {
  const manifest = await registry.getManifest(repository, digest, signal);
  if (manifest === undefined) {
    return refuse('PLATFORM_NOT_FOUND', `is not in the registry (${row.dockerfile})`);
  }
  const { mediaType, size } = manifest.descriptor;
  if (isIndexType(mediaType)) {
    return refuse(
      'PLATFORM_UNSUPPORTED',
      'is itself a manifest list, not the image of one platform',
    );
  }
  const links = readManifest(manifest);
  if (!links.ok) return refuse('PLATFORM_UNSUPPORTED', renderProblems(links.problems).trim());
  if (links.value.config === undefined) {
    return refuse('PLATFORM_UNSUPPORTED', `has no config (${neutralise(mediaType)})`);
  }
  const config = await registry.getBlob(repository, links.value.config, signal);
  const platform = platformOfConfig(config);
  if (!platform.ok) {
    return refuse(
      'PLATFORM_UNSUPPORTED',
      `has a config whose ${renderProblems(platform.problems).trim()}`,
    );
  }
  const contradiction = contradictionOf(row, platform.value);
  if (contradiction !== undefined) return refuse('PLATFORM_MISMATCH', contradiction);
  return { kind: 'found', descriptor: { mediaType, digest, size, platform: platform.value } };
}

function refuse(code: ErrorCode, message: string): Member {
  return { kind: 'refused', finding: { code, message } };
}

/** How a config contradicts its row; the variant is not compared, image-info does not name it. */
function contradictionOf(row: PlatformData, platform: Platform): string | undefined {
  const os = row.osType.toLowerCase();
  const architecture = ARCHITECTURES.get(row.architecture) ?? row.architecture;
  if (platform.os === os && platform.architecture === architecture) return undefined;
  return `is for ${neutralise(formatPlatform(platform))}, but image-info says ${os}/${architecture}`;
}
