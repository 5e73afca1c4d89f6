import { createHash, sign } from 'node:crypto';
import { definite, invariant } from '../../shared/core/errors.ts';
import { parseCertificate } from '../../shared/notary/certificate.ts';
import type { Certificate } from '../../shared/notary/certificate.ts';
import { extension } from './certificate-extensions.ts';
import type { Party, TestChain } from './certificates.ts';
import {
  NULL,
  bitString,
  der,
  integer,
  octetString,
  oid,
  sequence,
  time,
  unsigned,
} from './der.ts';

const HOUR_MS = 60 * 60 * 1000;

const BASIC_RESPONSE = '1.3.6.1.5.5.7.48.1.1';

/** How the answer of a responder differs from a good one about the leaf of a chain. */
export interface AnswerChanges {
  readonly state?: 'good' | 'revoked' | 'unknown';
  /** `broken`: something that is no time. */
  readonly invalidSince?: Date | 'broken';
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date | 'none';
  /** Whoever signs instead of the issuer. */
  readonly signer?: Party;
  readonly certificates?: readonly Uint8Array[];
  /** Certificate that the answer is about, instead of the leaf. */
  readonly about?: Uint8Array;
  readonly weak?: boolean;
  readonly criticalExtension?: boolean;
  /** How the answer names the certificate: by the hashes of other bytes, or with another hash. */
  readonly id?: {
    readonly issuerName?: Uint8Array;
    readonly issuerKey?: Uint8Array;
    readonly hash?: 'md5' | 'sha256';
  };
  /** What kind of answer it says it is; a basic one when not given. */
  readonly kind?: string;
}

/** Hashes that answers name certificates by. */
const ID_HASHES = {
  md5: '1.2.840.113549.2.5',
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
} as const;

/** The answer of a responder about the leaf of a chain. */
export function makeAnswer(chain: TestChain, changes: AnswerChanges = {}): Uint8Array {
  const issuer = definite(chain.parties[1], 'the issuer');
  const { signer = issuer, certificates = [], weak = false } = changes;
  const data = sequence(
    der(0xa1, issuer.name),
    generalized(new Date()),
    sequence(singleOf(chain, changes)),
  );
  const hash = weak ? 'sha1' : 'sha256';
  const basic = sequence(
    data,
    sequence(oid(weak ? '1.2.840.10045.4.1' : '1.2.840.10045.4.3.2')),
    bitString(sign(hash, data, signer.key)),
    ...(certificates.length === 0 ? [] : [der(0xa0, sequence(...certificates))]),
  );
  return sequence(
    der(0x0a, Uint8Array.of(0)),
    der(0xa0, sequence(oid(changes.kind ?? BASIC_RESPONSE), octetString(basic))),
  );
}

/** The answer of a responder that refuses. */
export function refuse(status: number): Uint8Array {
  return sequence(der(0x0a, Uint8Array.of(status)));
}

/** How a list differs from a good one that names nobody. */
export interface ListChanges {
  /** Certificates that are revoked; `reason` as RFC 5280 numbers them. */
  readonly revoked?: readonly RevokedEntry[];
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date | 'none';
  readonly signer?: Party;
  readonly weak?: boolean;
  readonly number?: number;
  /** Number of the list that this one changes. */
  readonly changesOf?: number;
  readonly deltaUrl?: string;
  /** An issuing distribution point in DER. */
  readonly scope?: Uint8Array;
  readonly criticalExtension?: boolean;
  /** 1 is version 2. */
  readonly version?: number;
  /** Say inside of the signature that it is by ECDSA over SHA-512. */
  readonly otherAlgorithm?: boolean;
  readonly withoutNumber?: boolean;
}

export interface RevokedEntry {
  readonly certificate: Uint8Array;
  readonly at?: Date;
  readonly reason?: number;
  readonly invalidSince?: Date;
  readonly criticalExtension?: boolean;
  readonly criticalReason?: boolean;
}

/** A list of revoked certificates by the issuer of a chain's leaf. */
export function makeList(chain: TestChain, changes: ListChanges = {}): Uint8Array {
  const { signer = definite(chain.parties[1], 'the issuer'), weak = false } = changes;
  const algorithm = sequence(oid(weak ? '1.2.840.10045.4.1' : '1.2.840.10045.4.3.2'));
  const stated = changes.otherAlgorithm === true ? sequence(oid('1.2.840.10045.4.3.4')) : algorithm;
  const list = sequence(
    integer(changes.version ?? 1),
    stated,
    signer.name,
    ...listFields(changes),
    der(0xa0, sequence(...listExtensions(changes))),
  );
  return sequence(list, algorithm, bitString(sign(weak ? 'sha1' : 'sha256', list, signer.key)));
}

function listFields({ revoked = [], ...changes }: ListChanges): readonly Uint8Array[] {
  const { nextUpdate = hoursFromNow(1), thisUpdate = hoursFromNow(-1) } = changes;
  return [
    time(thisUpdate),
    ...(nextUpdate === 'none' ? [] : [time(nextUpdate)]),
    ...(revoked.length === 0 ? [] : [sequence(...revoked.map(entryOf))]),
  ];
}

function listExtensions(changes: ListChanges): readonly Uint8Array[] {
  return [
    ...(changes.withoutNumber === true
      ? []
      : [extension('2.5.29.20', integer(changes.number ?? 5))]),
    ...(changes.changesOf === undefined
      ? []
      : [extension('2.5.29.27', integer(changes.changesOf), true)]),
    ...(changes.scope === undefined ? [] : [extension('2.5.29.28', changes.scope, true)]),
    ...(changes.deltaUrl === undefined
      ? []
      : [extension('2.5.29.46', sequence(sequence(urlNames(changes.deltaUrl))))]),
    ...(changes.criticalExtension === true ? [extension('1.2.3.4', NULL, true)] : []),
  ];
}

/** A distribution point name that holds URLs. */
export function urlNames(...urls: readonly string[]): Uint8Array {
  return der(0xa0, der(0xa0, ...urls.map((url) => der(0x86, Buffer.from(url)))));
}

/** The certificate of a chain, read. */
export function certificateIn(chain: TestChain, index: number): Certificate {
  const read = parseCertificate(definite(chain.chainDer[index], 'a certificate'), 'certificate');
  invariant(read.ok, 'the certificate of a test is one');
  return read.value;
}

function singleOf(chain: TestChain, changes: AnswerChanges): Uint8Array {
  const { nextUpdate = hoursFromNow(1), thisUpdate = hoursFromNow(-1), invalidSince } = changes;
  const extensions = [
    extension('1.2.3.5', NULL),
    ...(invalidSince === undefined
      ? []
      : [extension('2.5.29.24', invalidSince === 'broken' ? NULL : generalized(invalidSince))]),
    ...(changes.criticalExtension === true ? [extension('1.2.3.4', NULL, true)] : []),
  ];
  return sequence(
    idOf(chain, changes),
    stateOf(changes.state ?? 'good'),
    generalized(thisUpdate),
    ...(nextUpdate === 'none' ? [] : [der(0xa0, generalized(nextUpdate))]),
    der(0xa1, sequence(...extensions)),
  );
}

function idOf(chain: TestChain, { about, id = {} }: AnswerChanges): Uint8Array {
  const { rawSubject, rawPublicKey } = certificateIn(chain, 1);
  const certificate = parseCertificate(about ?? certificateIn(chain, 0).raw, 'certificate');
  invariant(certificate.ok, 'an answer is about a certificate');
  const { issuerName = rawSubject, issuerKey = rawPublicKey, hash = 'sha1' } = id;
  return sequence(
    sequence(oid(ID_HASHES[hash]), NULL),
    octetString(createHash(hash).update(issuerName).digest()),
    octetString(createHash(hash).update(issuerKey).digest()),
    der(0x02, certificate.value.serial),
  );
}

function stateOf(state: 'good' | 'revoked' | 'unknown'): Uint8Array {
  if (state === 'revoked') return der(0xa1, generalized(hoursFromNow(-2)));
  return der(state === 'good' ? 0x80 : 0x82);
}

function entryOf({ certificate, at, reason, invalidSince, ...rest }: RevokedEntry): Uint8Array {
  const read = parseCertificate(certificate, 'certificate');
  invariant(read.ok, 'an entry is about a certificate');
  const extensions = [
    ...(reason === undefined
      ? []
      : [extension('2.5.29.21', der(0x0a, Uint8Array.of(reason)), rest.criticalReason === true)]),
    ...(invalidSince === undefined ? [] : [extension('2.5.29.24', generalized(invalidSince))]),
    ...(rest.criticalExtension === true ? [extension('1.2.3.4', NULL, true)] : []),
  ];
  return sequence(
    unsigned(read.value.serial),
    time(at ?? hoursFromNow(-2)),
    ...(extensions.length === 0 ? [] : [sequence(...extensions)]),
  );
}

/** A time as many hours from now, in whole seconds. */
export function hoursFromNow(hours: number): Date {
  return new Date(Math.floor(Date.now() / 1000) * 1000 + hours * HOUR_MS);
}

function generalized(at: Date): Uint8Array {
  const text = at
    .toISOString()
    .replace(/[-:T]/g, '')
    .replace(/\.\d+Z$/, 'Z');
  return der(0x18, Buffer.from(text));
}
