/** What a verification looks at and a trust policy can set. */
export const VALIDATIONS = [
  'integrity',
  'authenticity',
  'authenticTimestamp',
  'expiry',
  'revocation',
] as const;

/** One of the validations of a signature, e.g. `expiry`. */
export type Validation = (typeof VALIDATIONS)[number];

/** What a failed validation does: fail the verification, be told only, or it is not made at all. */
export type Action = 'enforce' | 'log' | 'skip';

/** How strict a statement of a trust policy is. */
export type Level = 'strict' | 'permissive' | 'audit' | 'skip';

/** What a failure of each validation does, e.g. `{ expiry: 'log', … }`. */
export type Actions = Readonly<Record<Validation, Action>>;

/**
 * The validations of each level.
 *
 * @see https://github.com/notaryproject/specifications/blob/v1.1.0/specs/trust-store-trust-policy.md#signature-verification-details
 */
export const LEVELS: Readonly<Record<Level, Actions>> = {
  strict: {
    integrity: 'enforce',
    authenticity: 'enforce',
    authenticTimestamp: 'enforce',
    expiry: 'enforce',
    revocation: 'enforce',
  },
  permissive: {
    integrity: 'enforce',
    authenticity: 'enforce',
    authenticTimestamp: 'log',
    expiry: 'log',
    revocation: 'log',
  },
  audit: {
    integrity: 'enforce',
    authenticity: 'log',
    authenticTimestamp: 'log',
    expiry: 'log',
    revocation: 'log',
  },
  skip: {
    integrity: 'skip',
    authenticity: 'skip',
    authenticTimestamp: 'skip',
    expiry: 'skip',
    revocation: 'skip',
  },
};

/** Whether text names a level. */
export function isLevel(text: unknown): text is Level {
  return typeof text === 'string' && Object.hasOwn(LEVELS, text);
}

/** Whether a level may be changed so that a validation does this: integrity never, and only revocation can be skipped. */
export function isOverride(validation: string, action: unknown): validation is Validation {
  if (validation === 'revocation')
    return action === 'enforce' || action === 'log' || action === 'skip';
  const isChangeable =
    VALIDATIONS.some((name) => name === validation) && validation !== 'integrity';
  return isChangeable && (action === 'enforce' || action === 'log');
}
