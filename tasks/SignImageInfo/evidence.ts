import { selectStatement } from '../../shared/notary/trust-policy.ts';
import type { EvidenceReader, SignatureInQuestion } from '../../shared/ports/evidence.ts';
import { scopesOf } from './judge.ts';
import type { Judgement, SubjectPlace } from './judge.ts';

/** A signature, and the places whose statements judge it. */
export interface PlacedSignature {
  readonly envelope: Uint8Array;
  readonly mediaType: string;
  readonly places: readonly SubjectPlace[];
}

/** What must be found out before signatures are judged: one question for each statement that judges one. */
export function questionsAbout(
  { envelope, mediaType, places }: PlacedSignature,
  { trust, stampRoots }: Omit<Judgement, 'evidence'>,
): readonly SignatureInQuestion[] {
  const signature = { envelope, mediaType, ...(stampRoots === undefined ? {} : { stampRoots }) };
  if (trust === undefined) return stampRoots === undefined ? [] : [signature];
  const statements = new Set(
    places.flatMap((place) => selectStatement(trust.policy, scopesOf(place)) ?? []),
  );
  return [...statements].map((statement) => ({
    ...signature,
    trust: { statement, store: trust.store },
  }));
}

/** The judgement with what is known about a new signature. */
export async function informed(
  judgement: Judgement,
  signature: PlacedSignature,
  { evidence, signal }: { readonly evidence: EvidenceReader; readonly signal: AbortSignal },
): Promise<Judgement> {
  const questions = questionsAbout(signature, judgement);
  return questions.length === 0
    ? judgement
    : { ...judgement, evidence: await evidence.gather(questions, signal) };
}
