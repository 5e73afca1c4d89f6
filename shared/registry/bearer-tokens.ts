import { covers } from './scopes.ts';
import { SharedCalls } from './shared-calls.ts';
import type { AccessToken } from './token-answer.ts';

/** Which token a request needs. */
export interface TokenWish {
  /** What the token must cover. */
  readonly scopes: readonly string[];
  /** What to ask for when there is none; it covers `scopes`. */
  readonly wanted: readonly string[];
  /** How long it should live at least. */
  readonly durationMs: number;
}

interface GrantedToken extends AccessToken {
  readonly scopes: readonly string[];
  readonly header: string;
}

/** A token is not used in its last minute, or its last third if it lives shorter than three. */
const SAFETY_MS = 60_000;

/** The tokens of one registry, each for its own scopes. */
export class BearerTokens {
  readonly #now: () => number;
  readonly #fetching = new SharedCalls<string>();
  /** The newest first: it lives longest. Some registries give the same text for whatever scope. */
  #tokens: readonly GrantedToken[] = [];
  /** Headers with which the registry has let a request pass. */
  readonly #accepted = new Set<string>();
  readonly #dropped = new Set<string>();
  /** Headers that were given again after they had been refused: what is refused with them then is not ended. */
  readonly #lasting = new Set<string>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The header of a token that lives long enough; all that want the same one share one request for it. */
  async get(wish: TokenWish, fetch: () => Promise<AccessToken>): Promise<string> {
    const held = this.#tokens.find(
      (token) => covers(token.scopes, wish.scopes) && this.#livesLongEnough(token, wish),
    );
    if (held !== undefined) return held.header;
    return this.#fetching.run(wish.wanted.join(' '), async () => {
      const token = await fetch();
      const header = `Bearer ${token.value}`;
      if (this.#dropped.has(header)) this.#lasting.add(header);
      const now = this.#now();
      const alive = this.#tokens.filter(({ expiresAtMs }) => expiresAtMs > now);
      this.#tokens = [{ ...token, header, scopes: wish.wanted }, ...alive];
      return header;
    });
  }

  /** Notes that the registry let a request with a token pass. */
  accept(header: string): void {
    this.#accepted.add(header);
  }

  /** Whether a token that was refused had been good, or was dropped already: the next one may well pass. */
  hasEnded(header: string): boolean {
    if (this.#lasting.has(header)) return false;
    return this.#accepted.has(header) || !this.#tokens.some((token) => token.header === header);
  }

  /** Forgets a token that the registry refused. */
  drop(header: string): void {
    this.#dropped.add(header);
    this.#tokens = this.#tokens.filter((token) => token.header !== header);
  }

  /**
   * A long upload wants a token that outlives it, but no more than two thirds of the life of any token: where they
   * are short, a token that is nearly new is as good as another.
   */
  #livesLongEnough({ expiresAtMs, lifetimeMs }: GrantedToken, { durationMs }: TokenWish): boolean {
    const least = Math.min(SAFETY_MS, lifetimeMs / 3);
    const forUpload = Math.min(durationMs, (lifetimeMs * 2) / 3);
    return expiresAtMs - this.#now() > Math.max(least, forUpload);
  }
}
