import { TaskError } from '../core/errors.ts';
import type { Challenge } from '../oci/challenge.ts';
import { BearerTokens } from './bearer-tokens.ts';
import type { Credential, CredentialContext, CredentialSource } from './credentials/credential.ts';
import { isSameCredential } from './credentials/credential.ts';
import { RegistryError } from './errors.ts';
import type { ProfileFinder } from './profiles.ts';
import { checkRealm, knownChallenge } from './realm.ts';
import { covers } from './scopes.ts';
import type { AccessTarget } from './scopes.ts';
import { SharedCalls } from './shared-calls.ts';
import { parseToken } from './token-answer.ts';
import type { AccessToken } from './token-answer.ts';
import type { TokenFetcher, TokenPurpose } from './token-fetcher.ts';
import { basicHeader, formCall, tokenByGet, tokenByPost } from './token.ts';
import type { TokenRequest } from './token.ts';

/** What logging in needs: credentials, token servers and whom they may be told to. */
export interface AuthorizerOptions {
  readonly credentials: CredentialSource;
  readonly maskSecret: (value: string) => void;
  readonly now: () => number;
  readonly originOf: (registry: string) => URL;
  readonly fetchToken: TokenFetcher;
  /** Token servers that may get the credentials of any registry, as `host` or `host:port`. */
  readonly trustedTokenHosts: readonly string[];
  readonly profileOf: ProfileFinder;
}

/** What a registry answered to a request that it did not authorize. */
export interface Refusal {
  /** The header that was sent, absent when there was none. */
  readonly sent: string | undefined;
  /** None when the registry only said that the credentials have expired. */
  readonly challenges: readonly Challenge[];
}

interface HostAuth {
  challenge: Challenge;
  readonly tokens: BearerTokens;
}

/** A token server's way to say that a credential or a scope is not good enough. */
const REFUSED_LOGIN: ReadonlySet<number | undefined> = new Set([400, 401, 403]);

/**
 * Knows how each registry wants to be talked to, and holds one token per registry and set of scopes.
 *
 * Nothing is asked beforehand: the first 401 of a host teaches the scheme, for the whole run. Scopes never add up:
 * a token that can do everything becomes too long for its header.
 */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  readonly #hosts = new Map<string, HostAuth>();
  readonly #renewals = new SharedCalls<Credential | undefined>();
  readonly #masked = new Set<string>();

  constructor(options: AuthorizerOptions) {
    this.#options = options;
  }

  /** Whether a registry has said how to log in; until then no request is authorized. */
  knows(registry: string): boolean {
    return this.#hostOf(registry) !== undefined;
  }

  /** The `Authorization` for a request; absent as long as the registry has not asked for one. */
  async header(target: AccessTarget, signal: AbortSignal): Promise<string | undefined> {
    const { registry } = target;
    const host = this.#hostOf(registry);
    if (host === undefined) return undefined;
    const credential = await this.#ask(target, false, signal);
    if (credential?.kind === 'registry-token') return `Bearer ${credential.token.reveal()}`;
    if (host.challenge.scheme === 'bearer') return this.#bearer(host, target, signal);
    if (credential?.kind === 'basic') return basicHeader(credential);
    throw new TaskError('REGISTRY_UNAUTHORIZED', `${registry} wants a user name and password.`, {
      hint: `Use a service connection for ${registry}, or log in with docker login.`,
    });
  }

  /** Takes note that a registry let a request pass. */
  accept(registry: string, header: string): void {
    this.#hosts.get(registry)?.tokens.accept(header);
  }

  /** Whether a refusal is only the end of a token that was good, or that another request has replaced since. */
  hasEnded(registry: string, { sent, challenges }: Refusal): boolean {
    const host = this.#hosts.get(registry);
    if (sent === undefined || host?.challenge.scheme !== 'bearer') return false;
    return tooNarrow(challenges) === undefined && host.tokens.hasEnded(sent);
  }

  /**
   * Takes note of what a registry asks for.
   *
   * @throws TaskError `REGISTRY_UNAUTHORIZED` when none of it is supported
   */
  learn(registry: string, challenges: readonly Challenge[]): void {
    if (challenges.length === 0) return;
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
    if (known === undefined) this.#remember(registry, challenge);
    else known.challenge = challenge;
  }

  /**
   * Another `Authorization` after a refusal, absent when there is no hope: the same would be sent again.
   *
   * When somebody else has renewed it since the request was sent, that one is taken. What does not change by itself
   * is asked for anew at its source: a credential helper may know a fresh one.
   */
  async renew(
    target: AccessTarget,
    { sent, challenges }: Refusal,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const host = this.#hostOf(target.registry);
    if (host === undefined) return undefined;
    if (sent !== undefined) host.tokens.drop(sent);
    const extra = demandedScopes(challenges).filter((scope) => !covers(target.scopes, [scope]));
    const { foreseenScopes, ...needed } = target;
    const foreseen =
      foreseenScopes === undefined ? {} : { foreseenScopes: [...foreseenScopes, ...extra] };
    const widened = { ...needed, ...foreseen, scopes: [...target.scopes, ...extra] };
    const header = await this.header(widened, signal);
    if (header !== sent) return header;
    await this.#renewCredential(target, signal);
    const fresh = await this.header(widened, signal);
    return fresh === sent ? undefined : fresh;
  }

  #hostOf(registry: string): HostAuth | undefined {
    const known = this.#hosts.get(registry);
    if (known !== undefined) return known;
    const { originOf, profileOf } = this.#options;
    const { tokenPath } = profileOf(registry);
    if (tokenPath === undefined) return undefined;
    return this.#remember(registry, knownChallenge(originOf(registry), tokenPath));
  }

  #remember(registry: string, challenge: Challenge): HostAuth {
    const host = { challenge, tokens: new BearerTokens(this.#options.now) };
    this.#hosts.set(registry, host);
    return host;
  }

  /** What the run will need is asked for at once; an identity that may not have it gets what the request needs. */
  async #bearer(host: HostAuth, target: AccessTarget, signal: AbortSignal): Promise<string> {
    const { scopes, foreseenScopes, durationMs = 0 } = target;
    const get = async (wanted: readonly string[]): Promise<string> =>
      host.tokens.get({ scopes, wanted, durationMs }, async () =>
        this.#fetch(host.challenge, { ...target, scopes: wanted }, signal),
      );
    if (foreseenScopes === undefined) return get(scopes);
    try {
      return await get(foreseenScopes);
    } catch (error) {
      if (!isRefusedLogin(error)) throw error;
      return get(scopes);
    }
  }

  /** A token server that refuses a credential is a reason to ask for a fresh one, once. */
  async #fetch(
    challenge: Challenge,
    target: AccessTarget,
    signal: AbortSignal,
  ): Promise<AccessToken> {
    const credential = await this.#ask(target, false, signal);
    try {
      return await this.#fetchAs(credential, { challenge, target }, signal);
    } catch (error) {
      if (!isRefusedLogin(error) || credential === undefined) throw error;
      const renewed = await this.#renewCredential(target, signal);
      if (isSameCredential(credential, renewed)) throw error;
      return this.#fetchAs(renewed, { challenge, target }, signal);
    }
  }

  async #fetchAs(
    credential: Credential | undefined,
    { challenge, target }: { readonly challenge: Challenge; readonly target: AccessTarget },
    signal: AbortSignal,
  ): Promise<AccessToken> {
    const { originOf, profileOf, trustedTokenHosts, now } = this.#options;
    const registryUrl = originOf(target.registry);
    const { tokenHosts } = profileOf(target.registry);
    const check = (realm: string): URL =>
      checkRealm({
        ...{ realm, registryUrl, hasCredential: credential !== undefined },
        trustedHosts: new Set([...tokenHosts, ...trustedTokenHosts]),
      });
    const url = check(challenge.parameters.get('realm') ?? '');
    const service = challenge.parameters.get('service');
    const purpose = { registryUrl, checkRedirect: (to: URL) => void check(to.href) };
    const request = { url, service, scopes: target.scopes, credential };
    const body = await this.#request(request, purpose, signal);
    if (body === undefined) throw noTokenServer(url);
    const token = parseToken(body, url.host, now());
    this.#mask(token.value);
    return token;
  }

  async #request(
    request: TokenRequest,
    purpose: TokenPurpose,
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    const { fetchToken } = this.#options;
    const { credential } = request;
    const isIdentity = credential?.kind === 'identity-token';
    const body = isIdentity ? undefined : await fetchToken(tokenByGet(request), purpose, signal);
    if (body !== undefined || credential === undefined) return body;
    return fetchToken(tokenByPost(request), purpose, signal);
  }

  async #renewCredential(
    target: AccessTarget,
    signal: AbortSignal,
  ): Promise<Credential | undefined> {
    return this.#renewals.run(`${target.registry}/${target.repository}`, async () =>
      this.#ask(target, true, signal),
    );
  }

  async #ask(
    { registry, repository }: AccessTarget,
    isRenewal: boolean,
    signal: AbortSignal,
  ): Promise<Credential | undefined> {
    const { credentials, now, originOf, fetchToken } = this.#options;
    const registryUrl = originOf(registry);
    const context: CredentialContext = {
      ...{ repository, registryUrl, isRenewal, now },
      maskSecret: (secret) => {
        this.#mask(secret);
      },
      post: async (path, form, formSignal) => {
        const url = new URL(path, registryUrl);
        // A POST is not redirected, so there is nothing to check.
        const purpose = { registryUrl, checkRedirect: () => undefined };
        const body = await fetchToken(formCall(url, form), purpose, formSignal);
        if (body === undefined) throw noTokenServer(url);
        return body;
      },
    };
    const credential = await credentials(registry, context, signal);
    if (credential !== undefined) this.#maskCredential(credential);
    return credential;
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
    if (secret === '' || this.#masked.has(secret)) return;
    this.#masked.add(secret);
    this.#options.maskSecret(secret);
  }
}

/** The scopes that a registry wants more than the token had. */
function demandedScopes(challenges: readonly Challenge[]): readonly string[] {
  const scopes = tooNarrow(challenges)?.parameters.get('scope') ?? '';
  return scopes.split(' ').filter((scope) => scope !== '');
}

function tooNarrow(challenges: readonly Challenge[]): Challenge | undefined {
  return challenges.find(({ parameters }) => parameters.get('error') === 'insufficient_scope');
}

function isRefusedLogin(error: unknown): boolean {
  return error instanceof RegistryError && REFUSED_LOGIN.has(error.details.status);
}

function noTokenServer({ host }: URL): TaskError {
  return new TaskError('REGISTRY_RESPONSE_INVALID', `There is no token server at ${host}.`, {
    hint: 'Check that the registry host is the right one.',
  });
}
