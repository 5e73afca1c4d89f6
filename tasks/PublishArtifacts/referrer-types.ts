import { lines } from '../../shared/core/input-values.ts';
import { allOf, parsed, problem } from '../../shared/core/result.ts';
import type { Parsed } from '../../shared/core/result.ts';
import { isMediaType } from '../../shared/oci/media-types.ts';

const INPUT = 'referrerTypes';

const ALL = '*';

const NONE = 'none';

/**
 * The artifact types of the referrers that travel along, from lines of the input. Nothing given is all, `['*']`; the
 * word `none` is an empty list.
 */
export function parseReferrerTypes(text: string): Parsed<readonly string[]> {
  const given = lines(INPUT, text);
  if (!given.ok) return given;
  const types = [...new Set(given.value)];
  if (types.length === 0) return parsed([ALL]);
  if (types.length === 1 && types[0] === NONE) return parsed([]);
  return allOf(types.map(parseType));
}

function parseType(type: string): Parsed<string> {
  if (type === ALL || isMediaType(type)) return parsed(type);
  if (type === NONE) return problem(INPUT, 'is none, and lists types: give one or the other');
  const message = `is neither an artifact type such as application/spdx+json, nor * nor none: ${JSON.stringify(type)}`;
  return problem(INPUT, message);
}
