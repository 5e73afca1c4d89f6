import { X509Certificate } from 'node:crypto';
import { TaskError } from '../core/errors.ts';
import { orThrow } from '../core/result.ts';
import { redactUrl } from '../core/text.ts';
import { isIssuedBy, isSelfSigned } from '../notary/certificate.ts';
import type { Certificate } from '../notary/certificate.ts';
import { parseCertificates } from '../notary/pem.ts';
import type { HttpClient } from '../ports/http.ts';

/** More issuers than any real chain has. */
const MAX_ISSUERS = 6;

/** A certificate is one to three kilobytes; some servers give bundles. */
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
  let current = leaf;
  while (!isSelfSigned(current)) {
    if (issuers.length === MAX_ISSUERS) {
      throw failed(leaf, `has more than ${MAX_ISSUERS} issuers`);
    }
    current = await fetchIssuer(http, current, signal);
    issuers.push(current);
  }
  return issuers;
}

async function fetchIssuer(
  http: HttpClient,
  certificate: Certificate,
  signal: AbortSignal,
): Promise<Certificate> {
  const [url] = issuerUrls(certificate);
  if (url === undefined) throw failed(certificate, 'does not say where its issuer is');
  const { status, bytes } = await http.call(
    { method: 'GET', url, maxBytes: MAX_ANSWER_BYTES },
    { mayRepeat: true, signal },
  );
  const place = redactUrl(url.href);
  if (status !== 200) throw failed(certificate, `has no issuer at ${place}: ${status}`);
  const found = orThrow(parseCertificates(bytes, place), {
    code: 'CERTIFICATE_INVALID',
    subject: `The issuer of ${certificate.subjectText}`,
    hint: HINT,
  });
  const issuer = found.find((candidate) => isIssuedBy(certificate, candidate));
  if (issuer === undefined) throw failed(certificate, `was not issued by what is at ${place}`);
  return issuer;
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
