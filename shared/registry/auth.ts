import { SingleFlight } from '../core/concurrency.ts';
import { TaskError } from '../core/errors.ts';
import type { Challenge } from '../oci/challenge.ts';
import type { Credential, CredentialSource } from './credentials/credential.ts';
import { checkRealm } from './realm.ts';
import { covers } from './scopes.ts';
import type { AccessTarget } from './scopes.ts';
import { basicHeader, parseToken, tokenByGet, tokenByPost } from './token.ts';
import type { TokenFetcher } from './token-fetcher.ts';
import type { AccessToken, TokenRequest } from './token.ts';

export interface AuthorizerOptions {
  readonly credentials: CredentialSource;
  readonly maskSecret: (value: string) => void;
  readonly now: () => number;
  readonly originOf: (registry: string) => URL;
  readonly fetchToken: TokenFetcher;
}

/** What a registry answered to a request that it did not authorize. */
export interface Refusal {
  /** The header that was sent, absent when there was none. */
  readonly sent: string | undefined;
  readonly challenges: readonly Challenge[];
}

interface GrantedToken {
  readonly scopes: readonly string[];
  readonly header: string;
  readonly expiresAtMs: number;
}

interface HostAuth {
  challenge: Challenge;
  tokens: readonly GrantedToken[];
  readonly fetching: Map<string, Promise<GrantedToken>>;
}

/** A token is not used in its last minute, or its last third if it lives shorter than three. */
const SAFETY_MS = 60_000;

/**
 * Knows how each registry wants to be talked to, and holds one token per registry and set of scopes.
 *
 * Nothing is asked beforehand: the first 401 of a host teaches the scheme, for the whole run. Scopes never add up:
 * a token that can do everything becomes too long for its header.
 */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  readonly #hosts = new Map<string, HostAuth>();
  readonly #credentials = new SingleFlight<Credential | undefined>();

  constructor(options: AuthorizerOptions) {
    this.#options = options;
  }

  /** The `Authorization` for a request; absent as long as the registry has not asked for one. */
  async header(target: AccessTarget, signal: AbortSignal): Promise<string | undefined> {
    const host = this.#hosts.get(target.registry);
    if (host === undefined) return undefined;
    const credential = await this.#credentialOf(target.registry, signal);
    if (credential?.kind === 'registry-token') return `Bearer ${credential.token.reveal()}`;
    if (host.challenge.scheme === 'bearer') return this.#bearer(host, target, signal);
    if (credential?.kind === 'basic') return basicHeader(credential);
    throw new TaskError(
      'REGISTRY_UNAUTHORIZED',
      `${target.registry} wants a user name and password.`,
      {
        hint: `Use a service connection for ${target.registry}, or log in with docker login.`,
      },
    );
  }

  /**
   * Takes note of what a registry asks for.
   *
   * @throws TaskError `REGISTRY_UNAUTHORIZED` when none of it is supported
   */
  learn(registry: string, challenges: readonly Challenge[]): void {
    const challenge =
      challenges.find(({ scheme }) => scheme === 'bearer') ??
      challenges.find(({ scheme }) => scheme === 'basic');
    if (challenge === undefined) {
      throw new TaskError(
        'REGISTRY_UNAUTHORIZED',
        `${registry} refused the request and offers no way to log in that is known here.`,
        {
          hint: 'Check that this host is a container registry with Basic or Bearer authentication.',
        },
      );
    }
    const known = this.#hosts.get(registry);
    if (known === undefined) {
      this.#hosts.set(registry, { challenge, tokens: [], fetching: new Map() });
    } else {
      known.challenge = challenge;
    }
  }

  /**
   * Another `Authorization` after a refusal, absent when there is no hope: the same would be sent again.
   *
   * When somebody else has renewed the token since the request was sent, that one is taken.
   */
  async renew(
    target: AccessTarget,
    { sent, challenges }: Refusal,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    this.learn(target.registry, challenges);
    const host = this.#hosts.get(target.registry);
    if (host === undefined) return undefined;
    host.tokens = host.tokens.filter(({ header }) => header !== sent);
    const extra =
      host.challenge.parameters.get('error') === 'insufficient_scope' ? demandedScopes(host) : [];
    const scopes = [...target.scopes, ...extra.filter((scope) => !covers(target.scopes, [scope]))];
    const header = await this.header({ ...target, scopes }, signal);
    return header === sent ? undefined : header;
  }

  async #bearer(host: HostAuth, target: AccessTarget, signal: AbortSignal): Promise<string> {
    const now = this.#options.now();
    const held = host.tokens.find(
      (token) => covers(token.scopes, target.scopes) && token.expiresAtMs > now,
    );
    if (held !== undefined) return held.header;
    const key = target.scopes.join(' ');
    const running = host.fetching.get(key) ?? this.#fetch(host, target, signal);
    host.fetching.set(key, running);
    try {
      return (await running).header;
    } finally {
      host.fetching.delete(key);
    }
  }

  async #fetch(host: HostAuth, target: AccessTarget, signal: AbortSignal): Promise<GrantedToken> {
    const { registry, scopes } = target;
    const { parameters } = host.challenge;
    const credential = await this.#credentialOf(registry, signal);
    const url = checkRealm({
      realm: parameters.get('realm') ?? '',
      registryUrl: this.#options.originOf(registry),
      hasCredential: credential !== undefined,
    });
    const service = parameters.get('service');
    const token = await this.#request({ url, service, scopes, credential }, signal);
    this.#mask(token.value);
    const lifetimeMs = token.expiresAtMs - this.#options.now();
    const granted: GrantedToken = {
      scopes,
      header: `Bearer ${token.value}`,
      expiresAtMs: token.expiresAtMs - Math.min(SAFETY_MS, lifetimeMs / 3),
    };
    const now = this.#options.now();
    host.tokens = [...host.tokens.filter(({ expiresAtMs }) => expiresAtMs > now), granted];
    return granted;
  }

  async #request(request: TokenRequest, signal: AbortSignal): Promise<AccessToken> {
    const { fetchToken, now } = this.#options;
    const { credential, url } = request;
    const body =
      (credential?.kind === 'identity-token'
        ? undefined
        : await fetchToken(tokenByGet(request), signal)) ??
      (credential === undefined ? undefined : await fetchToken(tokenByPost(request), signal));
    if (body !== undefined) return parseToken(body, url.host, now());
    throw new TaskError('REGISTRY_RESPONSE_INVALID', `There is no token server at ${url.host}.`, {
      hint: 'Check that the registry host is the right one.',
    });
  }

  async #credentialOf(registry: string, signal: AbortSignal): Promise<Credential | undefined> {
    return this.#credentials.run(registry, async () => {
      const credential = await this.#options.credentials(registry, signal);
      if (credential !== undefined) this.#maskCredential(credential);
      return credential;
    });
  }

  /** The agent hides whole words only: the encoded pair is another word than the password. */
  #maskCredential(credential: Credential): void {
    if (credential.kind === 'basic') {
      this.#mask(credential.password.reveal());
      this.#mask(basicHeader(credential).slice('Basic '.length));
    } else {
      this.#mask(credential.token.reveal());
    }
  }

  #mask(secret: string): void {
    if (secret !== '') this.#options.maskSecret(secret);
  }
}

function demandedScopes(host: HostAuth): readonly string[] {
  return (host.challenge.parameters.get('scope') ?? '').split(' ').filter((scope) => scope !== '');
}
