import { parsed, problem, allOf } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { decodeBase64 } from './base64.ts';
import { parseCertificate } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import { DerError, DerTag, readDerList } from './der.ts';

const BEGIN = '-----BEGIN CERTIFICATE-----';
const END = '-----END CERTIFICATE-----';

/** Every certificate of a file in PEM or DER, in its order; other text and other PEM blocks are passed over. */
export function parseCertificates(bytes: Uint8Array, path: string): Parsed<readonly Certificate[]> {
  const ders = bytes[0] === DerTag.sequence ? splitDer(bytes, path) : splitPem(bytes, path);
  if (!ders.ok) return ders;
  if (ders.value.length === 0) return problem(path, 'holds no certificate in PEM or DER');
  return allOf(ders.value.map((der) => parseCertificate(der, path)));
}

function splitDer(bytes: Uint8Array, path: string): Parsed<readonly Uint8Array[]> {
  try {
    return parsed(readDerList(bytes).map(({ raw }) => raw));
  } catch (error) {
    const reason = error instanceof DerError ? error.message : '';
    return problem(path, `is not a list of certificates in DER: it ${reason}`);
  }
}

function splitPem(bytes: Uint8Array, path: string): Parsed<readonly Uint8Array[]> {
  const [, ...blocks] = Buffer.from(bytes).toString('latin1').split(BEGIN);
  return allOf(
    blocks.map((block) => {
      const end = block.indexOf(END);
      const der = end < 0 ? undefined : decodeBase64(block.slice(0, end).replace(/\s+/g, ''));
      return der === undefined ? problem(path, 'has a broken PEM certificate') : parsed(der);
    }),
  );
}
