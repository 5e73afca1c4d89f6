import { lookup as lookupAddress } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { TaskError } from '../core/errors.ts';
import { neutralise } from '../core/text.ts';
import { kindOfAddress, kindOfHost, mayReach } from './addresses.ts';
import type { NetworkKind } from './addresses.ts';

/** Finds all addresses of a name. */
export type Resolver = (
  hostname: string,
  done: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void;

/** The resolver of the machine, which also reads its hosts file. */
const systemResolver: Resolver = (hostname, done) => {
  lookupAddress(hostname, { all: true }, (error, addresses) => {
    // Beside an error there are no addresses, whatever the types of Node say.
    done(error, error === null ? addresses : []);
  });
};

/** Replicas of a registry are found by name: who switches between them misses what it has just written. */
const ANSWER_LIFETIME_MS = 5 * 60_000;

/** From the outside in. */
const OUTERMOST_FIRST: readonly NetworkKind[] = ['public', 'private', 'link-local', 'loopback'];

/**
 * Decides at the moment of connecting which addresses may be talked to: what counts is where a name leads, not
 * what it looks like, and the address that was checked is the address that is used.
 *
 * @see https://cwe.mitre.org/data/definitions/918.html
 */
export class AddressGuard {
  readonly #resolve: Resolver;
  readonly #now: () => number;
  /** Where names of our own choice lead, for all connections of the next minutes. */
  readonly #answers = new Map<string, Answer>();
  /** Where names led, e.g. that of a registry with a private endpoint. */
  readonly #kinds = new Map<string, NetworkKind>();

  constructor(resolve: Resolver = systemResolver, now: () => number = Date.now) {
    this.#resolve = resolve;
    this.#now = now;
  }

  /** The kind of network in which a server was found; public until it was connected. */
  kindOf(url: URL): NetworkKind {
    return kindOfHost(url) ?? this.#kinds.get(url.hostname) ?? 'public';
  }

  /** A lookup for hosts that the user named: it lets everything pass and keeps the answer. */
  readonly trustingLookup: LookupFunction = (hostname, options, done) => {
    const all = options.all === true;
    const known = this.#answers.get(hostname);
    if (known !== undefined && known.untilMs > this.#now()) {
      answer({ error: null, addresses: known.addresses, all }, done);
      return;
    }
    this.#resolve(hostname, (error, addresses) => {
      if (addresses.length > 0) {
        this.#answers.set(hostname, { addresses, untilMs: this.#now() + ANSWER_LIFETIME_MS });
      }
      this.#noteKind(hostname, addresses);
      answer({ error, addresses, all }, done);
    });
  };

  /** A lookup for hosts that a server in a kind of network named: addresses further in do not exist for it. */
  guardedLookup(from: NetworkKind): LookupFunction {
    return (hostname, options, done) => {
      this.#resolve(hostname, (error, addresses) => {
        const allowed = addresses.filter(({ address }) => {
          const kind = kindOfAddress(address);
          return kind !== undefined && mayReach(from, kind);
        });
        const refusal =
          error === null && allowed.length === 0 ? refusedAddress(hostname, addresses) : error;
        this.#noteKind(hostname, allowed);
        answer({ error: refusal, addresses: allowed, all: options.all === true }, done);
      });
    };
  }

  /** A name that leads outside as well must not open the inside. */
  #noteKind(hostname: string, addresses: readonly LookupAddress[]): void {
    const kinds = addresses.map(({ address }) => kindOfAddress(address));
    const kind = OUTERMOST_FIRST.find((one) => kinds.includes(one));
    if (kind !== undefined) this.#kinds.set(hostname, kind);
  }
}

interface Answer {
  readonly addresses: readonly LookupAddress[];
  readonly untilMs: number;
}

interface Found {
  readonly error: NodeJS.ErrnoException | null;
  readonly addresses: readonly LookupAddress[];
  readonly all: boolean;
}

function answer({ error, addresses, all }: Found, done: Parameters<LookupFunction>[2]): void {
  const [first] = addresses;
  if (error !== null || first === undefined) done(error ?? refusedAddress('', []), []);
  else if (all) done(null, [...addresses]);
  else done(null, first.address, first.family);
}

function refusedAddress(hostname: string, addresses: readonly LookupAddress[]): TaskError {
  const where = addresses.map(({ address }) => address).join(', ');
  return new TaskError(
    'REGISTRY_RESPONSE_INVALID',
    `A registry sent us to ${neutralise(hostname)}, which is not contacted: it is at the internal address ${where}.`,
    { hint: 'Check that the registry is the right one, and what it uses as its storage.' },
  );
}
