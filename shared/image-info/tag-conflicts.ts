import { sortedUnion } from '../core/order.ts';
import type { Problem } from '../core/result.ts';
import { neutralise } from '../core/text.ts';
import type { MergedImage } from './merge-image.ts';

/** What a tag stands for: equal owners are the same thing. */
interface Claim {
  readonly tag: string;
  readonly owner: string;
  readonly files: readonly string[];
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
    conflicts.set(claim.tag, { path, message: `stands for two images (${files.join(', ')})` });
  }
  return [...conflicts.values()];
}

function claimsOf({ image, files }: MergedImage, index: number): readonly Claim[] {
  const shared = image.manifest?.sharedTags ?? [];
  return [
    ...shared.map((tag) => ({ tag, owner: `list ${index}`, files })),
    ...image.platforms.flatMap(({ simpleTags, digest }, row) => {
      const owner = digest === '' ? `platform ${index} ${row}` : digest;
      return simpleTags.map((tag) => ({ tag, owner, files }));
    }),
  ];
}
