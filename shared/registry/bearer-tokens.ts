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
  /** Whether the registry has let a request with it pass. */
  wasAccepted: boolean;
}

/** A token is not used in its last minute, or its last third if it lives shorter than three. */
const SAFETY_MS = 60_000;

/** The tokens of one registry, each for its own scopes. */
export class BearerTokens {
  readonly #now: () => number;
  readonly #fetching = new SharedCalls<string>();
  /** By header, the newest first: it lives longest. */
  #tokens = new Map<string, GrantedToken>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The header of a token that lives long enough; all that want the same one share one request for it. */
  async get(wish: TokenWish, fetch: () => Promise<AccessToken>): Promise<string> {
    for (const token of this.#tokens.values()) {
      if (covers(token.scopes, wish.scopes) && this.#livesLongEnough(token, wish)) {
        return token.header;
      }
    }
    return this.#fetching.run(wish.wanted.join(' '), async () => {
      const token = await fetch();
      const header = `Bearer ${token.value}`;
      const now = this.#now();
      const alive = [...this.#tokens].filter(([, { expiresAtMs }]) => expiresAtMs > now);
      const granted = { ...token, header, scopes: wish.wanted, wasAccepted: false };
      this.#tokens = new Map([[header, granted], ...alive]);
      return header;
    });
  }

  /** Notes that the registry let a request with a token pass. */
  accept(header: string): void {
    const token = this.#tokens.get(header);
    if (token !== undefined) token.wasAccepted = true;
  }

  /** Whether a token that was refused had been good, or was dropped already: the next one may well pass. */
  hasEnded(header: string): boolean {
    return this.#tokens.get(header)?.wasAccepted ?? true;
  }

  /** Forgets a token that the registry refused. */
  drop(header: string): void {
    this.#tokens.delete(header);
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
