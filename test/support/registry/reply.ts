/** How a reply goes out; anything but `whole` is a fault. */
type Delivery =
  | { readonly kind: 'whole' }
  /** The connection is closed without a single byte. */
  | { readonly kind: 'none' }
  /** Headers and so many bytes of the body go out, then the connection is reset. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** Headers and half of the body go out, the rest after a pause. */
  | { readonly kind: 'pause'; readonly ms: number };

/** What a handler answers; the server adds what every reply has. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Uint8Array;
  readonly delivery: Delivery;
}

/** What of a reply is not as in an empty 200. */
export type ReplyParts = Partial<Omit<Reply, 'status'>>;

const EMPTY = new Uint8Array();

/** A reply with a status; headers and body are empty unless given. */
export function reply(status: number, parts: ReplyParts = {}): Reply {
  return { status, headers: {}, body: EMPTY, delivery: { kind: 'whole' }, ...parts };
}

/** A reply with a JSON body, of type `application/json` unless the headers say otherwise. */
export function jsonReply(status: number, value: unknown, headers: Reply['headers'] = {}): Reply {
  return reply(status, {
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(value)),
  });
}

/**
 * Error codes of the distribution specification.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes
 */
export type FailureCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'UNSUPPORTED';

/** A request that the registry refuses: thrown by handlers, sent as the specification's JSON. */
export class Refusal extends Error {
  override readonly name: string = 'Refusal';
  readonly reply: Reply;

  constructor(status: number, code: FailureCode, options: RefusalOptions = {}) {
    const message = options.message ?? code.toLowerCase().replaceAll('_', ' ');
    super(message);
    const detail = options.detail === undefined ? {} : { detail: options.detail };
    this.reply = jsonReply(status, { errors: [{ code, message, ...detail }] }, options.headers);
  }
}

interface RefusalOptions {
  readonly message?: string;
  readonly detail?: unknown;
  readonly headers?: Reply['headers'];
}
