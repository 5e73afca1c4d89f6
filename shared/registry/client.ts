import { setMaxListeners } from 'node:events';
import { redactUrl } from '../core/text.ts';
import { remembered } from '../core/remembered.ts';
import { parseChallenges } from '../oci/challenge.ts';
import type { Repository } from '../oci/reference.ts';
import type { Log } from '../ports/host.ts';
import { Admission } from './admission.ts';
import type { Ticket } from './admission.ts';
import { Authorizer } from './auth.ts';
import { readBody } from './bodies.ts';
import type { CredentialSource } from './credentials/credential.ts';
import type { HeaderSource } from './credentials/docker-config.ts';
import { responseError } from './errors.ts';
import type { RegistryError } from './errors.ts';
import { readFailure, translated, translatedBody } from './failures.ts';
import { FirstContact } from './first-contact.ts';
import { sendFollowing } from './hops.ts';
import type { SchemeChoices } from './origins.ts';
import { registryOrigin } from './origins.ts';
import { OwnWrites } from './own-writes.ts';
import type { ProfileFinder } from './profiles.ts';
import { PullLimits } from './pull-limit.ts';
import { requestRetries } from './retry.ts';
import { Retrier } from './retrier.ts';
import { accessTarget } from './scopes.ts';
import type { AccessTarget } from './scopes.ts';
import { ServerWarnings } from './server-warnings.ts';
import type { Timing } from './timing.ts';
import { createTokenFetcher } from './token-fetcher.ts';
import type { HttpMethod, HttpResponse, StreamBody, Transport } from './transport.ts';

/** A request to a registry. */
export interface RegistryRequest {
  /** Completes the sentence "Cannot …". */
  readonly what: string;
  readonly method: HttpMethod;
  readonly repository: Repository;
  /** Below `/v2/<name>/`, e.g. `manifests/latest`; or where the registry sent us, e.g. an upload session. */
  readonly at: string | URL;
  readonly access: 'pull' | 'push' | 'delete';
  /** Another repository of the registry that is read, for mounts. */
  readonly mountFrom?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream can be sent only once. */
  readonly body?: Uint8Array | StreamBody;
  /**
   * Set when the caller begins again on its own, e.g. in a new upload session. It goes before others that wait: what
   * it rests on, a session or a list that was just read, must not grow old.
   */
  readonly isSingleShot?: boolean;
  /** What the repository has when this succeeds, e.g. `blobs/sha256:…`. */
  readonly writes?: readonly string[];
  /** Requests that some registries count apart from all others. */
  readonly family?: 'referrers';
  /** Set when a request that is being sent waits for this one, e.g. an upload for the rest of its content. */
  readonly isContinuation?: boolean;
  /** Statuses that are an answer; all others are thrown. */
  readonly expect: readonly number[];
}

/** A response whose body has been read. */
export interface RegistryResponse {
  readonly status: number;
  readonly url: URL;
  readonly header: (name: string) => string | undefined;
  /** All values of a list, which may come in several headers, with commas between them. */
  readonly headerList: (name: string) => string | undefined;
  readonly bytes: Uint8Array;
}

export interface HttpClientOptions {
  readonly transport: Transport;
  readonly timing: Timing;
  readonly credentials: CredentialSource;
  readonly log: Pick<Log, 'debug' | 'warn'>;
  readonly maskSecret: (value: string) => void;
  readonly maxInFlight: number;
  readonly profileOf: ProfileFinder;
  readonly schemes: SchemeChoices;
  /** Headers that a registry is sent besides. */
  readonly headers?: HeaderSource;
  /** Repositories that this run will write, so that a token to read them is one to write as well. */
  readonly isWritable?: (repository: Repository) => boolean;
  readonly trustedTokenHosts?: readonly string[];
}

interface Call<T> {
  readonly request: RegistryRequest;
  readonly signal: AbortSignal;
  readonly take: (response: HttpResponse) => Promise<T>;
}

type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | {
      readonly kind: 'refused';
      readonly challenges: readonly string[];
      readonly error: RegistryError;
    };

/**
 * Talks to registries: operation retry, then a slot of the host, then authorization, then redirects, then the wire.
 *
 * All failures are TaskErrors that name what could not be done.
 */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #authorizer: Authorizer;
  readonly #admission: Admission;
  readonly #pullLimits: PullLimits;
  readonly #warnings: ServerWarnings;
  readonly #ownWrites: OwnWrites;
  readonly #firstContact = new FirstContact();
  readonly originOf: (registry: string) => URL;
  readonly retrier: Retrier;

  constructor(options: HttpClientOptions) {
    const { transport, timing, credentials, maskSecret, log } = options;
    this.#options = options;
    this.originOf = remembered((registry) =>
      registryOrigin(registry, options.schemes, options.profileOf(registry)),
    );
    this.#admission = new Admission(options);
    this.#pullLimits = new PullLimits(log);
    this.#warnings = new ServerWarnings(log);
    this.#ownWrites = new OwnWrites(timing);
    this.retrier = new Retrier({ timing, log });
    this.#authorizer = new Authorizer({
      ...{ credentials, maskSecret, profileOf: options.profileOf },
      trustedTokenHosts: options.trustedTokenHosts ?? [],
      now: () => timing.now(),
      originOf: (registry) => this.originOf(registry),
      fetchToken: createTokenFetcher({ transport, timing, retrier: this.retrier }),
    });
  }

  /** Sends a request and reads the whole answer, of at most `maxBytes`. */
  async exchange(
    request: RegistryRequest,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<RegistryResponse> {
    const take = async (response: HttpResponse): Promise<RegistryResponse> => ({
      status: response.status,
      url: response.url,
      header: response.header,
      headerList: (name) => response.headerValues(name).join(', ') || undefined,
      bytes: await readBody(response.body, maxBytes, request.what),
    });
    return this.#settled({ request, signal, take });
  }

  /** Sends a request and hands over the answer with its body still to come, which holds no slot. */
  async open(request: RegistryRequest, signal: AbortSignal): Promise<HttpResponse> {
    const { what, method } = request;
    const take = async (response: HttpResponse): Promise<HttpResponse> => {
      const body = translatedBody({ what, method, url: response.url }, response.body, signal);
      return Promise.resolve({ ...response, body });
    };
    return this.#settled({ request, signal, take });
  }

  /** What we wrote is looked for with patience, all else once. */
  async #settled<T extends { readonly status: number }>(call: Call<T>): Promise<T> {
    const { repository, method, at, writes = [] } = call.request;
    const send = async (): Promise<T> => this.#call(call);
    if (typeof at === 'string' && (method === 'GET' || method === 'HEAD')) {
      return this.#ownWrites.read({ ...repository, at }, send, call.signal);
    }
    const response = await send();
    if (response.status < 300) {
      for (const written of writes) this.#ownWrites.note({ ...repository, at: written });
    }
    return response;
  }

  async #call<T>(call: Call<T>): Promise<T> {
    const { request, signal } = call;
    // One signal serves a whole run; many listeners on it are no leak.
    setMaxListeners(0, signal);
    const isFinal = request.isSingleShot === true || isStream(request);
    const retriesOf = isFinal ? (): number => 0 : requestRetries;
    return this.retrier.run(
      async (excuse) => this.#attempt(call, excuse),
      {
        retriesOf,
        onWait: (failure, ms) => {
          this.#admission.slowDown(ticketOf(request), failure, ms);
        },
      },
      signal,
    );
  }

  async #attempt<T>(call: Call<T>, excuse: (ms: number) => void): Promise<T> {
    const { request, signal } = call;
    const { registry } = request.repository;
    const target = this.#targetOf(request);
    const report = await this.#firstContact.enter(registry);
    try {
      let sent = await this.#authorizer.header(target, signal);
      // A request without authorization is a question, its refusal the answer.
      for (let refusals = 0; ;) {
        const task = async (): Promise<Outcome<T>> => this.#send(call, sent);
        const passage = { ticket: ticketOf(request), task, excuse };
        const outcome = await this.#admission.run(passage, signal);
        if (outcome.kind === 'done') {
          report(true);
          return outcome.value;
        }
        const challenges = parseChallenges(outcome.challenges);
        if (challenges.length > 0) this.#authorizer.learn(registry, challenges);
        report(true);
        if (sent !== undefined) refusals += 1;
        if (refusals > 1) throw outcome.error;
        const renewed = await this.#authorizer.renew(target, { sent, challenges }, signal);
        if (renewed === undefined || isStream(request)) throw outcome.error;
        sent = renewed;
      }
    } finally {
      report(false);
    }
  }

  async #send<T>(call: Call<T>, authorization: string | undefined): Promise<Outcome<T>> {
    const { request, signal, take } = call;
    const { what, method, repository, at } = request;
    const origin = this.originOf(repository.registry);
    const url = at instanceof URL ? at : new URL(`/v2/${repository.name}/${at}`, origin);
    const failed = { what, method, url };
    try {
      const { response, isHome } = await sendFollowing(
        this.#options.transport,
        {
          what,
          method,
          url,
          headers: request.headers ?? {},
          home: origin.origin,
          registryUrl: origin,
          homeHeaders: await this.#homeHeaders(repository.registry, authorization),
          ...(request.body === undefined ? {} : { body: request.body }),
        },
        signal,
      );
      this.#options.log.debug(() => `${method} ${redactUrl(response.url.href)} ${response.status}`);
      this.#pullLimits.note(repository.registry, response);
      if (isHome) this.#warnings.note(repository.registry, response.headerValues('warning'));
      if (request.expect.includes(response.status)) {
        return { kind: 'done', value: await take(response) };
      }
      const failure = await readFailure(response, this.#options.timing.now());
      const error = responseError(
        { ...failed, url: response.url },
        { ...failure, isElsewhere: !isHome },
      );
      const challenges = response.headerValues('www-authenticate');
      if (isHome && mayRenew(error, challenges)) return { kind: 'refused', challenges, error };
      throw error;
    } catch (error) {
      throw translated(failed, error, signal);
    }
  }

  async #homeHeaders(
    registry: string,
    authorization: string | undefined,
  ): Promise<Readonly<Record<string, string>>> {
    const headers = await this.#options.headers?.(registry);
    return { ...headers, ...(authorization === undefined ? {} : { authorization }) };
  }

  #targetOf(request: RegistryRequest): AccessTarget {
    const { isWritable = (): boolean => false } = this.#options;
    const { body } = request;
    const bodyBytes = body instanceof Uint8Array ? body.byteLength : (body?.size ?? 0);
    return accessTarget({ ...request, bodyBytes }, isWritable);
  }
}

function ticketOf(request: RegistryRequest): Ticket {
  const { repository, family, isContinuation = false, isSingleShot: isUrgent = false } = request;
  const { registry } = repository;
  return { registry, isContinuation, isUrgent, ...(family === undefined ? {} : { family }) };
}

function isStream({ body }: RegistryRequest): boolean {
  return body !== undefined && !(body instanceof Uint8Array);
}

/** Whether other credentials may help; some registries say 403 to a password that was good for some hours. */
function mayRenew({ details, message }: RegistryError, challenges: readonly string[]): boolean {
  if (details.status === 401) return challenges.length > 0;
  return details.status === 403 && /\bexpired\b/i.test(message);
}
