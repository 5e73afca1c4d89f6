import { createPublicKey } from 'node:crypto';
import type { JsonWebKey as NodeJsonWebKey } from 'node:crypto';
import type { TokenCredential } from '@azure/identity';
import type { CryptographyClient, KeyVaultKey } from '@azure/keyvault-keys';
import { TaskError, definite } from '../core/errors.ts';
import { formatKeyVaultId, parseKeyVaultId } from '../core/key-vault-id.ts';
import type { KeyVaultId } from '../core/key-vault-id.ts';
import { orThrow } from '../core/result.ts';
import type { TokenSource } from '../ports/azure.ts';
import type { KeyVault, VaultKey } from '../ports/key-vault.ts';
import { FirstContact } from '../registry/first-contact.ts';
import type { Timing } from '../registry/timing.ts';
import type * as keyVaultLibrary from './key-vault.chunk.ts';
import { keyVaultFailure } from './key-vault-failures.ts';
import { withPatience } from './patience.ts';
import { sdkCredential } from './sdk-credential.ts';
import type { SdkHttpClient } from './sdk-http.ts';

/** What talking to a vault needs: tokens, the network and the clock. */
export interface KeyVaultParts {
  readonly tokens: TokenSource;
  readonly sdkHttp: SdkHttpClient;
  readonly timing: Pick<Timing, 'sleep' | 'random'>;
}

/** One operation with all its retries; a vault that is throttled for longer fails the digest, not the job. */
const DEADLINE_MS = 5 * 60_000;

/** What the SDK waits for by itself, where the vault says how long. */
const SDK_RETRIES = 5;

/** What every call to a vault needs. */
interface Session {
  readonly library: typeof keyVaultLibrary;
  readonly credential: TokenCredential;
  readonly options: {
    readonly httpClient: SdkHttpClient;
    readonly retryOptions: { readonly maxRetries: number };
  };
}

type Work<T> = (session: Session, abortSignal: AbortSignal) => Promise<T>;

/** Azure Key Vault through its SDK, which is loaded when the first key is read. */
export function createKeyVault(parts: KeyVaultParts): KeyVault {
  const signers = new Map<string, CryptographyClient>();
  const firstContact = new FirstContact();
  const run = async <T>(what: string, signal: AbortSignal, work: Work<T>): Promise<T> => {
    const session = {
      library: await import('./key-vault.chunk.ts'),
      credential: sdkCredential(parts.tokens),
      options: { httpClient: parts.sdkHttp, retryOptions: { maxRetries: SDK_RETRIES } },
    };
    try {
      const patience = { timing: parts.timing, deadlineMs: DEADLINE_MS };
      return await withPatience(patience, signal, async (bounded) => work(session, bounded));
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof TaskError ? error : keyVaultFailure(what, error);
    }
  };
  return {
    read: async (id, signal) =>
      run(`read ${formatKeyVaultId(id)}`, signal, async (session, abortSignal) =>
        id.kind === 'keys'
          ? readKey(session, id, abortSignal)
          : readCertificate(session, id, abortSignal),
      ),
    sign: async ({ keyId, algorithm, digest }, signal) =>
      run(`sign with ${keyId}`, signal, async (session, abortSignal) => {
        const signer = signers.get(keyId) ?? signerFor(session, keyId);
        signers.set(keyId, signer);
        // The SDK loses the body of the first request when another one logs in at the same time.
        const report = await firstContact.enter(keyId);
        try {
          const { result } = await signer.sign(algorithm, digest, { abortSignal });
          report(true);
          return result;
        } finally {
          report(false);
        }
      }),
  };
}

async function readCertificate(
  { library, credential, options }: Session,
  id: KeyVaultId,
  abortSignal: AbortSignal,
): Promise<VaultKey> {
  const certificates = new library.CertificateClient(id.vault, credential, options);
  const { name, version } = id;
  const { cer, keyId } =
    version === undefined
      ? await certificates.getCertificate(name, { abortSignal })
      : await certificates.getCertificateVersion(name, version, { abortSignal });
  const der = definite(cer, 'the certificate in the answer of a key vault');
  return {
    keyId: pinned(definite(keyId, 'the key of a certificate in a key vault'), id),
    shows: { kind: 'certificate', der },
  };
}

async function readKey(
  { library, credential, options }: Session,
  id: KeyVaultId,
  abortSignal: AbortSignal,
): Promise<VaultKey> {
  const keys = new library.KeyClient(id.vault, credential, options);
  const { version } = id;
  const key = await keys.getKey(id.name, {
    abortSignal,
    ...(version === undefined ? {} : { version }),
  });
  const publicKey = createPublicKey({ key: jwkOf(id, key), format: 'jwk' });
  return {
    keyId: pinned(definite(key.id, 'the identifier of a key in a key vault'), id),
    shows: { kind: 'public-key', der: publicKey.export({ type: 'spki', format: 'der' }) },
  };
}

/** The key that the vault names must be the one that was asked for, in one version. */
function pinned(keyId: string, asked: KeyVaultId): string {
  const id = orThrow(parseKeyVaultId(keyId, keyId), {
    code: 'KEY_VAULT_FAILED',
    subject: `The answer of ${asked.vault}`,
    hint: 'Check that the identifier of the key names an Azure Key Vault or Managed HSM.',
  });
  const isPinned = id.version !== undefined && id.kind === 'keys' && id.vault === asked.vault;
  const isAsked =
    asked.kind === 'certificates' || asked.version === undefined || asked.version === id.version;
  if (isPinned && isAsked) return keyId;
  throw new TaskError(
    'KEY_VAULT_FAILED',
    `Asked for ${formatKeyVaultId(asked)}, the vault answered with ${keyId}.`,
    { hint: 'Copy the identifier of the key or certificate from the portal.' },
  );
}

/** A JSON Web Key as Node reads it: bytes as text, and an HSM key as any other. */
function jwkOf(id: KeyVaultId, { key = {} }: KeyVaultKey): NodeJsonWebKey {
  const kty = key.kty?.replace(/-HSM$/, '') ?? '';
  if (kty !== 'RSA' && kty !== 'EC') {
    throw new TaskError('KEY_VAULT_FAILED', `${formatKeyVaultId(id)} is a key of kind ${kty}.`, {
      hint: 'Use an RSA key of 2048, 3072 or 4096 bits, or an EC key on P-256, P-384 or P-521.',
    });
  }
  const text = (bytes: Uint8Array | undefined): string =>
    Buffer.from(bytes ?? []).toString('base64url');
  return kty === 'RSA'
    ? { kty, n: text(key.n), e: text(key.e) }
    : { kty, crv: key.crv ?? '', x: text(key.x), y: text(key.y) };
}

/** The client is given the key as known, so that it needs no right to read it. */
function signerFor({ library, credential, options }: Session, keyId: string): CryptographyClient {
  const { vault, name, version } = orThrow(parseKeyVaultId(keyId, keyId), {
    code: 'KEY_VAULT_FAILED',
    subject: 'The key to sign with',
    hint: 'Check the identifier of the key.',
  });
  const properties = { name, vaultUrl: vault, version: version ?? '' };
  return new library.CryptographyClient({ id: keyId, name, properties }, credential, options);
}
