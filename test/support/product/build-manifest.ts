import { dirname } from 'node:path/posix';
import { buildProduct } from './product.ts';
import type { BuiltImage, Product, ProductImage } from './product.ts';

/**
 * The build manifest that declares a product: every image with its platforms, tags and shared tags.
 *
 * `mirror` is a repository that `latest` of every image is syndicated to, under a tag that names the image.
 */
export function buildManifestOf(product: Product, mirror?: string): object {
  const built = buildProduct(product).filter(({ isSuperseded }) => !isSuperseded);
  return {
    registry: product.registry,
    repos: product.images.map((image) => ({
      name: image.repo,
      images: [
        {
          productVersion: image.version,
          sharedTags: sharedTagsOf(image, mirror),
          platforms: built.filter((one) => one.image === image).map(platformOf),
        },
      ],
    })),
  };
}

function sharedTagsOf({ repo, sharedTags }: ProductImage, mirror: string | undefined): object {
  const name = repo.slice(repo.lastIndexOf('/') + 1);
  const entries = sharedTags.map((tag) => {
    const isSyndicated = tag === 'latest' && mirror !== undefined;
    return [tag, isSyndicated ? { syndication: { repo: mirror, destinationTags: [name] } } : {}];
  });
  return Object.fromEntries(entries) as object;
}

function platformOf({ platform, dockerfile, osVersion, simpleTags }: BuiltImage): object {
  const { os, architecture, variant } = platform;
  return {
    ...{ os, osVersion, architecture, dockerfile: dirname(dockerfile) },
    ...(variant === undefined ? {} : { variant }),
    tags: Object.fromEntries(simpleTags.map((tag) => [tag, {}])) as object,
  };
}
