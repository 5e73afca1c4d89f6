import { all, allOf, parsed } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { neutralise } from '../core/text.ts';
import { dockerfilePaths } from './dockerfile.ts';
import type { ManifestImage, ManifestPlatform } from './model.ts';
import { readTags } from './tags.ts';
import type { TagClaim } from './tags.ts';
import type { Substitute } from './variables.ts';
import type { WireImage, WirePlatform } from './wire.ts';

/** Where an image is declared, and what its texts mean. */
export interface ImagePlace {
  readonly repo: string;
  /** Path of the image: `manifest.json: repos[0].images[2]`. */
  readonly path: string;
  readonly substitute: Substitute;
}

/** An image of a build manifest, and the tags it and its platforms will have. */
export interface DeclaredImage {
  readonly image: ManifestImage;
  readonly claims: readonly TagClaim[];
}

interface DeclaredPlatform {
  readonly platform: ManifestPlatform;
  readonly claims: readonly TagClaim[];
}

/** An image of a build manifest in the words of image-info. */
export function readImage(wire: WireImage, place: ImagePlace): Parsed<DeclaredImage> {
  const { repo, path, substitute } = place;
  const tags = { ...place, owner: path, path: `${path}.sharedTags` };
  const read = all({
    version: optionalText(wire.productVersion, `${path}.productVersion`, substitute),
    shared: readTags(wire.sharedTags, tags),
    platforms: allOf(
      wire.platforms.map((platform, index) =>
        readPlatform(platform, { ...place, path: `${path}.platforms[${index}]` }),
      ),
    ),
  });
  if (!read.ok) return read;
  const { version, shared, platforms } = read.value;
  const productVersion = version === undefined ? {} : { productVersion: version };
  return parsed({
    image: {
      repo,
      ...productVersion,
      sharedTags: shared.tags,
      platforms: platforms.map(({ platform }) => platform),
    },
    claims: [...shared.claims, ...platforms.flatMap(({ claims }) => claims)],
  });
}

function readPlatform(wire: WirePlatform, place: ImagePlace): Parsed<DeclaredPlatform> {
  const { path, substitute } = place;
  const read = all({
    declared: readTags(wire.tags, { ...place, owner: path, path: `${path}.tags` }),
    buildArgs: readBuildArgs(wire, path, substitute),
  });
  if (!read.ok) return read;
  const { declared, buildArgs } = read.value;
  const variant = (wire.variant ?? '') === '' ? {} : { variant: wire.variant ?? '' };
  const platform: ManifestPlatform = {
    ...dockerfilePaths(wire.dockerfile),
    architecture: displayName(wire.architecture ?? 'amd64'),
    ...variant,
    osType: wire.os.toLowerCase() === 'windows' ? 'Windows' : 'Linux',
    osVersion: wire.osVersion,
    tags: declared.tags,
    buildArgs,
  };
  return parsed({ platform, claims: declared.claims });
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
