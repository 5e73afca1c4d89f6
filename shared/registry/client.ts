import { remembered } from '../core/remembered.ts';
import { parseChallenges } from '../oci/challenge.ts';
import type { Repository } from '../oci/reference.ts';
import type { Log } from '../ports/host.ts';
import { Admission } from './admission.ts';
import type { Ticket } from './admission.ts';
import { Authorizer } from './auth.ts';
import { readBody } from './bodies.ts';
import { endedTokenError } from './errors.ts';
import type { CredentialSource } from './credentials/credential.ts';
import type { HeaderSource } from './credentials/docker-config.ts';
import { translatedBody } from './failures.ts';
import { FirstContact } from './first-contact.ts';
import type { SchemeChoices } from './origins.ts';
import { registryOrigin } from './origins.ts';
import { OwnWrites } from './own-writes.ts';
import type { ProfileFinder } from './profiles.ts';
import type { OpenResponse, RegistryRequest, RegistryResponse } from './registry-request.ts';
import { requestRetries } from './retry.ts';
import type { Failure } from './retry.ts';
import { Retrier } from './retrier.ts';
import { accessTarget } from './scopes.ts';
import type { AccessTarget } from './scopes.ts';
import { Sender } from './sender.ts';
import type { Call, Outcome } from './sender.ts';
import type { Timing } from './timing.ts';
import { createTokenFetcher } from './token-fetcher.ts';
import type { HttpResponse, Transport } from './transport.ts';

/** What requests to registries need. */
export interface HttpClientOptions {
  readonly transport: Transport;
  readonly timing: Timing;
  readonly credentials: CredentialSource;
  readonly log: Pick<Log, 'debug' | 'info' | 'warn'>;
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

/** Tokens of one request that may end before it has passed; new ones that are refused are not so many. */
const MAX_ENDED_TOKENS = 7;

/**
 * Talks to registries: operation retry, then a slot of the host, then authorization, then redirects, then the wire.
 *
 * All failures are TaskErrors that name what could not be done.
 */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #authorizer: Authorizer;
  readonly #admission: Admission;
  readonly #sender: Sender;
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
    this.#sender = new Sender({
      ...{ transport, timing, log, headers: options.headers },
      originOf: (registry) => this.originOf(registry),
    });
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
  async open(request: RegistryRequest, signal: AbortSignal): Promise<OpenResponse> {
    const { what, method } = request;
    const take = async (response: HttpResponse): Promise<OpenResponse> => {
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
    // A POST that is answered 202 has begun an upload and written nothing yet.
    const hasOnlyBegun = method === 'POST' && response.status === 202;
    if (response.status < 300 && !hasOnlyBegun) {
      for (const written of writes) this.#ownWrites.note({ ...repository, at: written });
    }
    return response;
  }

  async #call<T>(call: Call<T>): Promise<T> {
    const { request, signal } = call;
    const isFinal = request.isSingleShot === true || isStream(request);
    // A registry that answered before and does not now is starting anew.
    const retriesOf = (failure: Failure): number =>
      isFinal
        ? 0
        : requestRetries(failure, this.#firstContact.isKnown(request.repository.registry));
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
    const { registry } = call.request.repository;
    if (this.#firstContact.isKnown(registry)) {
      return this.#authorized(call, excuse, () => undefined);
    }
    const report = await this.#firstContact.enter(registry);
    try {
      return await this.#authorized(call, excuse, report);
    } finally {
      report(false);
    }
  }

  /** A request without authorization is a question, its refusal the answer. */
  async #authorized<T>(
    call: Call<T>,
    excuse: (ms: number) => void,
    report: (answered: boolean) => void,
  ): Promise<T> {
    const { request, signal } = call;
    const { registry } = request.repository;
    let sent = this.#authorizer.knows(registry)
      ? await this.#authorizer.header(this.#targetOf(request), signal)
      : undefined;
    for (let refusals = 0, ended = 0; ;) {
      const task = async (): Promise<Outcome<T>> => this.#sender.send(call, sent);
      const passage = { ticket: ticketOf(request), task, excuse };
      const outcome = await this.#admission.run(passage, signal);
      if (outcome.kind === 'done') {
        report(true);
        if (sent !== undefined) this.#authorizer.accept(registry, sent);
        return outcome.value;
      }
      const challenges = parseChallenges(outcome.challenges);
      this.#authorizer.learn(registry, challenges);
      report(true);
      const refusal = { sent, challenges };
      const hasEnded = this.#authorizer.hasEnded(registry, refusal);
      if (hasEnded) ended += 1;
      else if (sent !== undefined) refusals += 1;
      if (refusals > 1 || ended > MAX_ENDED_TOKENS) throw outcome.error;
      const renewed = await this.#authorizer.renew(this.#targetOf(request), refusal, signal);
      if (renewed === undefined) throw outcome.error;
      if (isStream(request)) throw hasEnded ? endedTokenError(outcome.error) : outcome.error;
      sent = renewed;
    }
  }

  #targetOf(request: RegistryRequest): AccessTarget {
    const { isWritable = (): boolean => false } = this.#options;
    const { repository, access, mountFrom, body } = request;
    const bodyBytes = body instanceof Uint8Array ? body.byteLength : (body?.size ?? 0);
    return accessTarget({ repository, access, mountFrom, bodyBytes }, isWritable);
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
