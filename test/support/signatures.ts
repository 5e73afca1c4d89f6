import { sign } from 'node:crypto';
import { definite, invariant } from '../../shared/core/errors.ts';
import { draftEnvelope, mediaTypeOf } from '../../shared/notary/envelope.ts';
import { algorithmOfKey, signatureParameters } from '../../shared/notary/key-spec.ts';
import { buildPayload } from '../../shared/notary/payload.ts';
import type { EnvelopeFormat } from '../../shared/notary/payload.ts';
import type { SignedAttributes } from '../../shared/notary/signed-header.ts';
import type { Descriptor } from '../../shared/oci/descriptor.ts';
import { digestOf } from '../../shared/oci/digest.ts';
import type { TestChain } from './certificates.ts';

/** Something to sign. */
export const SUBJECT: Descriptor = {
  mediaType: 'application/vnd.oci.image.index.v1+json',
  digest: digestOf(Buffer.from('an index')),
  size: 8,
};

/** How an envelope differs from a good one. */
export interface EnvelopeChanges {
  /** What is signed instead of `SUBJECT`. */
  readonly subject?: Descriptor;
  readonly attributes?: Partial<SignedAttributes>;
  readonly payload?: Uint8Array;
  readonly chainDer?: readonly Uint8Array[];
  /** Salt of a PSS signature in bytes. */
  readonly saltLength?: number;
  readonly userMetadata?: Readonly<Record<string, string>>;
  /** Makes a timestamp token over the signature. */
  readonly stamp?: (signature: Uint8Array) => Uint8Array;
}

/** Signs `SUBJECT` with a chain; the signature itself is always good. */
export function makeEnvelope(
  chain: TestChain,
  format: EnvelopeFormat,
  changes: EnvelopeChanges = {},
): { readonly bytes: Uint8Array; readonly mediaType: string } {
  const algorithm = definite(algorithmOfKey(chain.leafKey), 'the algorithm');
  const payload = buildPayload(changes.subject ?? SUBJECT, changes.userMetadata ?? {}, format);
  invariant(payload.ok, 'the payload is good');
  const draft = draftEnvelope(format, {
    payload: changes.payload ?? payload.value,
    algorithm,
    attributes: {
      scheme: 'notary.x509',
      signingTime: new Date(Math.floor(Date.now() / 1000) * 1000),
      extended: [],
      ...changes.attributes,
    },
  });
  const { saltLength } = changes;
  const signature = sign(algorithm.hash, draft.signingInput, {
    key: chain.leafKey,
    ...signatureParameters(algorithm),
    ...(saltLength === undefined ? {} : { saltLength }),
  });
  const timestamp = changes.stamp?.(signature);
  const seal = {
    ...{ signature, chain: changes.chainDer ?? chain.chainDer, signingAgent: 'test/1.0' },
    ...(timestamp === undefined ? {} : { timestamp }),
  };
  return { bytes: draft.assemble(seal), mediaType: mediaTypeOf(format) };
}

/** Messages of a failed parse as one text; empty when it succeeded. */
export function faultsOf(
  result:
    | { readonly ok: true }
    | { readonly ok: false; readonly problems: readonly { path: string; message: string }[] },
): string {
  return result.ok ? '' : result.problems.map((it) => `${it.path}: ${it.message}`).join('\n');
}

/** Everything that an async iterable gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
