import { all, allOf, parsed } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { neutralise } from '../core/text.ts';
import { dockerfilePaths } from './dockerfile.ts';
import type { ManifestImage, ManifestPlatform } from './model.ts';
import { readTags } from './tags.ts';
import type { Substitute } from './variables.ts';
import type { WireImage, WirePlatform } from './wire.ts';

/** Where an image is declared, and what its texts mean. */
export interface ImagePlace {
  readonly repo: string;
  /** Path of the image: `manifest.json: repos[0].images[2]`. */
  readonly path: string;
  readonly substitute: Substitute;
}

/** An image of a build manifest in the words of image-info. */
export function readImage(wire: WireImage, place: ImagePlace): Parsed<ManifestImage> {
  const { repo, path, substitute } = place;
  const read = all({
    version: optionalText(wire.productVersion, `${path}.productVersion`, substitute),
    sharedTags: readTags(wire.sharedTags ?? {}, `${path}.sharedTags`, substitute),
    platforms: allOf(
      wire.platforms.map((platform, index) =>
        readPlatform(platform, `${path}.platforms[${index}]`, substitute),
      ),
    ),
  });
  if (!read.ok) return read;
  const { version, sharedTags, platforms } = read.value;
  const productVersion = version === undefined ? {} : { productVersion: version };
  return parsed({ repo, ...productVersion, sharedTags, platforms });
}

function readPlatform(
  wire: WirePlatform,
  path: string,
  substitute: Substitute,
): Parsed<ManifestPlatform> {
  const read = all({
    tags: readTags(wire.tags, `${path}.tags`, substitute),
    buildArgs: readBuildArgs(wire, path, substitute),
  });
  if (!read.ok) return read;
  const variant = (wire.variant ?? '') === '' ? {} : { variant: wire.variant ?? '' };
  return parsed({
    ...dockerfilePaths(wire.dockerfile),
    architecture: displayName(wire.architecture ?? 'amd64'),
    ...variant,
    osType: wire.os.toLowerCase() === 'windows' ? 'Windows' : 'Linux',
    osVersion: wire.osVersion,
    ...read.value,
  });
}

function readBuildArgs(
  wire: WirePlatform,
  path: string,
  substitute: Substitute,
): Parsed<Readonly<Record<string, string>>> {
  const entries = Object.entries(wire.buildArgs ?? {}).map(([name, value]) => {
    const place = `${path}.buildArgs[${JSON.stringify(neutralise(name))}]`;
    const text = substitute(String(value ?? ''), place);
    return text.ok ? parsed([name, text.value] as const) : text;
  });
  const read = allOf(entries);
  return read.ok ? parsed(Object.fromEntries(read.value)) : read;
}

function optionalText(
  text: string | null | undefined,
  path: string,
  substitute: Substitute,
): Parsed<string | undefined> {
  return text === null || text === undefined ? parsed(undefined) : substitute(text, path);
}

/** The name that image-info uses for an architecture. */
function displayName(architecture: string): string {
  const name = architecture.toLowerCase();
  return name === 'arm' ? 'arm32' : name;
}
