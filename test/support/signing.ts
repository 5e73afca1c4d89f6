import { createCertificateSigner } from '../../shared/signing/certificate-signer.ts';
import { invariant } from '../../shared/core/errors.ts';
import { Secret } from '../../shared/core/secret.ts';
import type { EnvelopeFormat } from '../../shared/notary/payload.ts';
import { parseTrustPolicy } from '../../shared/notary/trust-policy.ts';
import type { TrustPolicy } from '../../shared/notary/trust-policy.ts';
import { parseTrustStore } from '../../shared/notary/trust-store.ts';
import type { TrustStore } from '../../shared/notary/trust-store.ts';
import type { Descriptor } from '../../shared/oci/descriptor.ts';
import { digestOf } from '../../shared/oci/digest.ts';
import type { ManifestDocument } from '../../shared/oci/manifest-document.ts';
import type { Repository } from '../../shared/oci/reference.ts';
import { EMPTY_CONFIG_BYTES, buildSignatureManifest } from '../../shared/oci/signature-manifest.ts';
import type { SignedEnvelope, Signer } from '../../shared/ports/signer.ts';
import type { TestChain } from './certificates.ts';
import type { MemoryRegistry } from './memory-registry.ts';
import { collect } from './signatures.ts';

/** The moment at which tests sign and verify: certificates of tests are valid around the real time. */
export const NOW = new Date(Math.floor(Date.now() / 1000) * 1000);

/** A signer with a chain made for a test. */
export function signerOf({ leafKeyPem, chainPem }: TestChain): Signer {
  return createCertificateSigner({
    privateKey: new Secret(leafKeyPem),
    chainPem: Buffer.from(chainPem),
    signingAgent: 'test/1.0',
    clock: { now: () => NOW },
  });
}

/** Signs one subject. */
export async function signOne(
  chain: TestChain,
  subject: Descriptor,
  format: EnvelopeFormat = 'cose',
): Promise<SignedEnvelope> {
  const options = { format, signingTime: NOW, userMetadata: {} };
  const signal = new AbortController().signal;
  const [result] = await collect(
    signerOf(chain).sign([{ kind: 'manifest', subject }], options, signal),
  );
  invariant(result?.kind === 'signed', 'the chain of a test signs');
  return result.envelope;
}

/** Who signs, and in which format; the manifest may claim another chain. */
export interface PushedSignature {
  readonly chain: TestChain;
  readonly format?: EnvelopeFormat;
  readonly claims?: TestChain;
}

/** Signs a manifest of a registry and attaches the signature, as if it had been there before. */
export async function pushSignature(
  registry: MemoryRegistry,
  { repository, subject }: { readonly repository: Repository; readonly subject: Descriptor },
  { chain, format, claims = chain }: PushedSignature,
): Promise<ManifestDocument> {
  const { bytes, mediaType, signingTime } = await signOne(chain, subject, format);
  const manifest = buildSignatureManifest({
    subject,
    envelope: { mediaType, digest: digestOf(bytes), size: bytes.byteLength },
    thumbprints: claims.chainDer.map((der) => digestOf(der).slice('sha256:'.length)),
    signingTime,
  });
  registry.addBlob(repository, bytes);
  registry.addBlob(repository, EMPTY_CONFIG_BYTES);
  registry.addManifest(repository, manifest);
  return manifest;
}

/** A trust policy with one strict statement, as the text of its file. */
export function policyText(...scopes: readonly string[]): string {
  return JSON.stringify({
    version: '1.0',
    trustPolicies: [
      {
        name: 'release',
        registryScopes: scopes,
        signatureVerification: { level: 'strict' },
        trustStores: ['ca:release'],
        trustedIdentities: ['*'],
      },
    ],
  });
}

/** A strict trust policy for scopes, and a store that trusts the root of a chain. */
export function trustOf(
  { rootPem }: TestChain,
  ...scopes: readonly string[]
): { readonly policy: TrustPolicy; readonly store: TrustStore } {
  const policy = parseTrustPolicy(Buffer.from(policyText(...scopes)), 'trustpolicy.json');
  const store = parseTrustStore([{ path: 'ca/release/root.pem', bytes: Buffer.from(rootPem) }]);
  invariant(policy.ok && store.ok, 'the trust of a test is well-formed');
  return { policy: policy.value, store: store.value };
}
