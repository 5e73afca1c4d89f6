import { isJsonObject, parseJson } from '../core/json.ts';
import type { JsonValue } from '../core/json.ts';
import { TaskError } from '../core/errors.ts';
import type { ErrorCode } from '../core/errors.ts';
import { neutralise, redactUrl } from '../core/text.ts';
import { isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';

/** What was asked and what came back; the text is safe to print. */
export interface RegistryErrorDetails {
  readonly method: string;
  /** Without secrets. */
  readonly url: string;
  /** Absent when no response came. */
  readonly status?: number;
  /** The registry's own codes, e.g. `MANIFEST_UNKNOWN`. */
  readonly registryCodes: readonly string[];
  /** Digests that the registry named in its answer, e.g. of blobs that it misses. */
  readonly namedDigests: readonly Digest[];
  /** Why no response came, e.g. `ECONNRESET`. */
  readonly networkCode?: string;
  /** How long the registry asked to wait. */
  readonly retryAfterMs?: number;
  /** Set when it was another server that answered: the registry had sent us on to it. */
  readonly isElsewhere?: boolean;
  /** Set when a token was refused that had been good, or that another request has replaced since. */
  readonly tokenHasEnded?: boolean;
}

interface RegistryErrorOptions {
  readonly hint: string;
  readonly details: RegistryErrorDetails;
  readonly cause?: unknown;
}

/** A request that a registry refused or did not answer. */
export class RegistryError extends TaskError {
  override readonly name: string = 'RegistryError';
  readonly details: RegistryErrorDetails;

  constructor(code: ErrorCode, message: string, { hint, details, cause }: RegistryErrorOptions) {
    super(code, message, { hint, cause });
    this.details = details;
  }
}

/** Which request failed; `what` completes the sentence "Cannot …". */
export interface FailedRequest {
  readonly what: string;
  readonly method: string;
  readonly url: URL;
}

/** What a response said, as far as an error needs it. */
export interface FailedResponse {
  readonly status: number;
  readonly body: Uint8Array;
  readonly retryAfterMs?: number;
  readonly isElsewhere?: boolean;
  /** The registry knows who asks, and says that the token is not good for this. */
  readonly lacksScope?: boolean;
}

/** Answers that stay the same however often they are asked for. */
const DEFINITE_CODES: ReadonlySet<string> = new Set([
  'BLOB_UNKNOWN',
  'DENIED',
  'DIGEST_INVALID',
  'MANIFEST_BLOB_UNKNOWN',
  'MANIFEST_INVALID',
  'MANIFEST_UNVERIFIED',
  'NAME_INVALID',
  'SIZE_INVALID',
  'UNSUPPORTED',
]);

const HINTS = {
  REGISTRY_UNAUTHORIZED:
    'Check the credentials of the service connection or of the docker login for this registry.',
  REGISTRY_DENIED:
    'Give the identity of the service connection the right to do this in this repository (for Azure Container Registry: AcrPull to read, AcrPush to write).',
  REGISTRY_THROTTLED: 'Run again later, or ask the registry for a higher request limit.',
  REGISTRY_UNAVAILABLE:
    'Check the state of the registry and the network of the agent, then run again.',
  REGISTRY_FULL:
    'Free space in the registry or raise its quota, then run again: what is copied stays.',
  REGISTRY_REJECTED:
    'Check that the registry accepts this kind of content and that the repository may be written.',
  REGISTRY_RESPONSE_INVALID:
    'Check that this host is a container registry, and what stands between it and the agent.',
  CONTENT_NOT_FOUND:
    'Check the registry, the repository prefix and the name, and that the content was pushed.',
  CONTENT_TOO_LARGE:
    'Make the content smaller, or raise the limit of the registry or of the proxy before it.',
} as const satisfies Partial<Record<ErrorCode, string>>;

type RegistryErrorCode = keyof typeof HINTS;

/** What to do where the reason of a broken connection is known. */
const NETWORK_HINTS: readonly (readonly [reason: RegExp, hint: string])[] = [
  [
    /^(?:SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(?:GET_ISSUER_CERT|VERIFY_LEAF).*)$/,
    'Let the agent trust the authority of that certificate: configure it with --sslcacert, or set NODE_EXTRA_CA_CERTS.',
  ],
  [
    /^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)$/,
    'Check the port: what listens there does not speak TLS. A registry in plain HTTP needs http:// before its name.',
  ],
  [/^ERR_PROXY$/, 'Check the proxy of the agent, its user, and what it lets through.'],
];

/** The error for a response with a status that was not hoped for. */
export function responseError(request: FailedRequest, response: FailedResponse): RegistryError {
  const { status, body, retryAfterMs, isElsewhere, lacksScope = false } = response;
  const problems = parseErrorBody(body);
  const registryCodes = problems.flatMap(({ code }) => (code === '' ? [] : [code]));
  const said = problems.map(({ code, message }) => [code, message].filter(Boolean).join(': '));
  const code = lacksScope ? 'REGISTRY_DENIED' : codeOf(status, registryCodes, said);
  const suffix = said.length === 0 ? '' : ` (${said.slice(0, 3).join('; ')})`;
  const who = isElsewhere === true ? request.url.host : 'the registry';
  return new RegistryError(code, `Cannot ${request.what}: ${who} answered ${status}${suffix}.`, {
    hint: HINTS[code],
    details: {
      ...asked(request),
      status,
      registryCodes,
      namedDigests: digestsIn(body),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(isElsewhere === true ? { isElsewhere } : {}),
    },
  });
}

/** The error for a request that got no response, or half of one. */
export function networkError(request: FailedRequest, cause: unknown): RegistryError {
  const networkCode = networkCodeOf(cause);
  const text = cause instanceof Error ? neutralise(cause.message) : networkCode;
  return new RegistryError(
    'REGISTRY_UNAVAILABLE',
    `Cannot ${request.what}: no answer from ${request.url.host} (${networkCode}: ${text}).`,
    {
      hint:
        NETWORK_HINTS.find(([reason]) => reason.test(networkCode))?.[1] ??
        HINTS.REGISTRY_UNAVAILABLE,
      details: { ...asked(request), registryCodes: [], namedDigests: [], networkCode },
      cause,
    },
  );
}

/** The same refusal, of a token that had been good or was replaced since. */
export function endedTokenError({ code, message, details }: RegistryError): RegistryError {
  const hint = HINTS.REGISTRY_UNAUTHORIZED;
  return new RegistryError(code, message, { hint, details: { ...details, tokenHasEnded: true } });
}

/** The same refusal, of a tag that the registry seems to protect. */
export function protectedTagError({ code, message, details, cause }: RegistryError): RegistryError {
  const hint =
    'If the registry protects this tag (locked, immutable), publish under a new one or lift the protection; tags that were set stay.';
  return new RegistryError(code, message, { hint, details, cause });
}

/** The error for a response that breaks the protocol. */
export function protocolError(request: FailedRequest, finding: string): RegistryError {
  return new RegistryError('REGISTRY_RESPONSE_INVALID', `Cannot ${request.what}: ${finding}.`, {
    hint: HINTS.REGISTRY_RESPONSE_INVALID,
    details: { ...asked(request), registryCodes: [], namedDigests: [] },
  });
}

/** The error for content that must be there and is not. */
export function notFoundError(what: string): TaskError {
  return new TaskError('CONTENT_NOT_FOUND', `Cannot ${what}: the registry does not have it.`, {
    hint: HINTS.CONTENT_NOT_FOUND,
  });
}

/** Whether the registry gave a reason that asking again does not change. */
export function isDefinite(registryCodes: readonly string[]): boolean {
  return registryCodes.some((code) => DEFINITE_CODES.has(code));
}

/** The registry's own codes in the body of a refusal, e.g. `NAME_UNKNOWN`. */
export function registryCodesIn(body: Uint8Array): readonly string[] {
  return parseErrorBody(body).flatMap(({ code }) => (code === '' ? [] : [code]));
}

/** Digests anywhere in the text: registries put them into the detail, as text or in an object, or into the message. */
function digestsIn(body: Uint8Array): readonly Digest[] {
  const text = Buffer.from(body).toString('utf8');
  return [...text.matchAll(/sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})/g)]
    .map(([digest]) => digest)
    .filter(isDigest);
}

/** Statuses with which registries tell that a quota is used up; only the text tells it from other refusals. */
const QUOTA_STATUSES: ReadonlySet<number> = new Set([403, 412, 413]);

/** Quay: `Quota has been exceeded on namespace`; Harbor: `will exceed the configured upper limit of 1.0 GiB`. */
const QUOTA_TEXT = /\bquota\b|\bexceeds? the configured upper limit\b/i;

function codeOf(
  status: number,
  registryCodes: readonly string[],
  said: readonly string[],
): RegistryErrorCode {
  const isQuota = QUOTA_STATUSES.has(status) && said.some((text) => QUOTA_TEXT.test(text));
  if (isQuota || status === 507) return 'REGISTRY_FULL';
  if (status === 401) return 'REGISTRY_UNAUTHORIZED';
  if (status === 403) return 'REGISTRY_DENIED';
  if (status === 404) return 'CONTENT_NOT_FOUND';
  if (status === 413) return 'CONTENT_TOO_LARGE';
  if (status === 429) return 'REGISTRY_THROTTLED';
  if (status >= 500)
    return isDefinite(registryCodes) ? 'REGISTRY_REJECTED' : 'REGISTRY_UNAVAILABLE';
  return status >= 400 ? 'REGISTRY_REJECTED' : 'REGISTRY_RESPONSE_INVALID';
}

function asked({ method, url }: FailedRequest): { readonly method: string; readonly url: string } {
  return { method, url: redactUrl(url.href) };
}

interface RegistryProblem {
  readonly code: string;
  readonly message: string;
}

/** Registries answer with a list of errors in JSON; proxies and throttles with any text. */
function parseErrorBody(body: Uint8Array): readonly RegistryProblem[] {
  const json = parseJson(body, '');
  const list = json.ok && isJsonObject(json.value) ? json.value['errors'] : undefined;
  if (Array.isArray(list)) return (list as readonly JsonValue[]).map(readProblem);
  const text = neutralise(Buffer.from(body).toString('utf8')).trim();
  return text === '' || text.startsWith('<') ? [] : [{ code: '', message: text }];
}

function readProblem(value: JsonValue): RegistryProblem {
  if (!isJsonObject(value)) return { code: '', message: '' };
  const { code, message } = value;
  return {
    code: typeof code === 'string' ? neutralise(code) : '',
    message: typeof message === 'string' ? neutralise(message) : '',
  };
}

function networkCodeOf(error: unknown): string {
  for (let current = error, depth = 0; current instanceof Error && depth < 5; depth += 1) {
    const code: unknown = Reflect.get(current, 'code');
    if (typeof code === 'string') return neutralise(code);
    current = current.cause;
  }
  return 'UNKNOWN';
}
