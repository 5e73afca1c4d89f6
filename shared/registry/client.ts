import { setMaxListeners } from 'node:events';
import { redactUrl } from '../core/text.ts';
import { parseChallenges } from '../oci/challenge.ts';
import type { Repository } from '../oci/reference.ts';
import type { Log } from '../ports/host.ts';
import { Authorizer } from './auth.ts';
import { readBody } from './bodies.ts';
import type { CredentialSource } from './credentials/credential.ts';
import { responseError } from './errors.ts';
import type { RegistryError } from './errors.ts';
import { readFailure, translated } from './failures.ts';
import { FirstContact } from './first-contact.ts';
import { sendFollowing } from './hops.ts';
import { registryOrigin } from './origins.ts';
import { requestRetries } from './retry.ts';
import type { Failure } from './retry.ts';
import { Retrier } from './retrier.ts';
import { Scheduler } from './scheduler.ts';
import { pullScope, pushScope } from './scopes.ts';
import type { AccessTarget } from './scopes.ts';
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
  readonly access: 'pull' | 'push';
  /** Another repository of the registry that is read, for mounts. */
  readonly mountFrom?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream can be sent only once. */
  readonly body?: Uint8Array | StreamBody;
  /** Set when the caller begins again on its own, e.g. in a new upload session. */
  readonly isSingleShot?: boolean;
  /** Statuses that are an answer; all others are thrown. */
  readonly expect: readonly number[];
}

/** A response whose body has been read. */
export interface RegistryResponse {
  readonly status: number;
  readonly url: URL;
  readonly header: (name: string) => string | undefined;
  readonly bytes: Uint8Array;
}

export interface HttpClientOptions {
  readonly transport: Transport;
  readonly timing: Timing;
  readonly credentials: CredentialSource;
  readonly log: Pick<Log, 'debug'>;
  readonly maskSecret: (value: string) => void;
  readonly maxInFlight: number;
  readonly insecureHosts: ReadonlySet<string>;
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
  readonly #scheduler: Scheduler;
  readonly #firstContact = new FirstContact();
  readonly retrier: Retrier;

  constructor(options: HttpClientOptions) {
    const { transport, timing, credentials, maskSecret, maxInFlight, log } = options;
    this.#options = options;
    this.#scheduler = new Scheduler(maxInFlight, timing);
    this.retrier = new Retrier({ timing, log });
    this.#authorizer = new Authorizer({
      credentials,
      maskSecret,
      now: () => timing.now(),
      originOf: (registry) => this.#originOf(registry),
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
      bytes: await readBody(response.body, maxBytes, request.what),
    });
    return this.#call({ request, signal, take });
  }

  /** Sends a request and hands over the answer with its body still to come, which holds no slot. */
  async open(request: RegistryRequest, signal: AbortSignal): Promise<HttpResponse> {
    const take = async (response: HttpResponse): Promise<HttpResponse> =>
      Promise.resolve({ ...response, body: this.#mapped(request, response, signal) });
    return this.#call({ request, signal, take });
  }

  async #call<T>(call: Call<T>): Promise<T> {
    const { request, signal } = call;
    // One signal serves a whole run; many listeners on it are no leak.
    setMaxListeners(0, signal);
    const isFinal = request.isSingleShot === true || isStream(request);
    const retriesOf = isFinal ? (): number => 0 : requestRetries;
    return this.retrier.run(
      async () => this.#attempt(call),
      {
        retriesOf,
        onWait: (failure, ms) => {
          this.#slowDown(request, failure, ms);
        },
      },
      signal,
    );
  }

  /** A throttled host rests as a whole: other requests would only be refused as well. */
  #slowDown({ repository }: RegistryRequest, { status }: Failure, ms: number): void {
    if (status === 429 || status === 503) this.#scheduler.pause(repository.registry, ms);
  }

  async #attempt<T>(call: Call<T>): Promise<T> {
    const { request, signal } = call;
    const { registry } = request.repository;
    const target = accessTarget(request);
    const report = await this.#firstContact.enter(registry);
    try {
      let sent = await this.#authorizer.header(target, signal);
      for (let refusals = 0; ; refusals += 1) {
        const outcome = await this.#scheduler.run(registry, () => this.#send(call, sent), signal);
        if (outcome.kind === 'done') {
          report(true);
          return outcome.value;
        }
        const challenges = parseChallenges(outcome.challenges);
        this.#authorizer.learn(registry, challenges);
        report(true);
        const wantsMore = challenges.some(isInsufficientScope);
        if (refusals > (wantsMore ? 1 : 0)) throw outcome.error;
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
    const origin = this.#originOf(repository.registry);
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
          ...(request.body === undefined ? {} : { body: request.body }),
          ...(authorization === undefined ? {} : { authorization }),
        },
        signal,
      );
      this.#options.log.debug(`${method} ${redactUrl(response.url.href)} ${response.status}`);
      if (request.expect.includes(response.status)) {
        return { kind: 'done', value: await take(response) };
      }
      const error = responseError(
        { ...failed, url: response.url },
        await readFailure(response, this.#options.timing.now()),
      );
      const challenges = response.headerValues('www-authenticate');
      if (response.status === 401 && isHome && challenges.length > 0) {
        return { kind: 'refused', challenges, error };
      }
      throw error;
    } catch (error) {
      throw translated(failed, error, signal);
    }
  }

  async *#mapped(
    { what, method }: RegistryRequest,
    { body, url }: HttpResponse,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* body;
    } catch (error) {
      throw translated({ what, method, url }, error, signal);
    }
  }

  #originOf(registry: string): URL {
    return registryOrigin(registry, this.#options.insecureHosts);
  }
}

function accessTarget({ repository, access, mountFrom }: RegistryRequest): AccessTarget {
  const scope = access === 'push' ? pushScope(repository.name) : pullScope(repository.name);
  const others =
    mountFrom === undefined || mountFrom === repository.name ? [] : [pullScope(mountFrom)];
  return { registry: repository.registry, scopes: [scope, ...others] };
}

function isStream({ body }: RegistryRequest): boolean {
  return body !== undefined && !(body instanceof Uint8Array);
}

function isInsufficientScope({
  parameters,
}: {
  readonly parameters: ReadonlyMap<string, string>;
}): boolean {
  return parameters.get('error') === 'insufficient_scope';
}
