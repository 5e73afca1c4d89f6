import { sortedUnion } from '../core/order.ts';
import type { Problem } from '../core/result.ts';
import { neutralise } from '../core/text.ts';
import type { MergedImage } from './merge-image.ts';

/** What a tag stands for: equal owners are the same thing. */
interface Claim {
  readonly tag: string;
  readonly owner: string;
  readonly files: readonly string[];
  /** Images of two versions are two, whatever tags they share. */
  readonly productVersion: string | undefined;
}

/** Tags of a repository that would stand for two things, with the files that say so. */
export function tagConflicts(images: readonly MergedImage[], repo: string): readonly Problem[] {
  const owners = new Map<string, Claim>();
  const conflicts = new Map<string, Problem>();
  for (const claim of images.flatMap(claimsOf)) {
    const earlier = owners.get(claim.tag) ?? claim;
    owners.set(claim.tag, earlier);
    if (earlier.owner === claim.owner) continue;
    const files = sortedUnion(earlier.files, claim.files).map((file) => neutralise(file));
    const path = neutralise(`${repo}:${claim.tag}`);
    const versions = versionsOf(earlier, claim);
    const message = `stands for two images (${files.join(', ')})${versions}`;
    conflicts.set(claim.tag, { path, message });
  }
  return [...conflicts.values()];
}

/** `, of the product versions 8.0.1 and none`; nothing where both have the same. */
function versionsOf(...claims: readonly [Claim, Claim]): string {
  const [one, other] = claims.map(({ productVersion }) => productVersion ?? 'none');
  if (one === other) return '';
  return neutralise(`, of the product versions ${one} and ${other}`);
}

function claimsOf({ image, files }: MergedImage, index: number): readonly Claim[] {
  const { productVersion } = image;
  const shared = image.manifest?.sharedTags ?? [];
  return [
    ...shared.map((tag) => ({ tag, owner: `list ${index}`, files, productVersion })),
    ...image.platforms.flatMap(({ simpleTags, digest }, row) => {
      const owner = digest === '' ? `platform ${index} ${row}` : digest;
      return simpleTags.map((tag) => ({ tag, owner, files, productVersion }));
    }),
  ];
}
