import { SingleFlight } from '../core/concurrency.ts';
import { neutralise, redactUrl } from '../core/text.ts';
import { loadAsn1 } from '../notary/asn1.ts';
import type { Certificate } from '../notary/certificate.ts';
import { parseCrl } from '../notary/crl.ts';
import type { RevocationList } from '../notary/crl.ts';
import { statusByLists } from '../notary/crl-status.ts';
import type { ListPair } from '../notary/crl-status.ts';
import { buildOcspRequest } from '../notary/ocsp-request.ts';
import { statusByResponder } from '../notary/ocsp-response.ts';
import { isRevocable } from '../notary/revocation-status.ts';
import type {
  RevocationQuestion,
  RevocationStatus,
  RevocationStatuses,
} from '../notary/revocation-status.ts';
import type { Clock } from '../ports/clock.ts';
import type { HttpCall, HttpClient } from '../ports/http.ts';
import { callService } from './service-call.ts';

/** Finds out whether certificates are revoked. */
export interface RevocationReader {
  /** What responders and lists say about every certificate of a chain that can be revoked, the root left out. */
  read(chain: readonly Certificate[], signal: AbortSignal): Promise<RevocationStatuses>;
}

/** Answers have one to four kilobytes, lists up to some megabytes; the bounds are those of the reference implementation. */
const MAX_ANSWER_BYTES = 20 * 1024;
const MAX_LIST_BYTES = 32 * 1024 * 1024;

/** Longer than the reference waits: these pass through the agent's proxy, and are asked once a run. */
const ANSWER_TIMEOUT_MS = 10_000;
const LIST_TIMEOUT_MS = 30_000;

/** Requests of this length or more do not fit into a GET. RFC 6960, appendix A.1. */
const MAX_GET_CHARACTERS = 255;

/** Asks responders and reads lists; each certificate is looked up once a run, and each list read once. */
export function createRevocationReader(http: HttpClient, clock: Clock): RevocationReader {
  const lookups = new SingleFlight<RevocationStatus>();
  const lists = new SingleFlight<ListPair | string>();
  return {
    async read(chain, signal) {
      const pairs = chain.flatMap((certificate, index) => {
        const issuer = chain[index + 1];
        return issuer === undefined || !isRevocable(certificate) ? [] : [{ certificate, issuer }];
      });
      const statuses = await Promise.all(
        pairs.map(async ({ certificate, issuer }) => {
          const { thumbprint } = certificate;
          const question = { certificate, issuer, now: clock.now() };
          const look = async (): Promise<RevocationStatus> =>
            lookUp({ http, lists }, question, signal);
          return [thumbprint, await lookups.run(thumbprint, look)] as const;
        }),
      );
      return new Map(statuses);
    },
  };
}

interface Sources {
  readonly http: HttpClient;
  readonly lists: SingleFlight<ListPair | string>;
}

/** Responders first; lists when they cannot tell. */
async function lookUp(
  sources: Sources,
  question: RevocationQuestion,
  signal: AbortSignal,
): Promise<RevocationStatus> {
  const { ocspUrls, crlUrls } = question.certificate.extensions;
  const byResponder =
    ocspUrls === undefined ? undefined : await askResponders(sources.http, question, signal);
  if (byResponder !== undefined && byResponder.kind !== 'unknown') return byResponder;
  if (crlUrls === undefined) return byResponder ?? unknown('nobody can be asked');
  const byLists = await readLists(sources, question, signal);
  return byLists.kind === 'unknown' && byResponder !== undefined
    ? unknown(`${byResponder.reason}; ${byLists.reason}`)
    : byLists;
}

/** Asks responders in their order until one gives a good answer. */
async function askResponders(
  http: HttpClient,
  question: RevocationQuestion,
  signal: AbortSignal,
): Promise<RevocationStatus> {
  const reasons: string[] = [];
  for (const url of question.certificate.extensions.ocspUrls ?? []) {
    const status = await askResponder(http, { ...question, url }, signal);
    if (status.kind !== 'unknown') return status;
    reasons.push(status.reason);
  }
  return unknown(reasons.join('; ') || 'no responder is named');
}

async function askResponder(
  http: HttpClient,
  { url, ...question }: RevocationQuestion & { readonly url: string },
  signal: AbortSignal,
): Promise<RevocationStatus> {
  const responder = parseHttpUrl(url);
  const name = `the responder ${redactUrl(url)}`;
  if (responder === undefined) return unknown(`${name} is not at an http address`);
  const asn1 = await loadAsn1();
  const call = ocspCall(responder, buildOcspRequest(asn1, question.certificate, question.issuer));
  const answer = await callService(http, { call, timeoutMs: ANSWER_TIMEOUT_MS }, signal);
  if (!answer.ok) return unknown(`${name} ${answer.reason}`);
  const status = statusByResponder(asn1, answer.bytes, question);
  return status.kind === 'unknown' ? unknown(`${name}: ${status.reason}`) : status;
}

function ocspCall(responder: URL, request: Uint8Array): HttpCall {
  const text = encodeURIComponent(Buffer.from(request).toString('base64'));
  const maxBytes = MAX_ANSWER_BYTES;
  if (text.length < MAX_GET_CHARACTERS) {
    const url = new URL(`${responder.href.replace(/\/$/, '')}/${text}`);
    return { method: 'GET', url, maxBytes };
  }
  const headers = { 'content-type': 'application/ocsp-request' };
  return { method: 'POST', url: responder, headers, body: request, maxBytes };
}

/** All lists that a certificate names are read: each may tell other reasons. Revoked by one is revoked. */
async function readLists(
  sources: Sources,
  question: RevocationQuestion,
  signal: AbortSignal,
): Promise<RevocationStatus> {
  const urls = question.certificate.extensions.crlUrls ?? [];
  const statuses: RevocationStatus[] = [];
  for (const url of urls) {
    const list = await sources.lists.run(url, async () => fetchPair(sources.http, url, signal));
    const status = typeof list === 'string' ? unknown(list) : statusByLists(list, question);
    if (status.kind === 'revoked') return status;
    statuses.push(
      status.kind === 'unknown' && typeof list !== 'string'
        ? unknown(`${redactUrl(url)}: ${status.reason}`)
        : status,
    );
  }
  return (
    statuses.find(({ kind }) => kind === 'unknown') ?? statuses[0] ?? unknown('no list is named')
  );
}

/** A list and its changes, or why they cannot be read. */
async function fetchPair(
  http: HttpClient,
  url: string,
  signal: AbortSignal,
): Promise<ListPair | string> {
  const base = await fetchList(http, url, signal);
  if (typeof base === 'string' || base.deltaUrls.length === 0) {
    return typeof base === 'string' ? base : { base };
  }
  let failure = '';
  for (const deltaUrl of base.deltaUrls) {
    const delta = await fetchList(http, deltaUrl, signal);
    if (typeof delta !== 'string') return { base, delta };
    failure = delta;
  }
  return failure;
}

async function fetchList(
  http: HttpClient,
  url: string,
  signal: AbortSignal,
): Promise<RevocationList | string> {
  const location = parseHttpUrl(url);
  const name = `the list ${redactUrl(url)}`;
  if (location === undefined) return `${name} is not at an http address`;
  const call: HttpCall = { method: 'GET', url: location, maxBytes: MAX_LIST_BYTES };
  const answer = await callService(http, { call, timeoutMs: LIST_TIMEOUT_MS }, signal);
  if (!answer.ok) return `${name} ${answer.reason}`;
  const list = parseCrl(answer.bytes);
  if (list.ok) return list.value;
  return `${name} ${list.problems.map(({ message }) => message).join('; ')}`;
}

/** Responders and lists are signed themselves: they are reached by plain http, as certificates name them. */
function parseHttpUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'http:' ? url : undefined;
}

function unknown(reason: string): RevocationStatus & { readonly kind: 'unknown' } {
  return { kind: 'unknown', reason: neutralise(reason) };
}
