import { redactUrl } from '../core/text.ts';
import type { Log } from '../ports/host.ts';
import type { HeaderSource } from './credentials/docker-config.ts';
import { responseError } from './errors.ts';
import type { RegistryError } from './errors.ts';
import { readFailure, translated } from './failures.ts';
import { sendFollowing } from './hops.ts';
import type { HoppingRequest } from './hops.ts';
import { PullLimits } from './pull-limit.ts';
import type { RegistryRequest } from './registry-request.ts';
import { ServerWarnings } from './server-warnings.ts';
import type { Timing } from './timing.ts';
import type { HttpResponse, Transport } from './transport.ts';

/** A request with what is to be done with its answer. */
export interface Call<T> {
  readonly request: RegistryRequest;
  readonly signal: AbortSignal;
  readonly take: (response: HttpResponse) => Promise<T>;
}

/** What came of sending a request once: its answer, or the wish for other credentials. */
export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | {
      readonly kind: 'refused';
      readonly challenges: readonly string[];
      readonly error: RegistryError;
    };

/** What sending needs: the network, the clock, the log, and where each registry is. */
export interface SenderOptions {
  readonly transport: Transport;
  readonly timing: Pick<Timing, 'now'>;
  readonly log: Pick<Log, 'debug' | 'warn'>;
  readonly originOf: (registry: string) => URL;
  /** Headers that a registry is sent besides. */
  readonly headers: HeaderSource | undefined;
}

type Headers = Readonly<Record<string, string>>;

/** Sends a request to a registry once, wherever that leads, and tells an answer from a failure. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #pullLimits: PullLimits;
  readonly #warnings: ServerWarnings;
  /** By registry: the headers that it is sent besides, which do not change during a run. */
  readonly #ownHeaders = new Map<string, Headers>();

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#pullLimits = new PullLimits(options.log);
    this.#warnings = new ServerWarnings(options.log);
  }

  /**
   * Sends one request, with these credentials or none, and gives what `take` makes of an expected answer.
   *
   * @throws RegistryError for a refusal that other credentials do not change, and when nobody answers
   */
  async send<T>(call: Call<T>, authorization: string | undefined): Promise<Outcome<T>> {
    const { request, signal, take } = call;
    const { transport, timing, log } = this.#options;
    const { registry } = request.repository;
    const asked = this.#hopping(request);
    try {
      const own = this.#ownHeaders.get(registry) ?? (await this.#findOwnHeaders(registry));
      const homeHeaders = authorization === undefined ? own : { ...own, authorization };
      const { response, isHome } = await sendFollowing(
        transport,
        { ...asked, homeHeaders },
        signal,
      );
      log.debug(() => `${asked.method} ${redactUrl(response.url.href)} ${response.status}`);
      this.#pullLimits.note(registry, response);
      if (isHome) this.#warnings.note(registry, response.headerValues('warning'));
      if (request.expect.includes(response.status)) {
        return { kind: 'done', value: await take(response) };
      }
      const failure = await readFailure(response, timing.now());
      const { what, method } = asked;
      const error = responseError(
        { what, method, url: response.url },
        { ...failure, isElsewhere: !isHome },
      );
      const challenges = response.headerValues('www-authenticate');
      if (isHome && mayRenew(error, challenges)) return { kind: 'refused', challenges, error };
      throw error;
    } catch (error) {
      throw translated(asked, error, signal);
    }
  }

  #hopping({ what, method, repository, at, headers = {}, body }: RegistryRequest): HoppingRequest {
    const registryUrl = this.#options.originOf(repository.registry);
    const url = at instanceof URL ? at : new URL(`/v2/${repository.name}/${at}`, registryUrl);
    return { what, method, url, headers, body, home: registryUrl.origin, registryUrl };
  }

  async #findOwnHeaders(registry: string): Promise<Headers> {
    const headers = (await this.#options.headers?.(registry)) ?? {};
    this.#ownHeaders.set(registry, headers);
    return headers;
  }
}

/** Whether other credentials may help; some registries say 403 to a password that was good for some hours. */
function mayRenew({ details, message }: RegistryError, challenges: readonly string[]): boolean {
  if (details.status === 401) return challenges.length > 0;
  return details.status === 403 && /\bexpired\b/i.test(message);
}
