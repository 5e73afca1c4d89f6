import { TaskError } from '../core/errors.ts';
import type { ErrorCode } from '../core/errors.ts';
import { OutOfPatience } from './patience.ts';
import { sdkFailureOf } from './sdk-failure.ts';
import type { SdkFailure } from './sdk-failure.ts';

const ROLES =
  'Give the identity of the service connection the roles Key Vault Crypto User and Key Vault Certificate User on the ' +
  'vault (with access policies: key permissions Sign and Get, certificate permission Get).';

const FIREWALL =
  'Let the agent through the firewall of the vault (Networking), or run the job on an agent in its network.';

const TENANT =
  'Check that the vault and the service connection of azureSubscription belong to the same tenant.';

const NAME = 'Check the address in keyVaultKey: copy the identifier from the portal.';

const SILENT =
  'Run again: what is signed is skipped. If it stays so, check what else uses the vault, and the network of the agent.';

/** Says that a vault did not do something; `what` completes the sentence "Cannot …". */
export function keyVaultFailure(what: string, cause: unknown): TaskError {
  const failure = sdkFailureOf(cause);
  const [code, hint] =
    cause instanceof OutOfPatience ? (['KEY_VAULT_FAILED', SILENT] as const) : classify(failure);
  const status = failure.status === undefined ? '' : `${failure.status} `;
  const own = failure.code === '' ? '' : `${failure.code}: `;
  return new TaskError(code, `Cannot ${what}: ${status}${own}${failure.message}`, { hint, cause });
}

function classify({ status, message }: SdkFailure): readonly [ErrorCode, string] {
  switch (status) {
    case 401:
      return ['KEY_VAULT_DENIED', TENANT];
    case 403:
      return ['KEY_VAULT_DENIED', /firewall|client address/i.test(message) ? FIREWALL : ROLES];
    case 404:
      return ['KEY_VAULT_NOT_FOUND', NAME];
    case 429:
      return ['KEY_VAULT_FAILED', 'The vault is throttled: run again, what is signed is skipped.'];
    case undefined:
      return ['KEY_VAULT_FAILED', `${NAME} Check the network of the agent.`];
    default:
      return ['KEY_VAULT_FAILED', 'Check that the key is enabled, not expired, and may sign.'];
  }
}
