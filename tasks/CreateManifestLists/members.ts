import { SingleFlight, mapLimit } from '../../shared/core/concurrency.ts';
import type { ErrorCode } from '../../shared/core/errors.ts';
import { LongListError } from '../../shared/core/long-list.ts';
import { counted, neutralise } from '../../shared/core/text.ts';
import type { PlatformData } from '../../shared/image-info/model.ts';
import { formatPlatform } from '../../shared/oci/descriptor.ts';
import type { Platform } from '../../shared/oci/descriptor.ts';
import { placeName, readPlatformImage } from './platform-image.ts';
import type { Finding, ImagePlace, ImageSource, PlatformImage, Reading } from './platform-image.ts';

/**
 * Images read at once: twice what the client lets be in flight for a host. So no slot is free while there is something
 * to ask for, and the registry looks for configs, which costs it more, while manifests are read, which costs us more.
 */
const MEMBERS_AT_ONCE = 48;

/** A platform image to look at: its row in image-info, and where its bits may be. */
export interface MemberRequest extends ImagePlace {
  readonly row: PlatformData;
}

/** What members are read with. */
export interface MemberSource extends ImageSource {
  /** Told how many members have been read, and how many there are. */
  readonly onRead?: (done: number, total: number) => void;
}

/** image-info's names of architectures, where they differ from those of configs. */
const ARCHITECTURES: ReadonlyMap<string, string> = new Map([['arm32', 'arm']]);

/**
 * The platform images of rows, in the order of the requests; each is read once.
 *
 * @throws TaskError `PLATFORM_NOT_FOUND`, `PLATFORM_UNSUPPORTED` or `PLATFORM_MISMATCH` that lists every image
 * that is missing, is itself a list, or is not for the platform its row names
 */
export async function readMembers(
  requests: readonly MemberRequest[],
  source: MemberSource,
  signal: AbortSignal,
): Promise<readonly PlatformImage[]> {
  const readings = new SingleFlight<Reading>();
  let done = 0;
  const read = async (request: MemberRequest): Promise<Reading> => {
    const reading = await readings.run(JSON.stringify([request.repositories, request.digest]), () =>
      readPlatformImage(request, source, signal),
    );
    done += 1;
    source.onRead?.(done, requests.length);
    return checked(reading, request.row);
  };
  const found = await mapLimit(requests, read, { limit: MEMBERS_AT_ONCE, signal });
  const refused = found.flatMap((reading, index) => {
    const request = requests[index];
    if (reading.kind === 'found' || request === undefined) return [];
    return [{ ...reading.finding, path: placeName(request) }];
  });
  if (refused.length > 0) throw refusal(refused);
  return found.flatMap((reading) => (reading.kind === 'found' ? [reading.image] : []));
}

function refusal(refused: readonly (Finding & { readonly path: string })[]): LongListError {
  const code = refused[0]?.code ?? 'PLATFORM_NOT_FOUND';
  return new LongListError({
    code,
    summary: `${counted(refused.length, 'platform image')} cannot be listed`,
    lines: refused.map(({ path, message }) => `${path}: ${message}`),
    hint: hintFor(code),
  });
}

function hintFor(code: ErrorCode): string {
  if (code === 'PLATFORM_NOT_FOUND') {
    return 'Check registry and repositoryPrefix: they must say where the build jobs pushed the images.';
  }
  if (code === 'PLATFORM_MISMATCH') {
    return 'Check that the build job pushed the image that its image-info describes.';
  }
  return 'Build and push one image for each platform.';
}

/** The reading, unless it contradicts the row or there is nothing to be found for it. */
function checked(reading: Reading, row: PlatformData): Reading {
  if (reading.kind === 'refused') {
    const { code, message } = reading.finding;
    if (code !== 'PLATFORM_NOT_FOUND') return reading;
    const named = neutralise(`${message} (${row.dockerfile})`);
    return { kind: 'refused', finding: { code, message: named } };
  }
  const { platform } = reading.image.descriptor;
  const message = platform === undefined ? undefined : contradictionOf(row, platform);
  if (message === undefined) return reading;
  return { kind: 'refused', finding: { code: 'PLATFORM_MISMATCH', message } };
}

/** How a config contradicts its row; the variant is not compared, image-info does not name it. */
function contradictionOf(row: PlatformData, platform: Platform): string | undefined {
  const os = row.osType.toLowerCase();
  const architecture = ARCHITECTURES.get(row.architecture) ?? row.architecture;
  if (platform.os === os && platform.architecture === architecture) return undefined;
  return `is for ${neutralise(formatPlatform(platform))}, but image-info says ${os}/${architecture}`;
}
