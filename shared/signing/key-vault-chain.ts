import { X509Certificate } from 'node:crypto';
import { TaskError } from '../core/errors.ts';
import { orThrow } from '../core/result.ts';
import { redactUrl } from '../core/text.ts';
import { isIssuedBy, isSelfSigned } from '../notary/certificate.ts';
import type { Certificate } from '../notary/certificate.ts';
import { loadAsn1 } from '../notary/asn1.ts';
import { parseCertificateSet } from '../notary/certificate-set.ts';
import type { HttpClient } from '../ports/http.ts';

/** More issuers than any real chain has. */
const MAX_ISSUERS = 6;

/** A certificate is one to three kilobytes; some authorities give bundles. */
const MAX_ANSWER_BYTES = 64 * 1024;

const HINT = 'Give the issuers up to the root as a PEM file in certificateChain.';

/**
 * The issuers of a certificate up to its root, fetched from where each certificate says that its issuer is.
 *
 * They are not trusted for that: who verifies decides by the root.
 *
 * @throws TaskError `CERTIFICATE_INVALID`
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.2.2.1
 */
export async function fetchIssuers(
  http: HttpClient,
  leaf: Certificate,
  signal: AbortSignal,
): Promise<readonly Certificate[]> {
  const issuers: Certificate[] = [];
  // Authorities publish bundles as well, and then only the first certificate may say where they are.
  const seen: Certificate[] = [];
  let current = leaf;
  while (!isSelfSigned(current)) {
    if (issuers.length === MAX_ISSUERS) {
      throw failed(leaf, `has more than ${MAX_ISSUERS} issuers`);
    }
    const issuer =
      issuerAmong(seen, current) ?? (await fetchIssuer({ http, seen }, current, signal));
    issuers.push(issuer);
    current = issuer;
  }
  return issuers;
}

interface IssuerSearch {
  readonly http: HttpClient;
  /** Every certificate that was given so far. */
  readonly seen: Certificate[];
}

/** Asks each place in turn; the failure of the last one is told. */
async function fetchIssuer(
  { http, seen }: IssuerSearch,
  certificate: Certificate,
  signal: AbortSignal,
): Promise<Certificate> {
  let failure = failed(certificate, 'does not say where its issuer is');
  for (const url of issuerUrls(certificate)) {
    const place = redactUrl(url.href);
    const found = await fetchCertificates(http, { certificate, url }, signal);
    if (found instanceof TaskError) {
      failure = found;
      continue;
    }
    seen.push(...found);
    const issuer = issuerAmong(found, certificate);
    if (issuer !== undefined) return issuer;
    failure = failed(certificate, `was not issued by what is at ${place}`);
  }
  throw failure;
}

/** What a place gives, else why it gives none. */
async function fetchCertificates(
  http: HttpClient,
  { certificate, url }: { readonly certificate: Certificate; readonly url: URL },
  signal: AbortSignal,
): Promise<readonly Certificate[] | TaskError> {
  const place = redactUrl(url.href);
  try {
    const { status, bytes } = await http.call(
      { method: 'GET', url, maxBytes: MAX_ANSWER_BYTES },
      { mayRepeat: true, signal },
    );
    if (status !== 200) return failed(certificate, `has no issuer at ${place}: ${status}`);
    return orThrow(parseCertificateSet(await loadAsn1(), bytes, place), {
      code: 'CERTIFICATE_INVALID',
      subject: `The issuer of ${certificate.subjectText}`,
      hint: HINT,
    });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TaskError) return error;
    throw error;
  }
}

function issuerAmong(
  candidates: readonly Certificate[],
  certificate: Certificate,
): Certificate | undefined {
  return candidates.find((candidate) => isIssuedBy(certificate, candidate));
}

/** The addresses in the authority information access of a certificate. */
function issuerUrls({ raw }: Certificate): readonly URL[] {
  const access = new X509Certificate(raw).infoAccess ?? '';
  return [...access.matchAll(/^CA Issuers - URI:(https?:\/\/\S+)$/gm)].flatMap(([, text = '']) =>
    URL.canParse(text) ? [new URL(text)] : [],
  );
}

function failed({ subjectText }: Certificate, what: string): TaskError {
  return new TaskError('CERTIFICATE_INVALID', `The certificate ${subjectText} ${what}.`, {
    hint: HINT,
  });
}
