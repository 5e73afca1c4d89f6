import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { TOKEN_PATH, admit, issueToken } from './auth.ts';
import type { Gate } from './auth.ts';
import { deliver } from './delivery.ts';
import type { FaultBook } from './faults.ts';
import { Refusal, jsonReply, reply } from './reply.ts';
import type { Reply } from './reply.ts';
import type { RecordedRequest, RequestEntry, RequestLog } from './request-log.ts';
import { findRoute } from './routes.ts';
import type { RegistrySettings } from './settings.ts';
import type { ContentStore } from './store.ts';
import type { TokenServer } from './tokens.ts';
import type { UploadSessions } from './upload-sessions.ts';

/** Everything that a running registry has. */
export interface RegistryState {
  readonly store: ContentStore;
  readonly uploads: UploadSessions;
  readonly tokens: TokenServer;
  readonly faults: FaultBook;
  readonly log: RequestLog;
  readonly watchers: RequestWatcher[];
  readonly origin: string;
  /** Aborted when the registry stops. */
  readonly signal: AbortSignal;
  readonly settings: () => RegistrySettings;
}

/** Is told of a request that has had its effect. */
export type RequestWatcher = (request: RecordedRequest) => void;

/** The connection broke, or a fault broke it, while the request's body came. */
class BrokenRequest extends Error {
  override readonly name: string = 'BrokenRequest';
}

/** Takes one request from its arrival to the last byte of its reply. */
export async function exchange(
  state: RegistryState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const entry = state.log.begin(request);
  try {
    const answer = await answerWithFaults(state, request, entry);
    entry.status = answer.delivery.kind === 'none' ? 0 : answer.status;
    tell(state.watchers, entry);
    await deliver(response, answer, { isHead: request.method === 'HEAD', signal: state.signal });
  } catch {
    // Only a lost connection and the end of the registry come here: there is nobody to tell.
    entry.status ??= 0;
    request.socket.destroy();
  } finally {
    state.log.end();
  }
}

/** A watcher that fails is no lost connection: its error must come to light. */
function tell(watchers: readonly RequestWatcher[], request: RecordedRequest): void {
  for (const watcher of watchers) {
    try {
      watcher(request);
    } catch (error) {
      setImmediate(() => {
        throw error;
      });
    }
  }
}

async function answerWithFaults(
  state: RegistryState,
  request: IncomingMessage,
  entry: RequestEntry,
): Promise<Reply> {
  const { waitMs, instead, bodyLimit, change } = state.faults.strike(entry.method, entry.path);
  const wait = waitMs + state.settings().latencyMs;
  if (wait > 0) await sleep(wait, undefined, { signal: state.signal });
  if (instead !== undefined) return change(instead);
  const body = bodyOf(request, entry, bodyLimit);
  try {
    return change(finished(await answer(state, request, body), state.settings()));
  } catch (error) {
    if (error instanceof Refusal) return change(finished(error.reply, state.settings()));
    if (error instanceof BrokenRequest) return reply(0, { delivery: { kind: 'none' } });
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return jsonReply(500, { errors: [{ code: 'UNKNOWN', message }] });
  }
}

async function answer(
  state: RegistryState,
  request: IncomingMessage,
  body: AsyncIterable<Uint8Array>,
): Promise<Reply> {
  const { method = '', url = '', headers } = request;
  const { pathname, searchParams } = new URL(url, state.origin);
  const settings = state.settings();
  const gate: Gate = { settings: settings.auth, tokens: state.tokens, origin: state.origin };
  if (pathname === TOKEN_PATH) {
    const parameters = method === 'POST' ? await formOf(body) : searchParams;
    return issueToken(gate, parameters, headers.authorization);
  }
  const route = findRoute(method, pathname);
  const may = admit(gate, route, headers.authorization);
  const { store, uploads, origin } = state;
  const { name, reference } = route;
  const query = searchParams;
  return route.handler({
    ...{ method, name, reference, query, headers, body },
    ...{ settings, store, uploads, origin, may },
  });
}

/** The body of a request, counted; breaks when a fault or the caller breaks it. */
async function* bodyOf(
  request: IncomingMessage,
  entry: RequestEntry,
  limit: number,
): AsyncGenerator<Uint8Array> {
  try {
    // A handler that stops reading must still be able to reply.
    const chunks = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    for await (const chunk of chunks) {
      entry.bytesReceived += chunk.byteLength;
      if (entry.bytesReceived > limit) throw new BrokenRequest('the fault resets here');
      yield chunk;
    }
  } catch (cause) {
    throw new BrokenRequest('the request broke off', { cause });
  }
}

async function formOf(body: AsyncIterable<Uint8Array>): Promise<URLSearchParams> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}

/** Adds what every reply has, and takes away what the settings hide. */
function finished(given: Reply, { digestHeader }: RegistrySettings): Reply {
  const shown = Object.entries(given.headers).filter(
    ([name]) => digestHeader || name !== 'docker-content-digest',
  );
  const version = { 'docker-distribution-api-version': 'registry/2.0' };
  return { ...given, headers: { ...version, ...Object.fromEntries(shown) } };
}
