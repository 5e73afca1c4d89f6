import { isJsonObject, parseJson } from '../core/json.ts';
import type { JsonValue } from '../core/json.ts';
import { orThrow, parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { formatRepository } from '../oci/reference.ts';
import type { Repository } from '../oci/reference.ts';
import type { HttpClient } from './client.ts';
import type { RegistryRequest, RegistryResponse } from './registry-request.ts';
import { protocolError, responseError } from './errors.ts';
import type { RegistryError } from './errors.ts';
import { nextPage } from './next-page.ts';

/** What some registries refuse to exceed; others may give less, or all at once. */
const PAGE_SIZE = 1000;

/** A list of a thousand tags has some 30 KiB. */
const MAX_PAGE_BYTES = 8 * 1024 * 1024;

/** Together a million tags: nobody has them, only a list without an end. */
const MAX_PAGES = 1000;

/**
 * All tags of a repository in the order of the registry; `undefined` when the registry answers 404.
 *
 * @throws RegistryError `REGISTRY_RESPONSE_INVALID` when the list is none, or goes on elsewhere or without an end,
 *   `CONTENT_NOT_FOUND` when one of its other pages is not there
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags
 */
export async function listTags(
  http: HttpClient,
  repository: Repository,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const tags: string[] = [];
  let request = pageRequest(repository, `tags/list?n=${PAGE_SIZE}`);
  for (let page = 0; ; page += 1) {
    const response = await http.exchange(request, MAX_PAGE_BYTES, signal);
    if (response.status === 404) {
      if (page === 0) return undefined;
      // A repository that has listed tags has not gone: without this page the list would have a hole.
      throw missingPage(request, response);
    }
    for (const tag of tagsIn(request, response)) tags.push(tag);
    const next = nextPage(request, response);
    if (next === undefined) return tags;
    if (page + 1 === MAX_PAGES) {
      throw protocolError({ ...request, url: next }, `the list has over ${MAX_PAGES} pages`);
    }
    request = pageRequest(repository, next);
  }
}

function pageRequest(repository: Repository, at: string | URL): RegistryRequest {
  return {
    what: `list the tags of ${formatRepository(repository)}`,
    method: 'GET',
    repository,
    at,
    access: 'pull',
    headers: { accept: 'application/json' },
    expect: [200, 404],
  };
}

function missingPage(
  { what, method }: RegistryRequest,
  { status, url, bytes }: RegistryResponse,
): RegistryError {
  return responseError({ what, method, url }, { status, body: bytes });
}

function tagsIn({ what }: RegistryRequest, { bytes }: RegistryResponse): readonly string[] {
  return orThrow(parseTags(bytes), {
    code: 'REGISTRY_RESPONSE_INVALID',
    subject: `The answer to "${what}"`,
    hint: 'Check that this host is a container registry, and what stands between it and the agent.',
  });
}

/** Registries say `null` for none. */
function parseTags(bytes: Uint8Array): Parsed<readonly string[]> {
  const json = parseJson(bytes, '');
  if (!json.ok) return json;
  const list: JsonValue = isJsonObject(json.value) ? (json.value['tags'] ?? []) : false;
  if (!Array.isArray(list)) return problem('tags', 'is not a list');
  const tags = (list as readonly JsonValue[]).filter((tag) => typeof tag === 'string');
  return tags.length === list.length ? parsed(tags) : problem('tags', 'has entries of no text');
}
