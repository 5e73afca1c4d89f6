import { constants, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { extensionsOf } from './certificate-extensions.ts';
import type { ProfileOptions } from './certificate-extensions.ts';
import { NULL, bitString, der, integer, oid, sequence, set, time, unsigned, utf8 } from './der.ts';

export type KeyType = 'RSA-2048' | 'RSA-3072' | 'RSA-4096' | 'EC-256' | 'EC-384' | 'EC-521';

/** What the certificates of a chain are to be; whatever is not said is as a good signing chain has it. */
export interface ChainOptions {
  readonly keyType?: KeyType;
  /** Attributes of the leaf's subject in their order; a list of values is the attribute so many times. */
  readonly subject?: Readonly<Record<string, string | readonly string[]>>;
  /** 0: the root issues the leaf. */
  readonly intermediates?: 0 | 1;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly leaf?: LeafOptions;
  /** Changes to the certificates that issue. */
  readonly authority?: ProfileOptions;
  readonly authorityKey?: KeyObject; // of the issuers, new ones when not given
  /** How issuers sign certificates, ECDSA with SHA-256 unless told otherwise. */
  readonly signedWith?: IssuerAlgorithm;
}

export type IssuerAlgorithm = 'ecdsa-sha1' | 'ecdsa-sha256' | 'pss-sha1' | 'pss-sha256';

export interface LeafOptions extends ProfileOptions {
  /** Sign with another kind of key than Notary knows. */
  readonly key?: KeyObject;
  readonly selfSigned?: boolean;
}

/** A chain made for a test or a demonstration; its keys exist nowhere else. */
export interface TestChain {
  /** PKCS#8. */
  readonly leafKeyPem: string;
  readonly leafKey: KeyObject;
  /** Leaf first, root last. */
  readonly chainPem: string;
  readonly rootPem: string;
  readonly chainDer: readonly Uint8Array[];
  /** Who the certificates are of, leaf first. */
  readonly parties: readonly Party[];
}

/** Somebody with a name, in DER, and a private key. */
export interface Party {
  readonly name: Uint8Array;
  readonly key: KeyObject;
}

const SUBJECT = { C: 'US', ST: 'WA', L: 'Redmond', O: 'Contoso', CN: 'Image Signer' };

const ATTRIBUTES: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  O: '2.5.4.10',
  OU: '2.5.4.11',
};
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';
const DAY_MS = 24 * 60 * 60 * 1000;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';

const SIGNER: ProfileOptions = { keyUsage: [0], extendedKeyUsage: [CODE_SIGNING] };
const AUTHORITY: ProfileOptions = { keyUsage: [5, 6], ca: true };

interface CertificateSignature {
  readonly hash: 'sha1' | 'sha256';
  readonly algorithm: Uint8Array;
  readonly options: { readonly padding?: number; readonly saltLength?: number };
}

/** Who is certified by whom, and as what. */
export interface Certification {
  readonly subject: Party;
  readonly issuer: Party;
  readonly profile: ProfileOptions;
  /** Validity and algorithm. */
  readonly options: ChainOptions;
}

/** Makes a certificate chain with new keys; valid from yesterday for a year unless told otherwise. */
export function makeChain(options: ChainOptions = {}): TestChain {
  const { keyType = 'EC-256', subject = SUBJECT, intermediates = 0, leaf = {} } = options;
  const signer = { name: nameOf(subject), key: leaf.key ?? makeKey(keyType) };
  const issuerKeyType = options.signedWith?.startsWith('pss') === true ? 'RSA-2048' : 'EC-256';
  const issuerKey = options.authorityKey ?? issuerKeyType;
  const authorities = makeAuthorities(leaf.selfSigned === true ? -1 : intermediates, issuerKey);
  const parties = [signer, ...authorities];
  const chainDer = parties.map((party, index) =>
    certify({
      subject: party,
      issuer: parties[index + 1] ?? party,
      profile: index === 0 ? { ...SIGNER, ...leaf } : { ...AUTHORITY, ...options.authority },
      options,
    }),
  );
  const pems = chainDer.map((bytes) => pemOf('CERTIFICATE', bytes));
  return {
    leafKeyPem: signer.key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    leafKey: signer.key,
    chainPem: pems.join(''),
    rootPem: pems.at(-1) ?? '',
    chainDer,
    parties,
  };
}

/** A certificate and key that the issuer of a chain's leaf gave to somebody else. */
export function issueBeside(
  { parties }: TestChain,
  profile: ProfileOptions,
  options: ChainOptions = {},
): Party & { readonly certificate: Uint8Array } {
  const subject = { name: nameOf({ C: 'US', O: 'Contoso', CN: 'Beside' }), key: makeKey('EC-256') };
  const issuer = parties[1] ?? subject;
  return { ...subject, certificate: certify({ subject, issuer, profile, options }) };
}

/** A chain for a TLS server of hosts, or for a client of one when there are none. */
export function makeTlsChain(hosts: readonly string[] = []): TestChain {
  const extendedKeyUsage = [hosts.length === 0 ? CLIENT_AUTH : SERVER_AUTH];
  return makeChain({ leaf: { extendedKeyUsage, hosts } });
}

/** A chain of a time stamping authority. */
export function makeStampingChain({ leaf, ...options }: ChainOptions = {}): TestChain {
  return makeChain({
    subject: { C: 'US', O: 'Contoso', CN: 'Time Stamping' },
    ...options,
    leaf: { extendedKeyUsage: [TIME_STAMPING], extendedKeyUsageCritical: true, ...leaf },
  });
}

/** A new private key of a kind. */
export function makeKey(keyType: KeyType): KeyObject {
  const size = Number(keyType.slice(keyType.indexOf('-') + 1));
  return keyType.startsWith('RSA')
    ? generateKeyPairSync('rsa', { modulusLength: size }).privateKey
    : generateKeyPairSync('ec', { namedCurve: `P-${size}` }).privateKey;
}

/** Bytes as a PEM block. */
export function pemOf(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/** Issuers above the leaf, the root last; none for -1. Their keys are small, as they are not what is tested. */
function makeAuthorities(intermediates: -1 | 0 | 1, key: KeyType | KeyObject): readonly Party[] {
  const names = ['Test Intermediate', 'Test Root'].slice(1 - intermediates);
  return names.map((CN) => ({
    name: nameOf({ C: 'US', O: 'Contoso', CN }),
    key: typeof key === 'string' ? makeKey(key) : key,
  }));
}

/** A certificate in DER with a new serial number. */
export function certify({ subject, issuer, profile, options }: Certification): Uint8Array {
  const now = Date.now();
  const { notBefore = new Date(now - DAY_MS), notAfter = new Date(now + 365 * DAY_MS) } = options;
  const signature = describeAlgorithm(issuer.key, options.signedWith ?? 'ecdsa-sha256');
  const { algorithm } = signature;
  const serial = randomBytes(profile.serialBytes ?? 16);
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f);
  const tbs = sequence(
    der(0xa0, integer(2)),
    unsigned(serial),
    algorithm,
    issuer.name,
    sequence(time(notBefore), time(notAfter)),
    subject.name,
    createPublicKey(subject.key).export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensionsOf(profile))),
  );
  const value = sign(signature.hash, tbs, { key: issuer.key, ...signature.options });
  return sequence(tbs, algorithm, bitString(value));
}

/** An AlgorithmIdentifier, and how node:crypto makes such a signature. */
function describeAlgorithm(key: KeyObject, signedWith: IssuerAlgorithm): CertificateSignature {
  const hash = signedWith.endsWith('sha1') ? 'sha1' : 'sha256';
  if (signedWith.startsWith('pss')) {
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
    const algorithm = sequence(oid('1.2.840.113549.1.1.10'), pssParameters(hash));
    return { hash, algorithm, options: { padding, saltLength } };
  }
  if (key.asymmetricKeyType === 'rsa') {
    const algorithm = sequence(oid(`1.2.840.113549.1.1.${hash === 'sha1' ? 5 : 11}`), NULL);
    return { hash, algorithm, options: {} };
  }
  const algorithm = sequence(oid(hash === 'sha1' ? '1.2.840.10045.4.1' : '1.2.840.10045.4.3.2'));
  return { hash, algorithm, options: {} };
}

/** RSASSA-PSS-params of RFC 4055; SHA-1 is what they mean when they say nothing. */
function pssParameters(hash: 'sha1' | 'sha256'): Uint8Array {
  if (hash === 'sha1') return sequence();
  const sha256 = sequence(oid('2.16.840.1.101.3.4.2.1'), NULL);
  const mask = sequence(oid('1.2.840.113549.1.1.8'), sha256);
  return sequence(der(0xa0, sha256), der(0xa1, mask), der(0xa2, integer(32)));
}

function nameOf(attributes: NonNullable<ChainOptions['subject']>): Uint8Array {
  return sequence(
    ...Object.entries(attributes).flatMap(([type, values]) =>
      [values].flat().map((value) => set(sequence(oid(ATTRIBUTES[type] ?? type), utf8(value)))),
    ),
  );
}
