import { orThrow } from '../../shared/core/result.ts';
import { neutralise } from '../../shared/core/text.ts';
import { parseImageInfo } from '../../shared/image-info/parse.ts';
import { parseCertificate } from '../../shared/notary/certificate.ts';
import { parseEnvelope } from '../../shared/notary/envelope.ts';
import { tokenKey } from '../../shared/notary/evidence.ts';
import type { Evidence } from '../../shared/notary/evidence.ts';
import { publicNameAt } from '../../shared/oci/reference.ts';
import type { Location } from '../../shared/oci/reference.ts';
import { reportedImages } from '../../shared/release-report/images.ts';
import type {
  ReportedCertificate,
  ReportedSignature,
  SignReport,
} from '../../shared/release-report/model.ts';
import type { Execution, Outcome } from './execute.ts';
import type { Facts } from './gather.ts';
import { signaturesByManifest } from './subjects.ts';

/** What the Images tab shows of a run: for each digest who signed it and when, or why nobody did. */
export function signReport(
  { imageInfo, subjects, evidence }: Facts,
  { outcomes }: Pick<Execution, 'outcomes'>,
  location: Location,
): SignReport {
  const info = orThrow(parseImageInfo(imageInfo, ''), {
    code: 'IMAGE_INFO_INVALID',
    subject: 'The image-info',
  });
  const found = signaturesByManifest(subjects);
  const judged = outcomes.map((outcome) => {
    const envelope = outcome.kind === 'skipped' ? found.get(outcome.signature) : undefined;
    return signatureOf(outcome, envelope, { location, evidence });
  });
  const certificates = judged.flatMap(({ certificate }) => certificate ?? []);
  return {
    kind: 'sign',
    images: reportedImages(info),
    certificates: [...new Map(certificates.map((one) => [one.thumbprint, one])).values()],
    signatures: judged.map(({ signature }) => signature),
  };
}

interface EnvelopeBytes {
  readonly envelope: Uint8Array;
  readonly mediaType: string;
}

interface Judged {
  readonly signature: ReportedSignature;
  readonly certificate: ReportedCertificate | undefined;
}

function signatureOf(
  outcome: Outcome,
  found: EnvelopeBytes | undefined,
  { location, evidence }: { readonly location: Location; readonly evidence: Evidence },
): Judged {
  const { place, subject } = outcome;
  const name = { repo: publicNameAt(location, place.repository), digest: subject.digest };
  switch (outcome.kind) {
    case 'signed': {
      const { bytes: envelope, mediaType, stampedAt } = outcome.envelope;
      const time = stampedAt === undefined ? {} : { stampedAt: stampedAt.toISOString() };
      return described({ ...name, ...time, state: 'signed' }, { envelope, mediaType }, evidence);
    }
    case 'skipped':
      return described({ ...name, state: 'kept' }, found, evidence);
    case 'failed': {
      const { code, message } = outcome.error;
      const reason = neutralise(`${code}: ${message}`);
      return { signature: { ...name, state: 'failed', reason }, certificate: undefined };
    }
  }
}

/** A signature with what its envelope tells; the envelope was verified before. */
function described(
  signature: ReportedSignature,
  found: EnvelopeBytes | undefined,
  { timestamps }: Evidence,
): Judged {
  const envelope = found === undefined ? undefined : parseEnvelope(found.envelope, found.mediaType);
  if (envelope?.ok !== true) return { signature, certificate: undefined };
  const { attributes, chain, timestamp } = envelope.value;
  const [leaf] = chain;
  const certificate = leaf === undefined ? undefined : certificateOf(leaf);
  const token = timestamp === undefined ? undefined : timestamps.get(tokenKey(timestamp));
  return {
    signature: {
      ...(token?.ok === true ? { stampedAt: token.value.time.toISOString() } : {}),
      ...signature,
      ...(certificate === undefined ? {} : { certificate: certificate.thumbprint }),
      signedAt: attributes.signingTime.toISOString(),
      isTimestamped: timestamp !== undefined,
    },
    certificate,
  };
}

function certificateOf(der: Uint8Array): ReportedCertificate | undefined {
  const certificate = parseCertificate(der, '');
  if (!certificate.ok) return undefined;
  const { thumbprint, subjectText, notAfter } = certificate.value;
  return { thumbprint, subject: subjectText, notAfter: notAfter.toISOString() };
}
