import { isJsonObject, parseJson } from '../core/json.ts';
import { parsed, problem, problems } from '../core/result.ts';
import type { Parsed, Problem } from '../core/result.ts';
import { parsePlatform } from './descriptor.ts';
import type { Platform } from './descriptor.ts';

/**
 * The platform that an image config names, verbatim; empty members are left out.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md#properties
 */
export function platformOfConfig(bytes: Uint8Array): Parsed<Platform> {
  const json = parseJson(bytes, '');
  if (!json.ok) return json;
  if (!isJsonObject(json.value)) return problem('', 'is not an image config');
  const platform = parsePlatform(json.value, '');
  if (!platform.ok) return platform;
  const { os = '', architecture = '' } = platform.value ?? {};
  const missing: readonly Problem[] = [
    ...(os === '' ? [{ path: 'os', message: 'is missing' }] : []),
    ...(architecture === '' ? [{ path: 'architecture', message: 'is missing' }] : []),
  ];
  if (missing.length > 0 || platform.value === undefined) return problems(missing);
  return parsed(platform.value);
}
