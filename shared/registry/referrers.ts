import { invariant } from '../core/errors.ts';
import { orThrow } from '../core/result.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { nextLink } from '../oci/link-header.ts';
import { MAX_MANIFEST_BYTES } from '../oci/manifest-document.ts';
import { MediaType } from '../oci/media-types.ts';
import { readReferrers } from '../oci/referrers.ts';
import { formatReference, formatRepository } from '../oci/reference.ts';
import type { HttpClient, RegistryRequest, RegistryResponse } from './client.ts';
import { protocolError, registryCodesIn } from './errors.ts';
import type { ReferrersTag, SubjectPlace } from './referrers-tag.ts';
import type { Timing } from './timing.ts';

/** What the API said: entries, or nothing because the registry does not have it. */
type ApiResult =
  | { readonly kind: 'listed'; readonly entries: readonly Descriptor[] }
  | { readonly kind: 'unsupported' };

interface Capability {
  readonly hasApi: boolean;
  readonly untilMs: number;
}

export interface ReferrerStoreParts {
  readonly http: HttpClient;
  readonly tags: ReferrersTag;
  readonly timing: Timing;
}

/** A registry may be upgraded while a long job runs. */
const CAPABILITY_LIFETIME_MS = 5 * 60_000;

/** Pages of a list that has no end. */
const MAX_PAGES = 1000;

/** What registries without the API answer. A 401, 403, 429 or 5xx says nothing about it. */
const UNSUPPORTED_STATUSES: readonly number[] = [400, 404, 405, 406, 501];

/** Lists and registers referrers: by the API where there is one, else under the tag. */
export class ReferrerStore {
  readonly #http: HttpClient;
  readonly #tags: ReferrersTag;
  readonly #timing: Timing;
  readonly #capabilities = new Map<string, Capability>();

  constructor({ http, tags, timing }: ReferrerStoreParts) {
    this.#http = http;
    this.#tags = tags;
    this.#timing = timing;
  }

  /** The referrers of a subject. */
  async list(place: SubjectPlace, signal: AbortSignal): Promise<readonly Descriptor[]> {
    const result = await this.#listByApi(place, signal);
    return result.kind === 'listed' ? result.entries : this.#tags.list(place, signal);
  }

  /** Notes that the registry itself lists manifests of this repository among the referrers of their subjects. */
  confirm(place: SubjectPlace): void {
    this.#learn(place, true);
  }

  /**
   * Makes sure that a manifest that was put is listed. The registry did not say so when it took it: it is asked,
   * and if it does not know referrers or not this one, the tag is written.
   */
  async register(place: SubjectPlace, entry: Descriptor, signal: AbortSignal): Promise<void> {
    const result = await this.#listByApi(place, signal);
    const isListed =
      result.kind === 'listed' && result.entries.some(({ digest }) => digest === entry.digest);
    if (!isListed) await this.#tags.add(place, entry, signal);
  }

  async #listByApi(place: SubjectPlace, signal: AbortSignal): Promise<ApiResult> {
    const known = this.#capabilities.get(formatRepository(place.repository));
    if (known?.hasApi === false && known.untilMs > this.#timing.now()) {
      return { kind: 'unsupported' };
    }
    const entries: Descriptor[] = [];
    let request = pageRequest(place, `referrers/${place.subject}`);
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const response = await this.#http.exchange(request, MAX_MANIFEST_BYTES, signal);
      if (isMissingRepository(response)) return { kind: 'listed', entries: [] };
      if (!isReferrersList(response)) {
        this.#learn(place, false);
        return { kind: 'unsupported' };
      }
      this.#learn(place, true);
      entries.push(...entriesIn(request, response));
      const next = nextPage(request, response);
      if (next === undefined) return { kind: 'listed', entries };
      request = pageRequest(place, next);
    }
    invariant(request.at instanceof URL, 'a second page has an address');
    throw protocolError({ ...request, url: request.at }, `the list has over ${MAX_PAGES} pages`);
  }

  #learn({ repository }: SubjectPlace, hasApi: boolean): void {
    const untilMs = this.#timing.now() + CAPABILITY_LIFETIME_MS;
    this.#capabilities.set(formatRepository(repository), { hasApi, untilMs });
  }
}

function pageRequest({ repository, subject }: SubjectPlace, at: string | URL): RegistryRequest {
  return {
    what: `list the referrers of ${formatReference(repository, subject)}`,
    method: 'GET',
    repository,
    at,
    access: 'pull',
    headers: { accept: MediaType.ociIndex },
    expect: [200, ...UNSUPPORTED_STATUSES],
  };
}

function isReferrersList({ status, header }: RegistryResponse): boolean {
  const type = (header('content-type') ?? '').split(';', 1).join('').trim().toLowerCase();
  return status === 200 && type === MediaType.ociIndex;
}

function isMissingRepository({ status, bytes }: RegistryResponse): boolean {
  return status === 404 && registryCodesIn(bytes).includes('NAME_UNKNOWN');
}

function entriesIn({ what }: RegistryRequest, { bytes }: RegistryResponse): readonly Descriptor[] {
  return orThrow(readReferrers(bytes), {
    code: 'REGISTRY_RESPONSE_INVALID',
    subject: `The answer to "${what}"`,
    hint: 'Check that this host is a container registry, and what stands between it and the agent.',
  });
}

/** Only on the same origin: a page elsewhere would be asked for with our credentials. */
function nextPage(request: RegistryRequest, { url, header }: RegistryResponse): URL | undefined {
  const link = nextLink(header('link'));
  if (link === undefined) return undefined;
  const next = URL.canParse(link, url.href) ? new URL(link, url) : undefined;
  if (next?.origin === url.origin) return next;
  throw protocolError({ ...request, url }, 'the next page is not on the same server');
}
