import { mapLimit } from '../core/concurrency.ts';
import { invariant } from '../core/errors.ts';
import { orThrow } from '../core/result.ts';
import { neutralise } from '../core/text.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { MAX_MANIFEST_BYTES } from '../oci/manifest-document.ts';
import { MediaType } from '../oci/media-types.ts';
import { readReferrers } from '../oci/referrers.ts';
import { formatReference, formatRepository } from '../oci/reference.ts';
import type { Repository } from '../oci/reference.ts';
import type { HttpClient } from './client.ts';
import type { RegistryRequest, RegistryResponse } from './registry-request.ts';
import { RegistryError, protocolError, registryCodesIn, responseError } from './errors.ts';
import { nextPage } from './next-page.ts';
import type { ProfileFinder } from './profiles.ts';
import type { ReferrersTag, SubjectPlace } from './referrers-tag.ts';
import type { Timing } from './timing.ts';

/** What the API said: entries; or nothing, because the registry does not have it or does not know the repository. */
type ApiResult =
  | { readonly kind: 'listed'; readonly entries: readonly Descriptor[] }
  | { readonly kind: 'unsupported' | 'unknown' };

interface Capability {
  readonly hasApi: boolean;
  readonly untilMs: number;
}

/** A referrer that the registry says it lists. */
interface Claim {
  readonly place: SubjectPlace;
  readonly entry: Descriptor;
}

/** What listing and registering referrers needs. */
export interface ReferrerStoreParts {
  readonly http: HttpClient;
  readonly tags: ReferrersTag;
  readonly timing: Timing;
  readonly profileOf: ProfileFinder;
}

/** A registry may be upgraded while a long job runs. */
const CAPABILITY_LIFETIME_MS = 5 * 60_000;

/** Pages of a list that has no end. */
const MAX_PAGES = 1000;

/** Entries of all pages together; no image has a hundredth of it. */
const MAX_ENTRIES = 20_000;

/** Bytes of all pages together, as they are all held at once. */
const MAX_LIST_BYTES = 32 * 1024 * 1024;

/** Repositories and lists that are looked at at once; all of them share the slots of their registries. */
const CONCURRENCY = 24;

/** What registries without the API answer. A 401, 403, 429 or 5xx says nothing about it. */
const UNSUPPORTED_STATUSES: readonly number[] = [400, 404, 405, 406, 501];

/** Lists and registers referrers: by the API where there is one, else under the tag. */
export class ReferrerStore {
  readonly #parts: ReferrerStoreParts;
  /** By repository, as are the claims, which are dropped when a list has proven one of them. */
  readonly #capabilities = new Map<string, Capability>();
  readonly #claims = new Map<string, Claim[]>();
  /** The first questions to repositories of which nothing is known yet; they never reject. */
  readonly #probes = new Map<string, Promise<unknown>>();

  constructor(parts: ReferrerStoreParts) {
    this.#parts = parts;
  }

  /** The referrers of a subject. */
  async list(place: SubjectPlace, signal: AbortSignal): Promise<readonly Descriptor[]> {
    const { tags } = this.#parts;
    const result = await this.#listByApi(place, signal);
    if (result.kind === 'listed') {
      this.#prove(place, result.entries);
      // An API that did not take over what we registered leaves it under the tag.
      return tags.hasWritten(place)
        ? distinct([...result.entries, ...(await tags.list(place, signal))])
        : result.entries;
    }
    if (result.kind === 'unsupported') await this.#registerClaims(place, signal);
    return tags.list(place, signal);
  }

  /** Whether the registry is known to have the API for a repository. */
  hasApi(repository: Repository): boolean {
    return this.#capabilities.get(formatRepository(repository))?.hasApi === true;
  }

  /** Notes that the registry says that it lists a manifest; where that proves nothing, it is asked. */
  async confirm(place: SubjectPlace, entry: Descriptor, signal: AbortSignal): Promise<void> {
    if (!this.#parts.profileOf(place.repository.registry).subjectHeaderIsProof) {
      return this.register(place, entry, signal);
    }
    if (this.hasApi(place.repository)) return;
    const key = formatRepository(place.repository);
    this.#claims.set(key, [...(this.#claims.get(key) ?? []), { place, entry }]);
  }

  /**
   * Makes sure that a manifest that was put is listed. The registry did not say so when it took it: it is asked,
   * and if it does not know referrers or not this one, the tag is written.
   */
  async register(place: SubjectPlace, entry: Descriptor, signal: AbortSignal): Promise<void> {
    if (await this.#isListed(place, entry, signal)) return;
    await this.#parts.tags.add(place, entry, signal);
  }

  /**
   * Makes sure that everything registered so far stays listed: one list of each repository must prove what the
   * registry said, and lists under tags must have survived other writers.
   */
  async settle(signal: AbortSignal): Promise<void> {
    await mapLimit(
      [...this.#claims.values()],
      async ([first]) => {
        if (first === undefined) return;
        const entries = await this.list(first.place, signal);
        if (!has(entries, first.entry)) await this.#registerClaims(first.place, signal);
      },
      { limit: CONCURRENCY, signal },
    );
    await this.#parts.tags.settle(signal);
  }

  async #isListed(place: SubjectPlace, entry: Descriptor, signal: AbortSignal): Promise<boolean> {
    try {
      const result = await this.#listByApi(place, signal);
      return result.kind === 'listed' && has(result.entries, entry);
    } catch (error) {
      // The subject may come after what refers to it, and some registries do not list for it until then.
      if (isMissingSubject(error)) return false;
      throw error;
    }
  }

  #prove({ repository, subject }: SubjectPlace, entries: readonly Descriptor[]): void {
    const key = formatRepository(repository);
    const claims = this.#claims.get(key) ?? [];
    const isProven = claims.some(
      ({ place, entry }) => place.subject === subject && has(entries, entry),
    );
    if (isProven) this.#claims.delete(key);
  }

  /** Writes under tags what the registry of a repository wrongly said it would list. */
  async #registerClaims({ repository }: SubjectPlace, signal: AbortSignal): Promise<void> {
    const key = formatRepository(repository);
    const claims = this.#claims.get(key) ?? [];
    this.#claims.delete(key);
    await mapLimit(claims, async ({ place, entry }) => this.#parts.tags.add(place, entry, signal), {
      limit: CONCURRENCY,
      signal,
    });
  }

  /** Of several questions to an unknown repository one is asked first: where there is no API, that is all. */
  async #listByApi(place: SubjectPlace, signal: AbortSignal): Promise<ApiResult> {
    const key = formatRepository(place.repository);
    if (this.#capabilities.has(key)) return this.#askApi(place, signal);
    const probe = this.#probes.get(key);
    if (probe !== undefined) {
      await probe;
      return this.#askApi(place, signal);
    }
    const asking = this.#askApi(place, signal);
    this.#probes.set(
      key,
      asking.catch(() => undefined),
    );
    try {
      return await asking;
    } finally {
      this.#probes.delete(key);
    }
  }

  async #askApi(place: SubjectPlace, signal: AbortSignal): Promise<ApiResult> {
    const known = this.#capabilities.get(formatRepository(place.repository));
    if (known?.hasApi === false && known.untilMs > this.#parts.timing.now()) {
      return { kind: 'unsupported' };
    }
    const entries: Descriptor[] = [];
    let request = pageRequest(place, `referrers/${place.subject}`);
    let bytes = 0;
    for (let page = 0; page < MAX_PAGES && entries.length <= MAX_ENTRIES; page += 1) {
      const response = await this.#parts.http.exchange(request, MAX_MANIFEST_BYTES, signal);
      bytes += response.bytes.byteLength;
      if (bytes > MAX_LIST_BYTES) break;
      if (!isReferrersList(response)) {
        if (page > 0) throw noListError(request, response);
        return this.#withoutList(place, request, response);
      }
      this.#learn(place, true);
      entries.push(...entriesIn(request, response));
      const next = nextPage(request, response);
      if (next === undefined) return { kind: 'listed', entries };
      request = pageRequest(place, next);
    }
    invariant(request.at instanceof URL, 'a second page has an address');
    const finding = `the list has over ${MAX_PAGES} pages, ${MAX_ENTRIES} entries or ${MAX_LIST_BYTES} bytes`;
    throw protocolError({ ...request, url: request.at }, finding);
  }

  /** What an answer means that is no list: an API that was seen in this run has not gone, and may list something. */
  #withoutList(
    place: SubjectPlace,
    request: RegistryRequest,
    response: RegistryResponse,
  ): ApiResult {
    if (isMissingRepository(response)) return { kind: 'unknown' };
    if (this.hasApi(place.repository)) throw noListError(request, response);
    this.#learn(place, false);
    return { kind: 'unsupported' };
  }

  #learn({ repository }: SubjectPlace, hasApi: boolean): void {
    const untilMs = this.#parts.timing.now() + CAPABILITY_LIFETIME_MS;
    this.#capabilities.set(formatRepository(repository), { hasApi, untilMs });
  }
}

function has(entries: readonly Descriptor[], { digest }: Descriptor): boolean {
  return entries.some((each) => each.digest === digest);
}

function distinct(entries: readonly Descriptor[]): readonly Descriptor[] {
  return [...new Map(entries.map((entry) => [entry.digest, entry])).values()];
}

function pageRequest({ repository, subject }: SubjectPlace, at: string | URL): RegistryRequest {
  return {
    what: `list the referrers of ${formatReference(repository, subject)}`,
    method: 'GET',
    repository,
    at,
    access: 'pull',
    family: 'referrers',
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

function isMissingSubject(error: unknown): boolean {
  if (!(error instanceof RegistryError)) return false;
  const { status, registryCodes } = error.details;
  return status === 404 && registryCodes.includes('MANIFEST_UNKNOWN');
}

/** The error for an answer that is no list although there must be one. */
function noListError({ what, method }: RegistryRequest, response: RegistryResponse): RegistryError {
  const { status, url, bytes, header } = response;
  if (status !== 200) return responseError({ what, method, url }, { status, body: bytes });
  const type = neutralise(header('content-type') ?? 'no type');
  return protocolError({ what, method, url }, `the answer is no list of referrers but ${type}`);
}

function entriesIn({ what }: RegistryRequest, { bytes }: RegistryResponse): readonly Descriptor[] {
  return orThrow(readReferrers(bytes), {
    code: 'REGISTRY_RESPONSE_INVALID',
    subject: `The answer to "${what}"`,
    hint: 'Check that this host is a container registry, and what stands between it and the agent.',
  });
}
