import { protocolError } from './errors.ts';
import { refusedHop } from './origins.ts';
import type { HttpRequest, HttpResponse, Transport } from './transport.ts';

/** A request that follows redirects. */
export interface HoppingRequest extends Omit<HttpRequest, 'namedBy'> {
  /** Completes the sentence "Cannot …". */
  readonly what: string;
  /** The registry that the user named; it names all other servers, or one that it sent us to. */
  readonly registryUrl: URL;
  /** Headers that are sent only to `home`, e.g. `authorization`. */
  readonly homeHeaders?: Readonly<Record<string, string>>;
  /** The only origin that may see them. */
  readonly home: string;
  /** Throws when a redirect must not be followed for another reason than that it is one. */
  readonly checkRedirect?: (to: URL) => void;
}

/** The last response of a chain of redirects. */
export interface HopResult {
  readonly response: HttpResponse;
  /** Whether every hop was on the home origin. */
  readonly isHome: boolean;
}

/** As many as browsers and other registry clients follow, about. */
const MAX_REDIRECTS = 10;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Sends a request and follows the redirects of GET and HEAD. What becomes of the credentials is decided anew on
 * each hop: once a chain has left the home origin, it never gets them again.
 *
 * @throws RegistryError `REGISTRY_RESPONSE_INVALID` for a redirect that must not be followed
 */
export async function sendFollowing(
  transport: Transport,
  request: HoppingRequest,
  signal: AbortSignal,
): Promise<HopResult> {
  const { what, home, method, headers, registryUrl, body } = request;
  let { url } = request;
  let sentBy = registryUrl;
  let isHome = true;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const { origin } = url;
    isHome &&= origin === home;
    const allowed = isHome ? { ...headers, ...request.homeHeaders } : headers;
    const namedBy = origin === registryUrl.origin ? undefined : sentBy;
    const response = await transport.send({ method, url, headers: allowed, body, namedBy }, signal);
    const next = nextHop(request, response);
    if (next === undefined) return { response, isHome };
    await response.discard();
    request.checkRedirect?.(next);
    sentBy = url;
    url = next;
  }
  throw protocolError({ what, method, url }, `it was redirected more than ${MAX_REDIRECTS} times`);
}

/** An address that a server sends us to, checked. */
export function resolveHop(
  asked: { readonly what: string; readonly method: string },
  from: URL,
  location: string,
): URL {
  const failed = { ...asked, url: from };
  if (!URL.canParse(location, from.href)) throw protocolError(failed, 'its Location is not a URL');
  const to = new URL(location, from);
  const refusal = refusedHop(from, to);
  if (refusal === undefined) return to;
  throw protocolError(
    failed,
    `${from.host} pointed to ${to.host}, which is not followed: ${refusal}`,
  );
}

function nextHop({ what, method }: HoppingRequest, response: HttpResponse): URL | undefined {
  const location = response.header('location');
  const mayFollow = method === 'GET' || method === 'HEAD';
  if (!mayFollow || location === undefined || !REDIRECTS.has(response.status)) return undefined;
  return resolveHop({ what, method }, response.url, location);
}
