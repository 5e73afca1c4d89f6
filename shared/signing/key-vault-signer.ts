import { createHash, createPublicKey } from 'node:crypto';
import { TaskError } from '../core/errors.ts';
import type { KeyVaultId } from '../core/key-vault-id.ts';
import { formatKeyVaultId } from '../core/key-vault-id.ts';
import { orThrow } from '../core/result.ts';
import { parseCertificate } from '../notary/certificate.ts';
import type { Certificate } from '../notary/certificate.ts';
import { orderChain } from '../notary/certificate-chain.ts';
import { parseCertificates } from '../notary/pem.ts';
import type { Clock } from '../ports/clock.ts';
import type { HttpClient } from '../ports/http.ts';
import type { KeyVault, VaultKey } from '../ports/key-vault.ts';
import type { Signer } from '../ports/signer.ts';
import { fetchIssuers } from './key-vault-chain.ts';
import { dersOf, requireSigningChain } from './envelope-maker.ts';
import { signWith } from './raw-signer.ts';
import type { RawSigner } from './raw-signer.ts';

/** A key in a vault, and what signs with it. */
export interface KeyVaultSignerOptions {
  readonly id: KeyVaultId;
  readonly vault: KeyVault;
  /** For issuers that the certificate only names. */
  readonly http: HttpClient;
  /** The certificate and its issuers, in PEM; needed for a key without a certificate. */
  readonly chainPem?: Uint8Array;
  /** What signs, for the record in the envelopes, e.g. `container-image-release/1.0.0`. */
  readonly signingAgent: string;
  readonly clock: Clock;
}

/** Vaults allow 125 signatures in ten seconds with the slowest kind of key, and each takes some 50 ms. */
const CONCURRENCY = 8;

/**
 * A signer with a key that stays in Azure Key Vault. Key and certificate are read once, when they are first needed,
 * and their version is held: a rotation in the middle of a run changes nothing.
 */
export function createKeyVaultSigner(options: KeyVaultSignerOptions): Signer {
  let loaded: Promise<RawSigner> | undefined;
  const load = async (signal: AbortSignal): Promise<RawSigner> =>
    (loaded ??= loadSigner(options, signal));
  return {
    chain: async (signal) => dersOf((await load(signal)).chain),
    sign: async function* (jobs, signing, signal) {
      yield* signWith(await load(signal), jobs, { options: signing, signal });
    },
  };
}

async function loadSigner(options: KeyVaultSignerOptions, signal: AbortSignal): Promise<RawSigner> {
  const { id, vault, signingAgent, clock } = options;
  const key = await vault.read(id, signal);
  const certificates = await readChain(options, key, signal);
  const chain = requireSigningChain(
    certificates.map(({ raw }) => raw),
    clock.now(),
  );
  const { name: algorithm, hash } = chain.algorithm;
  return {
    ...{ chain, signingAgent, concurrency: CONCURRENCY },
    sign: async (data, signSignal) => {
      const digest = createHash(hash).update(data).digest();
      return vault.sign({ keyId: key.keyId, algorithm, digest }, signSignal);
    },
  };
}

async function readChain(
  { id, http, chainPem }: KeyVaultSignerOptions,
  { shows }: VaultKey,
  signal: AbortSignal,
): Promise<readonly Certificate[]> {
  const failure = { code: 'CERTIFICATE_INVALID', subject: 'The certificate chain' } as const;
  const given =
    chainPem === undefined
      ? []
      : orThrow(parseCertificates(chainPem, 'certificateChain'), {
          ...failure,
          hint: 'Give a PEM file with the signing certificate and its issuers up to the root.',
        });
  const leaf =
    shows.kind === 'certificate'
      ? orThrow(parseCertificate(shows.der, formatKeyVaultId(id)), failure)
      : requireLeaf(given, shows.der, id);
  const issuers = chainPem === undefined ? await fetchIssuers(http, leaf, signal) : given;
  return orThrow(orderChain([leaf, ...issuers], leaf), {
    ...failure,
    hint: 'Remove the certificates that do not belong to it.',
  });
}

function requireLeaf(given: readonly Certificate[], spki: Uint8Array, id: KeyVaultId): Certificate {
  const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  const leaf = given.find((certificate) => certificate.publicKey.equals(publicKey));
  if (leaf !== undefined) return leaf;
  const names = given.map(({ subjectText }) => subjectText).join('; ');
  throw new TaskError(
    'CERTIFICATE_INVALID',
    `No certificate in certificateChain belongs to the key ${formatKeyVaultId(id)}: ${names}`,
    { hint: 'Give the chain of the certificate that was issued for this key.' },
  );
}
