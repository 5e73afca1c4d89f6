import { definite, invariant } from '../../../shared/core/errors.ts';
import { loadAsn1 } from '../../../shared/notary/asn1.ts';
import { checkChain } from '../../../shared/notary/certificate-chain.ts';
import { parseCertificateSet } from '../../../shared/notary/certificate-set.ts';
import { sameBytes } from '../../../shared/notary/certificate.ts';
import { parseCrl } from '../../../shared/notary/crl.ts';
import { statusByLists } from '../../../shared/notary/crl-status.ts';
import { parseEnvelope } from '../../../shared/notary/envelope.ts';
import { statusByResponder } from '../../../shared/notary/ocsp-response.ts';
import { parseCertificates } from '../../../shared/notary/pem.ts';
import { checkTimestamp } from '../../../shared/notary/timestamp-check.ts';
import { parseTimestampAnswer } from '../../../shared/notary/timestamp-request.ts';
import { parseTimestampToken } from '../../../shared/notary/timestamp-token.ts';
import { parseTrustPolicy } from '../../../shared/notary/trust-policy.ts';
import { verifyAgainstChain } from '../../../shared/notary/verify.ts';
import { messageOf, openMessageOf } from '../certificate-message.ts';
import { makeChain, makeStampingChain } from '../certificates.ts';
import { certificateIn, makeAnswer, makeList } from '../revocation.ts';
import { SUBJECT, makeEnvelope } from '../signatures.ts';
import { policyText } from '../signing.ts';
import { makeToken } from '../timestamps.ts';

/** Something that reads bytes from outside. */
export interface FuzzTarget {
  readonly name: string;
  readonly seeds: readonly Uint8Array[];
  /** Reads bytes that are one of the seeds, changed. Gives what must not be, if that is so; must not throw. */
  readonly read: (bytes: Uint8Array, seed: Uint8Array) => string | undefined;
}

/** Everything of signatures that reads bytes from outside. */
export async function fuzzTargets(): Promise<readonly FuzzTarget[]> {
  return [
    envelopeTarget('cose'),
    envelopeTarget('jws'),
    certificateTarget(),
    await certificateSetTarget(),
    ...(await timestampTargets()),
    ...(await revocationTargets()),
    policyTarget(),
  ];
}

function envelopeTarget(format: 'cose' | 'jws'): FuzzTarget {
  const chains = [makeChain(), makeChain({ keyType: 'RSA-2048', intermediates: 1 })];
  const made = chains.map((chain) => ({ chain, ...makeEnvelope(chain, format) }));
  return {
    name: format,
    seeds: made.map(({ bytes }) => bytes),
    read(bytes, seed) {
      const { chain, mediaType } = definite(
        made.find((one) => one.bytes === seed),
        'the seed',
      );
      const signature = { envelope: bytes, mediaType, subject: SUBJECT, now: new Date() };
      if (!verifyAgainstChain(signature, chain.chainDer).ok) return undefined;
      const [was, is] = [parseEnvelope(seed, mediaType), parseEnvelope(bytes, mediaType)];
      invariant(was.ok && is.ok, 'what verifies can be read');
      // What signs nothing may change: only what was signed must be the same.
      const isSame =
        sameBytes(was.value.signingInput, is.value.signingInput) &&
        sameBytes(was.value.signature, is.value.signature);
      return isSame ? undefined : 'a changed signature verifies';
    },
  };
}

function certificateTarget(): FuzzTarget {
  const chain = makeChain({
    intermediates: 1,
    leaf: { ocspUrl: 'http://ocsp.example/', crlUrl: 'http://crl.example/a.crl' },
  });
  const leaf = definite(chain.chainDer[0], 'the leaf');
  return {
    name: 'certificate',
    seeds: [leaf, Buffer.from(chain.chainPem)],
    read(bytes, seed) {
      parseCertificates(bytes, 'file');
      const accepted = seed === leaf && checkChain([bytes, ...chain.chainDer.slice(1)], 'chain').ok;
      return accepted && !sameBytes(bytes, leaf) ? 'a changed certificate is accepted' : undefined;
    },
  };
}

async function certificateSetTarget(): Promise<FuzzTarget> {
  const asn1 = await loadAsn1();
  const { chainDer } = makeChain({ intermediates: 1 });
  return {
    name: 'certificate set',
    seeds: [messageOf(chainDer), openMessageOf(chainDer)],
    read(bytes) {
      parseCertificateSet(asn1, bytes, 'issuers');
      return undefined;
    },
  };
}

async function timestampTargets(): Promise<readonly FuzzTarget[]> {
  const asn1 = await loadAsn1();
  const authority = makeStampingChain({ intermediates: 1 });
  const stamped = Buffer.from('a signature');
  const seed = makeToken(authority, stamped, { nonce: Uint8Array.of(1), accuracySeconds: 1 });
  const roots = parseCertificates(Buffer.from(authority.rootPem), 'root');
  const good = parseTimestampToken(asn1, seed);
  invariant(roots.ok && good.ok, 'the seeds are good');
  const question = { signature: stamped, hash: 'sha256', nonce: Uint8Array.of(1) } as const;
  return [
    {
      name: 'timestamp token',
      seeds: [seed],
      read(bytes) {
        const token = parseTimestampToken(asn1, bytes);
        if (!token.ok) return undefined;
        const stamp = checkTimestamp(token.value, { signature: stamped, roots: roots.value });
        if (!stamp.ok) return undefined;
        const isSame =
          sameBytes(token.value.signed.content, good.value.signed.content) &&
          stamp.value.time.getTime() === good.value.time.getTime();
        return isSame ? undefined : 'a changed timestamp holds';
      },
    },
    {
      name: 'timestamp answer',
      seeds: [Buffer.concat([Buffer.from('3082', 'hex'), lengthOf(seed), GRANTED, seed])],
      read(bytes) {
        parseTimestampAnswer(asn1, bytes, question);
        return undefined;
      },
    },
  ];
}

/** PKIStatusInfo: granted. */
const GRANTED = Buffer.from('3003020100', 'hex');

function lengthOf(token: Uint8Array): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(token.byteLength + GRANTED.byteLength);
  return length;
}

async function revocationTargets(): Promise<readonly FuzzTarget[]> {
  const asn1 = await loadAsn1();
  const url = 'http://crl.example/a.crl';
  const chain = makeChain({ leaf: { crlUrl: url } });
  const [certificate, issuer] = [certificateIn(chain, 0), certificateIn(chain, 1)];
  const question = { certificate, issuer, now: new Date() };
  const entry = { certificate: certificate.raw, reason: 1 };
  return [
    {
      name: 'OCSP',
      seeds: [
        makeAnswer(chain, { state: 'revoked', certificates: chain.chainDer }),
        makeAnswer(chain, { state: 'unknown' }),
      ],
      read: (bytes) =>
        statusByResponder(asn1, bytes, question).kind === 'good'
          ? 'a changed answer says good'
          : undefined,
    },
    {
      name: 'CRL',
      seeds: [makeList(chain, { revoked: [entry], deltaUrl: url })],
      read(bytes) {
        const list = parseCrl(bytes);
        if (!list.ok) return undefined;
        const { kind } = statusByLists({ base: list.value }, question);
        return kind === 'good' ? 'a changed list says good' : undefined;
      },
    },
  ];
}

function policyTarget(): FuzzTarget {
  return {
    name: 'trust policy',
    seeds: [Buffer.from(policyText('*')), Buffer.from(policyText('r.example/a', 'r.example/b'))],
    read(bytes) {
      parseTrustPolicy(bytes, 'trustpolicy.json');
      return undefined;
    },
  };
}
