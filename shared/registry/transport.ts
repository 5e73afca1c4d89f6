import type { LookupFunction } from 'node:net';
import { Readable } from 'node:stream';
import { createSecureContext, rootCertificates } from 'node:tls';
import type { SecureContext } from 'node:tls';
import type { Dispatcher, buildConnector } from 'undici';
import './parser-tier.ts';
import connect from 'undici/lib/api/api-connect.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js';
import type { Secret } from '../core/secret.ts';
import { AddressGuard } from './address-guard.ts';
import type { Resolver } from './address-guard.ts';
import { exchange } from './exchange.ts';
import type { Answer } from './exchange.ts';
import { FreedConnections } from './freed-connections.ts';
import type { IncomingBody } from './incoming-body.ts';
import { ProxyRefusal } from './proxies.ts';
import type { Proxy, ProxyChooser } from './proxies.ts';

/** The methods that registries and services are asked with. */
export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A body that is streamed; it can be sent once. */
export interface StreamBody {
  readonly size: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** One request on the wire, to one URL, without redirects. */
export interface HttpRequest {
  readonly method: HttpMethod;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | StreamBody | undefined;
  /** The server that sent us to this URL, when it is another one: it may not send us into networks it is not in. */
  readonly namedBy?: URL | undefined;
}

/** One response; its body must be read to the end or discarded. */
export interface HttpResponse {
  readonly status: number;
  readonly url: URL;
  /** The first value of a header; the name is in lower case. */
  readonly header: (name: string) => string | undefined;
  /** Every value of a header that was sent more than once. */
  readonly headerValues: (name: string) => readonly string[];
  readonly body: IncomingBody;
  /** Reads what is left of the body, so that the connection can be used again. */
  readonly discard: () => Promise<void>;
}

/** Sends single requests; failures below HTTP are thrown as they come. */
export interface Transport {
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
  /** How many requests were sent, redirects, retries and tokens included. */
  readonly requestCount: number;
  close(): Promise<void>;
}

/** What the machine adds to the rules of TLS. */
export interface TlsSettings {
  /** PEM certificates that are trusted besides the public roots. */
  readonly authorities?: readonly string[];
  /** More of them, which take long to read: asked for when the first connection needs them. */
  readonly moreAuthorities?: () => readonly string[];
  /** Shown to registries that ask for one, and to no other server. */
  readonly clientCertificate?: ClientCertificate;
  /** Any certificate is accepted. */
  readonly acceptsAnyCertificate?: boolean;
}

/** A certificate with its key, both as PEM. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly key: string;
  readonly passphrase?: Secret;
}

/** How servers are reached; everything is the default of the machine when absent. */
export interface NetworkOptions {
  readonly proxyFor?: ProxyChooser;
  readonly tls?: TlsSettings;
  readonly resolver?: Resolver;
  readonly timeouts?: Partial<Timeouts>;
}

/** How long to wait for a server, in milliseconds. */
export interface Timeouts {
  /** For the head of a response to a read. */
  readonly readMs: number;
  /** For the head of a response to a write. */
  readonly writeMs: number;
  /** For the next byte of a body. */
  readonly stallMs: number;
}

/** A registry in another part of the world behind a VPN answers within a few seconds. */
const CONNECT_TIMEOUT_MS = 15_000;

/** Committing a large blob takes some registries ten seconds and more; a whole body has no limit. */
const DEFAULT_TIMEOUTS: Timeouts = { readMs: 60_000, writeMs: 100_000, stallMs: 60_000 };

/** Shorter than the idle limit of common proxies, so that a connection is rarely closed under a request. */
const KEEP_ALIVE_MS = 20_000;

/** What is left of a body up to here is read to keep the connection; beyond, the connection is given up. */
const MAX_DISCARDED_BYTES = 128 * 1024;

/** The transport of the machine: HTTP/1.1 with keep-alive; who may send how much at once is decided elsewhere. */
export function createTransport(userAgent: string, network: NetworkOptions = {}): Transport {
  const ways = new Ways(network);
  const freed = new FreedConnections();
  const { readMs, writeMs, stallMs } = { ...DEFAULT_TIMEOUTS, ...network.timeouts };
  let requestCount = 0;
  return {
    get requestCount() {
      return requestCount;
    },
    async send(request, signal) {
      const { method, url, headers, body } = request;
      await freed.wait(url.origin);
      signal.throwIfAborted();
      requestCount += 1;
      const proxy = network.proxyFor?.(url);
      const isRead = method === 'GET' || method === 'HEAD';
      const answer = await exchange(
        ways.to(request, proxy),
        {
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method,
          headersTimeout: isRead ? readMs : writeMs,
          bodyTimeout: stallMs,
          // After HEAD, undici closes the connection, for servers that send a body all the same: no registry does.
          reset: false,
          onEnd: () => {
            freed.note(url.origin);
          },
          // A registry that compresses on the fly breaks sizes and digests.
          headers: {
            'user-agent': userAgent,
            'accept-encoding': 'identity',
            ...bodyHeaders(body),
            ...headers,
          },
          body: body === undefined || body instanceof Uint8Array ? (body ?? null) : readable(body),
        },
        signal,
      ).catch((error: unknown) => {
        throw proxyRefusal(error, proxy) ?? error;
      });
      return responseOf(url, answer);
    },
    // Nothing may be in flight any more; a body that nobody read must not keep the process alive.
    close: async () => ways.close(),
  };
}

/** How a server is reached without a proxy. */
interface Way {
  readonly lookup: LookupFunction;
  /** Whether it may see our certificate. */
  readonly isOurs: boolean;
  readonly isPlain: boolean;
}

/** The connections of a client, kept apart by what they may reach and through which proxy. */
class Ways {
  readonly #guard: AddressGuard;
  readonly #tls: TlsSettings;
  readonly #dispatchers = new Map<string, Dispatcher>();
  readonly #contexts = new Map<boolean, SecureContext>();

  constructor({ resolver, tls = {} }: NetworkOptions) {
    this.#guard = new AddressGuard(resolver);
    this.#tls = tls;
  }

  /** The connections for a request: those of a server that we were sent to know less and reach less. */
  to({ namedBy, url }: HttpRequest, proxy: Proxy | undefined): Dispatcher {
    const isOurs = namedBy === undefined;
    if (proxy !== undefined) {
      return this.#held(`${proxy.url.href} ${isOurs}`, () => this.#throughProxy(proxy, isOurs));
    }
    const isPlain = url.protocol === 'http:';
    const way = (lookup: LookupFunction): Way => ({ lookup, isOurs, isPlain });
    if (isOurs) {
      return this.#held(url.protocol, () => this.#direct(way(this.#guard.trustingLookup)));
    }
    const kind = this.#guard.kindOf(namedBy);
    return this.#held(`${url.protocol} ${kind}`, () =>
      this.#direct(way(this.#guard.guardedLookup(kind))),
    );
  }

  async close(): Promise<void> {
    await Promise.all([...this.#dispatchers.values()].map(async (each) => each.destroy()));
  }

  #held(key: string, make: () => Dispatcher): Dispatcher {
    const dispatcher = this.#dispatchers.get(key) ?? make();
    this.#dispatchers.set(key, dispatcher);
    return dispatcher;
  }

  /** Without TLS there is no need for its roots, which take long to read. */
  #direct({ lookup, isOurs, isPlain }: Way): Dispatcher {
    const options = isPlain ? { timeout: CONNECT_TIMEOUT_MS } : this.#connectOptions(isOurs);
    return new Agent({ connect: { ...options, lookup }, keepAliveTimeout: KEEP_ALIVE_MS });
  }

  #throughProxy({ url, authorization }: Proxy, isOurs: boolean): Dispatcher {
    return new ProxyAgent({
      uri: url.href,
      ...(authorization === undefined ? {} : { token: authorization.reveal() }),
      // Many proxies tunnel to port 443 only; plain HTTP is handed to them as it is.
      proxyTunnel: false,
      clientFactory: (origin, options) =>
        Object.assign(new Pool(origin, options), { connect: openTunnel }),
      requestTls: this.#connectOptions(isOurs),
      proxyTls: this.#connectOptions(false),
      keepAliveTimeout: KEEP_ALIVE_MS,
    });
  }

  #connectOptions(isOurs: boolean): buildConnector.BuildOptions {
    return {
      timeout: CONNECT_TIMEOUT_MS,
      rejectUnauthorized: this.#tls.acceptsAnyCertificate !== true,
      secureContext: this.#context(isOurs),
    };
  }

  /** Made once, as reading all roots for each connection takes longer than the connection. */
  #context(isOurs: boolean): SecureContext {
    const known = this.#contexts.get(isOurs);
    if (known !== undefined) return known;
    const { authorities = [], moreAuthorities, clientCertificate } = this.#tls;
    const trusted = [...authorities, ...(moreAuthorities?.() ?? [])];
    const own = isOurs ? clientCertificate : undefined;
    const context = createSecureContext({
      ...(trusted.length === 0 ? {} : { ca: [...rootCertificates, ...trusted] }),
      ...(own === undefined ? {} : { cert: own.certificate, key: own.key }),
      ...(own?.passphrase === undefined ? {} : { passphrase: own.passphrase.reveal() }),
    });
    this.#contexts.set(isOurs, context);
    return context;
  }
}

function responseOf(url: URL, { status, headers, body }: Answer): HttpResponse {
  return {
    status,
    url,
    header: (name) => first(headers[name]),
    headerValues: (name) => [headers[name] ?? []].flat(),
    body,
    discard: async () => body.discard(MAX_DISCARDED_BYTES),
  };
}

function first(values: string | string[] | undefined): string | undefined {
  return typeof values === 'string' ? values : values?.[0];
}

function proxyRefusal(error: unknown, proxy: Proxy | undefined): ProxyRefusal | undefined {
  if (proxy === undefined || !(error instanceof Error)) return undefined;
  const status = /^Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(error.message)?.[1];
  if (status === undefined) return undefined;
  const code = status.startsWith('5') ? 'ECONNREFUSED' : 'ERR_PROXY';
  return new ProxyRefusal(code, proxy.url.host, `answered ${status}`);
}

/** undici asks a proxy that hangs up again, at once and for ever, unless that comes as an error it does not know. */
async function openTunnel(
  this: Dispatcher,
  options: Dispatcher.ConnectOptions & { readonly origin: string },
): Promise<unknown> {
  try {
    return await connect.call(this, options);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'UND_ERR_SOCKET'))
      throw error;
    throw new ProxyRefusal('ECONNRESET', new URL(options.origin).host, 'closed the connection');
  }
}

function bodyHeaders(body: Uint8Array | StreamBody | undefined): Record<string, string> {
  if (body === undefined) return {};
  const size = body instanceof Uint8Array ? body.byteLength : body.size;
  return { 'content-length': String(size) };
}

function readable({ chunks }: StreamBody): Readable {
  return Readable.from(chunks, { objectMode: false });
}
