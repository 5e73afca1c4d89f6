import { copyByTag } from './copy-by-tag.ts';
import type { TagPlace } from './copy-by-tag.ts';

/**
 * Copies a tag as a program of its own.
 *
 * Arguments: registry, repository and tag of the source, then those of the target.
 */
const [fromRegistry, fromName, fromTag, toRegistry, toName, toTag] = process.argv.slice(2);

function place(registry = '', name = '', tag = ''): TagPlace {
  return { registry, name, tag };
}

void copyByTag(place(fromRegistry, fromName, fromTag), place(toRegistry, toName, toTag));
