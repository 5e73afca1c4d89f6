import { digestOf } from '../../../shared/oci/digest.ts';
import { reply } from './reply.ts';
import type { Reply } from './reply.ts';

/** Which requests a fault strikes: those that fit everything given, from the `nth` on, so many times. */
export interface FaultMatch {
  readonly method?: string;
  /** A part of path and query, or a pattern for them. */
  readonly path?: string | RegExp;
  /** Count of fitting requests from 1; the first that is struck, 1 unless told otherwise. */
  readonly nth?: number;
  /** How many are struck: all of them, or one when `nth` is given. */
  readonly times?: number;
}

/** A header that is sent once or several times, or no more when it is null. */
export type HeaderChange = string | readonly string[] | null;

/** What goes wrong. */
export type FaultAction =
  /** Another reply, e.g. 429 with `retry-after`; the request has no effect. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** The connection is reset: at once and without effect, or after so many bytes of the reply's body. */
  | { readonly kind: 'reset'; readonly afterBytes?: number }
  /** The connection is reset when so many bytes of the request's body have come. */
  | { readonly kind: 'resetUpload'; readonly afterBytes: number }
  /** The reply stops half way for so long. */
  | { readonly kind: 'stall'; readonly ms: number }
  /** The reply comes so much later. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** `Docker-Content-Digest` names other content. */
  | { readonly kind: 'wrongDigestHeader' }
  /** Headers are changed or removed. */
  | { readonly kind: 'headers'; readonly headers: Readonly<Record<string, HeaderChange>> }
  /** The first byte of the body is another. */
  | { readonly kind: 'corruptBody' }
  /** The body ends after so many bytes, and so does what the headers say. */
  | { readonly kind: 'truncateBody'; readonly bytes: number }
  /** The request has its effect, but the connection closes without a reply. */
  | { readonly kind: 'dropReplyAfterCommit' };

/** A fault as data. */
export interface Fault {
  readonly match: FaultMatch;
  readonly action: FaultAction;
}

/** What faults do to one request. */
export interface Interference {
  /** How long to wait before anything, in milliseconds. */
  readonly waitMs: number;
  /** The reply to give in place of handling the request. */
  readonly instead: Reply | undefined;
  /** After how many bytes of the request's body the connection is reset. */
  readonly bodyLimit: number;
  readonly change: (reply: Reply) => Reply;
}

const NO_INTERFERENCE: Interference = {
  waitMs: 0,
  instead: undefined,
  bodyLimit: Infinity,
  change: (given) => given,
};

/** The faults of a registry and how often each was matched. */
export class FaultBook {
  #entries: { readonly fault: Fault; seen: number }[] = [];

  /** Adds a fault; its count begins now. */
  add(fault: Fault): void {
    this.#entries.push({ fault, seen: 0 });
  }

  /** Removes all faults. */
  clear(): void {
    this.#entries = [];
  }

  /** What the faults do to the next request, all together; the first of several replies counts. */
  strike(method: string, path: string): Interference {
    const actions = this.#entries.flatMap((entry) => {
      if (!fits(entry.fault.match, method, path)) return [];
      entry.seen += 1;
      const { nth, times = nth === undefined ? Infinity : 1 } = entry.fault.match;
      const from = nth ?? 1;
      return entry.seen >= from && entry.seen < from + times ? [entry.fault.action] : [];
    });
    return actions.map(interferenceOf).reduce(combine, NO_INTERFERENCE);
  }
}

function fits(match: FaultMatch, method: string, path: string): boolean {
  if (match.method !== undefined && match.method !== method) return false;
  if (match.path === undefined) return true;
  return typeof match.path === 'string' ? path.includes(match.path) : match.path.test(path);
}

function combine(one: Interference, other: Interference): Interference {
  return {
    waitMs: one.waitMs + other.waitMs,
    instead: one.instead ?? other.instead,
    bodyLimit: Math.min(one.bodyLimit, other.bodyLimit),
    change: (given) => other.change(one.change(given)),
  };
}

function interferenceOf(action: FaultAction): Interference {
  return { ...NO_INTERFERENCE, ...effectOf(action) };
}

/** One case for each kind of fault: this is where a new kind is added. */
function effectOf(action: FaultAction): Partial<Interference> {
  switch (action.kind) {
    case 'status':
      return { instead: statusReply(action) };
    case 'reset':
      return action.afterBytes === undefined
        ? { instead: reply(0, { delivery: { kind: 'none' } }) }
        : delivering({ kind: 'cut', afterBytes: action.afterBytes });
    case 'resetUpload':
      return { bodyLimit: action.afterBytes };
    case 'stall':
      return delivering({ kind: 'pause', ms: action.ms });
    case 'delay':
      return { waitMs: action.ms };
    case 'wrongDigestHeader':
      return { change: (given) => withHeaders(given, { 'docker-content-digest': OTHER_DIGEST }) };
    case 'headers':
      return { change: (given) => withHeaders(given, action.headers) };
    case 'corruptBody':
      return { change: (given) => ({ ...given, body: corrupted(given.body) }) };
    case 'truncateBody':
      return { change: (given) => ({ ...given, body: given.body.subarray(0, action.bytes) }) };
    case 'dropReplyAfterCommit':
      return delivering({ kind: 'none' });
  }
}

/** The digest of content that no repository holds. */
const OTHER_DIGEST = digestOf(Buffer.from('other content'));

function delivering(delivery: Reply['delivery']): Partial<Interference> {
  return { change: (given) => ({ ...given, delivery }) };
}

function statusReply(action: Extract<FaultAction, { readonly kind: 'status' }>): Reply {
  return reply(action.status, {
    headers: action.headers ?? {},
    body: Buffer.from(action.body ?? ''),
  });
}

function withHeaders(given: Reply, changes: Readonly<Record<string, HeaderChange>>): Reply {
  const headers = new Map(Object.entries(given.headers));
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) headers.delete(name.toLowerCase());
    else headers.set(name.toLowerCase(), value);
  }
  return { ...given, headers: Object.fromEntries(headers) };
}

function corrupted(body: Uint8Array): Uint8Array {
  const copy = Buffer.from(body);
  const first = copy.at(0);
  if (first !== undefined) copy[0] = first ^ 0xff;
  return copy;
}
