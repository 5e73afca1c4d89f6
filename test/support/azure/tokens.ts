import { randomBytes } from 'node:crypto';

/** What a token says. */
export interface Claims {
  readonly audience: string;
  /** The application or managed identity. */
  readonly subject: string;
}

interface Issued extends Claims {
  readonly endsAtMs: number;
}

/** Tokens that were given out; all are random, so that none passes that was not. */
export class TokenBook {
  readonly #issued = new Map<string, Issued>();

  /** A new token in the form of a JSON Web Token. */
  issue(claims: Claims, lifetimeMs: number): string {
    const endsAtMs = Date.now() + lifetimeMs;
    const payload = { aud: claims.audience, exp: Math.floor(endsAtMs / 1000) };
    const parts = [{ alg: 'RS256', typ: 'JWT' }, payload].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    );
    const token = [...parts, randomBytes(24).toString('base64url')].join('.');
    this.#issued.set(token, { ...claims, endsAtMs });
    return token;
  }

  /** What a token says, absent when it is not ours or has ended. */
  read(token: string | undefined): Claims | undefined {
    const issued = token === undefined ? undefined : this.#issued.get(token);
    return issued !== undefined && issued.endsAtMs > Date.now() ? issued : undefined;
  }

  /** The same for the value of an Authorization header. */
  readBearer(authorization: string | undefined): Claims | undefined {
    return this.read(/^Bearer (.+)$/.exec(authorization ?? '')?.[1]);
  }
}
