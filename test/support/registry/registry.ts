import { once, setMaxListeners } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { exchange } from './exchange.ts';
import type { RegistryState, RequestWatcher } from './exchange.ts';
import { FaultBook } from './faults.ts';
import type { Fault } from './faults.ts';
import { RequestLog } from './request-log.ts';
import type { RecordedRequest } from './request-log.ts';
import { DEFAULT_SETTINGS } from './settings.ts';
import type { RegistrySettings } from './settings.ts';
import { ContentStore } from './store.ts';
import { TokenServer } from './tokens.ts';
import { UploadSessions } from './upload-sessions.ts';

/** Where to listen and how to behave: everything allowed on a free port of 127.0.0.1 unless told otherwise. */
export interface RegistryOptions extends Partial<RegistrySettings> {
  readonly port?: number;
  readonly host?: string;
  /** PEM key and certificate: the registry speaks HTTPS; with `ca`, to clients alone that have a certificate of it. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca?: string };
  readonly faults?: readonly Fault[];
}

/** A running registry. */
export interface EmbeddedRegistry {
  /** Host and port, as image references begin, e.g. `127.0.0.1:41234`. */
  readonly host: string;
  /** Scheme and host, e.g. `http://127.0.0.1:41234`. */
  readonly url: string;
  /** Requests since the start or the last reset, in the order of their arrival. */
  readonly requests: readonly RecordedRequest[];
  readonly store: ContentStore;
  readonly uploads: UploadSessions;
  readonly tokens: TokenServer;
  setOptions(changes: Partial<RegistrySettings>): void;
  addFault(fault: Fault): void;
  clearFaults(): void;
  /** Tells of each request once it has had its effect, before its reply leaves. */
  watch(watcher: RequestWatcher): void;
  resetRequests(): void;
  /** Ends every connection; a second call waits for the first. */
  close(): Promise<void>;
}

/**
 * Starts an OCI registry in this process; its content lives in memory.
 *
 * @throws the socket's error when it cannot listen
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
 */
export async function startRegistry(options: RegistryOptions = {}): Promise<EmbeddedRegistry> {
  const { port = 0, host: address = '127.0.0.1', tls, faults = [], ...behaviour } = options;
  let settings: RegistrySettings = { ...DEFAULT_SETTINGS, ...behaviour };
  let listener: RequestListener = () => undefined;
  let closing: Promise<void> | undefined;
  const server = serverFor(tls, (request, response) => {
    listener(request, response);
  });
  const stop = new AbortController();
  // Every request that waits listens; many of them are no leak.
  setMaxListeners(0, stop.signal);
  const host = await listen(server, port, address);
  const url = `${tls === undefined ? 'http' : 'https'}://${host}`;
  const state = newState({ origin: url, signal: stop.signal, settings: () => settings });
  for (const fault of faults) state.faults.add(fault);
  listener = (request, response) => {
    void exchange(state, request, response);
  };
  return {
    ...{ host, url, store: state.store, uploads: state.uploads, tokens: state.tokens },
    get requests() {
      return state.log.entries;
    },
    setOptions: (changes) => {
      settings = { ...settings, ...changes };
    },
    addFault: (fault) => {
      state.faults.add(fault);
    },
    clearFaults: () => {
      state.faults.clear();
    },
    watch: (watcher) => {
      state.watchers.push(watcher);
    },
    resetRequests: () => {
      state.log.reset();
    },
    close: () => {
      stop.abort();
      return (closing ??= closed(server));
    },
  };
}

function newState(given: Pick<RegistryState, 'origin' | 'signal' | 'settings'>): RegistryState {
  return {
    ...given,
    store: new ContentStore(),
    uploads: new UploadSessions(),
    tokens: new TokenServer(),
    faults: new FaultBook(),
    log: new RequestLog(),
    watchers: [],
  };
}

function serverFor(tls: RegistryOptions['tls'], listener: RequestListener): Server {
  if (tls === undefined) return createHttpServer(listener);
  return createHttpsServer({ ...tls, requestCert: tls.ca !== undefined }, listener);
}

async function listen(server: Server, port: number, address: string): Promise<string> {
  server.listen(port, address);
  await once(server, 'listening');
  const { port: actual } = server.address() as AddressInfo;
  return `${address.includes(':') ? `[${address}]` : address}:${actual}`;
}

async function closed(server: Server): Promise<void> {
  const done = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await done;
}
