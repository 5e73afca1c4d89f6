/** Stable codes of the failures a user can act on; codes are only ever added. */
export type ErrorCode =
  | 'INPUT_INVALID'
  | 'CREDENTIALS_INVALID'
  | 'OIDC_TOKEN_FAILED'
  | 'ENTRA_TOKEN_FAILED'
  | 'KEY_VAULT_DENIED'
  | 'KEY_VAULT_NOT_FOUND'
  | 'KEY_VAULT_FAILED'
  | 'FILE_NOT_FOUND'
  | 'FILE_UNREADABLE'
  | 'FILE_UNWRITABLE'
  | 'IMAGE_INFO_INVALID'
  | 'IMAGE_INFO_CONFLICT'
  | 'BUILD_MANIFEST_INVALID'
  | 'BUILD_MANIFEST_MISMATCH'
  | 'PLATFORM_MISSING'
  | 'PLATFORM_NOT_FOUND'
  | 'PLATFORM_MISMATCH'
  | 'PLATFORM_UNSUPPORTED'
  | 'REGISTRY_UNAUTHORIZED'
  | 'REGISTRY_DENIED'
  | 'REGISTRY_THROTTLED'
  | 'REGISTRY_UNAVAILABLE'
  | 'REGISTRY_FULL'
  | 'REGISTRY_REJECTED'
  | 'REGISTRY_RESPONSE_INVALID'
  | 'CONTENT_NOT_FOUND'
  | 'CONTENT_TOO_LARGE'
  | 'DIGEST_MISMATCH'
  | 'TRUST_POLICY_INVALID'
  | 'TRUST_STORE_INVALID'
  | 'CERTIFICATE_INVALID'
  | 'PRIVATE_KEY_INVALID'
  | 'SIGNING_FAILED'
  | 'TIMESTAMP_FAILED'
  | 'SIGNATURE_INVALID'
  | 'SIGNATURE_MISSING'
  | 'TAG_EXISTS'
  | 'TAG_MOVED'
  | 'RECEIPT_INVALID'
  | 'WAIT_TIMEOUT'
  | 'PROGRAM_FAILED'
  | 'PLUGIN_INVALID'
  | 'PLUGIN_REFUSED'
  | 'DOWNLOAD_FAILED'
  | 'SERVICE_UNAVAILABLE'
  | 'SERVICE_DENIED'
  | 'RUN_NOT_FOUND'
  | 'ARTIFACT_NOT_FOUND'
  | 'ARTIFACT_INVALID';

/** What to do about a failure, and what it came from. */
export interface TaskErrorOptions {
  /** One imperative sentence: what to do next. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** A failure the user can act on: what happened to which thing (message) and one thing to do (hint). */
export class TaskError extends Error {
  override readonly name: string = 'TaskError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: TaskErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/** A failure that is our fault: it is reported as a bug, with its stack. */
export class BugError extends Error {
  override readonly name: string = 'BugError';
}

/**
 * Fails when a condition that our own code guarantees does not hold.
 *
 * @throws BugError
 */
export function invariant(condition: unknown, message: string): asserts condition {
  if (condition !== true) throw new BugError(message);
}

/**
 * Marks the end of an exhaustive switch.
 *
 * @throws BugError always, naming the value that no case knew
 */
export function assertNever(value: never): never {
  throw new BugError(`Unexpected value ${JSON.stringify(value)}`);
}

/** The value, which our own code guarantees to be there; throws BugError with `what` when it is not. */
export function definite<T>(value: T | undefined, what: string): T {
  invariant(value !== undefined, `${what} is not there`);
  return value;
}
