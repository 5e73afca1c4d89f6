import type { Platform } from '../../../shared/oci/descriptor.ts';
import { buildPlatformImage } from './platform-image.ts';
import type { PlatformImage } from './platform-image.ts';

/** A product that is released in one go: what its build jobs make, as plain data. */
export interface Product {
  /** The public registry that image-info names, e.g. `registry.example`. */
  readonly registry: string;
  readonly images: readonly ProductImage[];
  /** Formats of the platform images; `mixed` takes OCI and Docker in turns within each image. */
  readonly format: 'docker' | 'oci' | 'mixed';
  /** Build jobs that ran twice; what their first attempt made has other digests and must not be released. */
  readonly repeatedLegs: readonly string[];
}

/** One image of a product, which becomes one manifest list. */
export interface ProductImage {
  /** Public name of the repository, e.g. `shop/api`. */
  readonly repo: string;
  readonly version: string;
  readonly sharedTags: readonly string[];
  readonly platforms: readonly ProductPlatform[];
}

/** One platform of an image. */
export interface ProductPlatform {
  /** The build job that makes it, e.g. `linux-amd64`. */
  readonly leg: string;
  /** As the image's config says it. */
  readonly platform: Platform;
  /** The label that image-info calls `osVersion`, e.g. `noble`. */
  readonly osVersion: string;
}

/** A platform image that a build job made and pushed. */
export interface BuiltImage extends PlatformImage, Pick<ProductPlatform, 'leg' | 'osVersion'> {
  readonly image: ProductImage;
  readonly platform: Platform;
  readonly attempt: number;
  /** Whether a later attempt of the job has replaced it. */
  readonly isSuperseded: boolean;
  /** Path as image-info names it. */
  readonly dockerfile: string;
  /** Tags of this platform alone, sorted. */
  readonly simpleTags: readonly string[];
}

const LINUX_AMD64 = linux('linux-amd64', { os: 'linux', architecture: 'amd64' });
const LINUX_ARM64 = linux('linux-arm64', { os: 'linux', architecture: 'arm64' });
const LINUX_ARM32 = linux('linux-arm32v7', { os: 'linux', architecture: 'arm', variant: 'v7' });
const WINDOWS_2022 = windows('ltsc2022', '10.0.20348.4052');
const WINDOWS_2025 = windows('ltsc2025', '10.0.26100.6584');

/**
 * A product of 3 images and 9 platforms, two of them Windows versions, made by 5 jobs of which one ran twice.
 *
 * Changes replace whole members: `sampleProduct({ format: 'docker' })`.
 */
export function sampleProduct(changes: Partial<Product> = {}): Product {
  const image = (name: string, ...platforms: readonly ProductPlatform[]): ProductImage => ({
    repo: `shop/${name}`,
    version: '2.1.0',
    sharedTags: ['2.1', '2.1.0', 'latest'],
    platforms,
  });
  return {
    registry: 'registry.example',
    images: [
      image('api', LINUX_AMD64, LINUX_ARM64, WINDOWS_2022, WINDOWS_2025),
      image('web', LINUX_AMD64, LINUX_ARM64, LINUX_ARM32),
      image('worker', LINUX_AMD64, LINUX_ARM64),
    ],
    format: 'mixed',
    repeatedLegs: ['linux-arm64'],
    ...changes,
  };
}

/** Everything that the jobs of a product make, superseded attempts first; always the same bytes. */
export function buildProduct(product: Product): readonly BuiltImage[] {
  const attempts = product.images.flatMap((image) =>
    image.platforms.flatMap((platform, index) => {
      const build = (attempt: number, isSuperseded: boolean): BuiltImage => ({
        ...describe(image, platform),
        ...buildPlatformImage({
          platform: platform.platform,
          format: formatOf(product, index),
          files: filesOf(image, platform, attempt),
        }),
        ...{ attempt, isSuperseded },
      });
      return product.repeatedLegs.includes(platform.leg)
        ? [build(1, true), build(2, false)]
        : [build(1, false)];
    }),
  );
  return attempts.toSorted((a, b) => Number(b.isSuperseded) - Number(a.isSuperseded));
}

/** The name of an architecture in image-info and in tags. */
export function architectureName({ architecture }: Platform): string {
  return architecture === 'arm' ? 'arm32' : architecture;
}

function linux(leg: string, platform: Platform): ProductPlatform {
  return { leg, platform, osVersion: 'noble' };
}

function windows(release: string, version: string): ProductPlatform {
  return {
    leg: `windows-${release}`,
    platform: { os: 'windows', architecture: 'amd64', 'os.version': version },
    osVersion: `nanoserver-${release}`,
  };
}

function describe(
  image: ProductImage,
  { leg, platform, osVersion }: ProductPlatform,
): Omit<BuiltImage, keyof PlatformImage | 'attempt' | 'isSuperseded'> {
  const architecture = `${architectureName(platform)}${platform.variant ?? ''}`;
  const name = image.repo.slice(image.repo.lastIndexOf('/') + 1);
  return {
    ...{ image, leg, platform, osVersion },
    dockerfile: `src/${name}/${osVersion}/${architecture}/Dockerfile`,
    simpleTags: [`${image.version}-${osVersion}-${architecture}`],
  };
}

function formatOf({ format }: Product, index: number): 'docker' | 'oci' {
  if (format !== 'mixed') return format;
  return index % 2 === 0 ? 'oci' : 'docker';
}

/** A base layer that all images of a platform share, and a layer of the image's own. */
function filesOf(
  { repo, version }: ProductImage,
  { platform, osVersion }: ProductPlatform,
  attempt: number,
): readonly { readonly path: string; readonly text: string }[] {
  const system = JSON.stringify(platform);
  return [
    { path: 'etc/os-release', text: `${osVersion} ${system}\n` },
    { path: 'app', text: `${repo} ${version} for ${system}, attempt ${attempt}\n` },
  ];
}
