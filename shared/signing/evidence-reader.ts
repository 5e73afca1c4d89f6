import { mapLimit } from '../core/concurrency.ts';
import type { Parsed } from '../core/result.ts';
import { loadAsn1 } from '../notary/asn1.ts';
import type { Certificate } from '../notary/certificate.ts';
import { stampOf, tokenKey } from '../notary/evidence.ts';
import type { Evidence } from '../notary/evidence.ts';
import { parseTimestampToken } from '../notary/timestamp-token.ts';
import type { TimestampToken } from '../notary/timestamp-token.ts';
import { openSignature } from '../notary/verify.ts';
import type { Trust } from '../notary/verify.ts';
import { checkTrust, requiredAuthorities } from '../notary/verify-checks.ts';
import type { SoundSignature } from '../notary/verify-checks.ts';
import type { Clock } from '../ports/clock.ts';
import type { EvidenceReader, SignatureInQuestion } from '../ports/evidence.ts';
import type { RevocationReader } from './revocation.ts';

/** Signatures looked at at once; most ask what another has asked already. */
const SIGNATURES_AT_ONCE = 16;

/** Signers of whom nobody knows more than that the trust policy only logs them; what they name is asked for so many a run. */
const MAX_STRANGERS = 8;

/** Collects evidence; tokens are read once a run, whatever their number of signatures. */
export function createEvidenceReader(revocation: RevocationReader, clock: Clock): EvidenceReader {
  const timestamps = new Map<string, Parsed<TimestampToken>>();
  const strangers = new Set<string>();
  return {
    async gather(signatures, signal) {
      const statuses = await mapLimit(
        signatures,
        async (signature) => {
          const chains = await chainsInQuestion(signature, {
            timestamps,
            strangers,
            now: clock.now(),
          });
          const found = await mapLimit(chains, async (chain) => revocation.read(chain, signal), {
            limit: chains.length || 1,
            signal,
          });
          return found.flatMap((one) => [...one]);
        },
        { limit: SIGNATURES_AT_ONCE, signal },
      );
      return { timestamps, revocation: new Map(statuses.flat()) } satisfies Evidence;
    },
  };
}

interface Reading {
  readonly timestamps: Map<string, Parsed<TimestampToken>>;
  /** Leaves of signers that are not trusted and were asked about all the same. */
  readonly strangers: Set<string>;
  readonly now: Date;
}

/**
 * The chains whose revocation matters: of the signer, and of the authority that stamped the signature. Whoever may push
 * can name any address in a certificate of his own: that of a signer whom the statement refuses is never called.
 */
async function chainsInQuestion(
  signature: SignatureInQuestion,
  reading: Reading,
): Promise<readonly (readonly Certificate[])[]> {
  const { trust, stampRoots } = signature;
  const sound = trust?.statement.level === 'skip' ? undefined : openSignature(signature);
  if (sound === undefined) return [];
  const isRefused = trust !== undefined && !isHeard(sound, trust, reading.strangers);
  const roots = isRefused ? stampRoots : stampRootsOf(sound, signature, reading.now);
  const stamped = roots === undefined ? undefined : await stampChain(sound, roots, reading);
  const isAsked =
    trust !== undefined && !isRefused && trust.statement.actions.revocation !== 'skip';
  return [
    ...(isAsked ? [sound.chain.certificates] : []),
    ...(stamped === undefined ? [] : [stamped]),
  ];
}

/** Whether what a signer names may be called: he is trusted, or is one of a few whom the statement would only log. */
function isHeard(
  sound: SoundSignature,
  { statement, store }: Trust,
  strangers: Set<string>,
): boolean {
  if (checkTrust(sound, statement, store).passed) return true;
  if (statement.actions.authenticity === 'enforce') return false;
  const { thumbprint } = sound.chain.leaf;
  if (strangers.size < MAX_STRANGERS) strangers.add(thumbprint);
  return strangers.has(thumbprint);
}

function stampRootsOf(
  sound: SoundSignature,
  { trust, stampRoots }: SignatureInQuestion,
  now: Date,
): readonly Certificate[] | undefined {
  const required = trust === undefined ? undefined : requiredAuthorities(sound, trust, now);
  const trusted = required?.ok === true ? required.value : undefined;
  if (trusted === undefined) return stampRoots;
  return [...trusted, ...(stampRoots ?? [])];
}

/** The chain of whoever stamped a signature, absent when nobody whom we know did. */
async function stampChain(
  { envelope }: SoundSignature,
  roots: readonly Certificate[],
  { timestamps }: Reading,
): Promise<readonly Certificate[] | undefined> {
  const { timestamp } = envelope;
  if (timestamp === undefined) return undefined;
  const key = tokenKey(timestamp);
  if (!timestamps.has(key)) {
    timestamps.set(key, parseTimestampToken(await loadAsn1(), timestamp));
  }
  const stamp = stampOf(envelope, roots, { timestamps });
  return stamp.ok ? stamp.value.chain : undefined;
}
