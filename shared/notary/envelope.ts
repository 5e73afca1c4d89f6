import { parsed, problem, problems } from '../core/result.ts';
import type { Parsed, Problem } from '../core/result.ts';
import { neutralise } from '../core/text.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { MediaType } from '../oci/media-types.ts';
import { checkChain } from './certificate-chain.ts';
import type { CertificateChain } from './certificate-chain.ts';
import { draftCose, parseCose } from './cose.ts';
import type { EnvelopeContent, EnvelopeDraft, EnvelopeParts } from './envelope-parts.ts';
import { draftJws, parseJws } from './jws.ts';
import { isSignedBy } from './key-spec.ts';
import { parsePayload } from './payload.ts';
import type { EnvelopeFormat } from './payload.ts';

/** A signature envelope taken apart, with the descriptor that its payload binds. */
export interface Envelope extends EnvelopeParts {
  readonly subject: Descriptor;
}

/** Real envelopes have a few kilobytes; the bound is that of manifests. */
export const MAX_ENVELOPE_BYTES = 4 * 1024 * 1024;

/** Signers put this attribute where only a plugin can tell whether the signature is good. */
const VERIFICATION_PLUGIN = 'io.cncf.notary.verificationPlugin';

/** Prepares an envelope in a format. */
export function draftEnvelope(format: EnvelopeFormat, content: EnvelopeContent): EnvelopeDraft {
  return format === 'cose' ? draftCose(content) : draftJws(content);
}

/** The media type of envelopes of a format, e.g. `application/cose`. */
export function mediaTypeOf(format: EnvelopeFormat): string {
  return format === 'cose' ? MediaType.cose : MediaType.jws;
}

/** Takes an envelope apart by its media type; nothing is verified yet. */
export function parseEnvelope(bytes: Uint8Array, mediaType: string): Parsed<Envelope> {
  if (bytes.byteLength > MAX_ENVELOPE_BYTES) return problem('envelope', 'is too large');
  const parts = parseParts(bytes, mediaType);
  if (!parts.ok) return parts;
  const subject = parsePayload(parts.value.payload, 'payload');
  return subject.ok ? parsed({ ...parts.value, subject: subject.value }) : subject;
}

/**
 * Checks that an envelope is whole: its chain may sign, the key of the leaf made the signature with the algorithm
 * that belongs to it, and every critical attribute is understood. Says nothing about whom to trust.
 */
export function checkIntegrity(parts: EnvelopeParts): Parsed<CertificateChain> {
  const foreign = findForeignAttributes(parts);
  const chain = checkChain(parts.chain, 'chain');
  if (!chain.ok) return problems([...chain.problems, ...foreign]);
  const { leaf, algorithm } = chain.value;
  if (algorithm !== parts.algorithm) {
    const message = `is ${parts.algorithm.name}, a key ${algorithm.keySpec} signs with ${algorithm.name}`;
    return problems([{ path: 'protected.alg', message }, ...foreign]);
  }
  const { signingInput: data, signature, salt } = parts;
  if (!isSignedBy(leaf.publicKey, algorithm, { data, signature, salt })) {
    const message = `was not made by ${leaf.subjectText} over this content`;
    return problems([{ path: 'signature', message }, ...foreign]);
  }
  return foreign.length === 0 ? chain : problems(foreign);
}

function parseParts(bytes: Uint8Array, mediaType: string): Parsed<EnvelopeParts> {
  switch (mediaType) {
    case MediaType.cose:
      return parseCose(bytes);
    case MediaType.jws:
      return parseJws(bytes);
    default:
      return problem('mediaType', `is no signature envelope: ${neutralise(mediaType)}`);
  }
}

/** Stricter than the reference implementation, as the specification says: unknown and critical must fail. */
function findForeignAttributes({ attributes }: EnvelopeParts): Problem[] {
  return attributes.extended
    .filter(({ critical, name }) => critical || name.startsWith(VERIFICATION_PLUGIN))
    .map(({ name, value }) => ({
      path: `protected.${neutralise(name)}`,
      message:
        name === VERIFICATION_PLUGIN
          ? `asks for the verification plugin ${pluginName(value)}; plugins cannot verify here`
          : 'is critical and not known here',
    }));
}

/** The value is whatever the signer put there; only text can be a name. */
function pluginName(value: unknown): string {
  return typeof value === 'string' ? neutralise(value) : '(its name is no text)';
}
