import { createHash, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { definite, invariant } from '../../shared/core/errors.ts';
import { parseCertificate } from '../../shared/notary/certificate.ts';
import { DerTag, readChildren, readDer } from '../../shared/notary/der.ts';
import type { TestChain } from './certificates.ts';
import { NULL, der, integer, octetString, oid, sequence, set, unsigned } from './der.ts';

/** How a token differs from a good one. */
export interface TokenChanges {
  readonly time?: Date;
  /** Text of the time as it is written, instead of `time`. */
  readonly timeText?: string;
  readonly accuracySeconds?: number;
  /** Write the signed attributes in another order than they are signed in. */
  readonly unsorted?: boolean;
  readonly policy?: string;
  readonly version?: number;
  readonly nonce?: Uint8Array;
  /** The imprint in DER, instead of one of the stamped bytes. */
  readonly imprint?: Uint8Array;
  /** Hash that is stamped, and hash that the token is signed with. */
  readonly imprintHash?: TokenHash;
  readonly signedHash?: TokenHash;
  /** Certificates in the token; the whole chain when not given. */
  readonly certificates?: readonly Uint8Array[];
  /** Certificate that the token is bound to; `none` leaves the attribute out. */
  readonly bound?: Uint8Array | 'none';
  /** Sign other content than the token holds. */
  readonly otherContent?: boolean;
  /** Leave out the signature altogether. */
  readonly unsigned?: boolean;
  /** Versions of the signed data and of its signer: 3 and 1 unless told otherwise. */
  readonly dataVersion?: number;
  readonly signerVersion?: number;
  /** What the content is said to be; a timestamp unless told otherwise. */
  readonly contentType?: string;
  readonly withoutContent?: boolean;
  /** Changes the signed attributes before they are signed; `none` leaves them out. */
  readonly attributes?: ((own: readonly Uint8Array[]) => readonly Uint8Array[]) | 'none';
  /** An ESSCertIDv2 in DER, instead of one of `bound`. */
  readonly boundId?: Uint8Array;
  /** Accuracy in DER, instead of `accuracySeconds`. */
  readonly accuracy?: Uint8Array;
  /** Whoever signs instead of the authority. */
  readonly forger?: KeyObject;
}

type TokenHash = 'sha1' | 'sha256' | 'sha384' | 'sha512';

const HASH_OIDS: Readonly<Record<TokenHash, string>> = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
};

const RSA_OIDS: Readonly<Record<TokenHash, string>> = {
  sha1: '1.2.840.113549.1.1.5',
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
};

const ECDSA_OIDS: Readonly<Record<TokenHash, string>> = {
  sha1: '1.2.840.10045.4.1',
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
};

const TIMESTAMP_INFO = '1.2.840.113549.1.9.16.1.4';
const SIGNED_DATA = '1.2.840.113549.1.7.2';

/** A timestamp token over bytes, as an authority makes it. */
export function makeToken(
  authority: TestChain,
  stamped: Uint8Array,
  changes: TokenChanges = {},
): Uint8Array {
  const { signedHash = 'sha256', certificates = authority.chainDer } = changes;
  const { contentType = TIMESTAMP_INFO } = changes;
  const info = infoOf(stamped, changes);
  const digest = sequence(oid(HASH_OIDS[signedHash]), NULL);
  const signers = changes.unsigned === true ? [] : [signerOf(authority, info, changes)];
  return sequence(
    oid(SIGNED_DATA),
    der(
      0xa0,
      sequence(
        integer(changes.dataVersion ?? 3),
        set(digest),
        changes.withoutContent === true
          ? sequence(oid(contentType))
          : sequence(oid(contentType), der(0xa0, octetString(info))),
        der(0xa0, ...certificates),
        set(...signers),
      ),
    ),
  );
}

/** The answer of an authority to a request in DER. */
export function answerRequest(
  authority: TestChain,
  request: Uint8Array,
  changes: TokenChanges = {},
): Uint8Array {
  const fields = readChildren(readDer(request), DerTag.sequence);
  const [algorithm, hashed] = readChildren(fields[1], DerTag.sequence);
  const nonce = fields.find(({ tag }, index) => index > 1 && tag === DerTag.integer);
  invariant(algorithm !== undefined && hashed !== undefined, 'a request has an imprint');
  const token = makeToken(authority, new Uint8Array(), {
    ...(nonce === undefined ? {} : { nonce: nonce.content }),
    ...changes,
    imprint: sequence(algorithm.raw, hashed.raw),
  });
  return sequence(sequence(integer(0)), token);
}

/** The answer of an authority that refuses. */
export function refusal(status: number, text: string): Uint8Array {
  return sequence(sequence(integer(status), sequence(der(0x0c, Buffer.from(text)))));
}

function infoOf(stamped: Uint8Array, changes: TokenChanges): Uint8Array {
  const { imprintHash = 'sha256', time = new Date(), accuracySeconds, nonce } = changes;
  const imprint =
    changes.imprint ??
    sequence(
      sequence(oid(HASH_OIDS[imprintHash]), NULL),
      octetString(createHash(imprintHash).update(stamped).digest()),
    );
  return sequence(
    integer(changes.version ?? 1),
    oid(changes.policy ?? '1.2.3.4'),
    imprint,
    integer(77),
    der(0x18, Buffer.from(changes.timeText ?? textOf(time))),
    ...(changes.accuracy === undefined ? [] : [changes.accuracy]),
    ...(accuracySeconds === undefined ? [] : [sequence(integer(accuracySeconds))]),
    ...(nonce === undefined ? [] : [unsigned(nonce)]),
  );
}

/** DER writes fractions without zeros at their end. */
function textOf(time: Date): string {
  return time
    .toISOString()
    .replace(/[-:T]/g, '')
    .replace(/(\.\d*[1-9])?\.?0*Z$/, '$1Z');
}

function signerOf(authority: TestChain, info: Uint8Array, changes: TokenChanges): Uint8Array {
  const { signedHash = 'sha256' } = changes;
  const leaf = parseCertificate(definite(authority.chainDer[0], 'the leaf'), 'leaf');
  invariant(leaf.ok, 'the leaf of a test is a certificate');
  const content = changes.otherContent === true ? Buffer.from('other') : info;
  const own = [
    attribute('1.2.840.113549.1.9.3', oid(TIMESTAMP_INFO)),
    attribute('1.2.840.113549.1.9.4', octetString(createHash(signedHash).update(content).digest())),
    ...bindingOf(changes.bound ?? leaf.value.raw, changes.boundId),
  ];
  const { attributes: change } = changes;
  const chosen = change === 'none' ? [] : (change?.(own) ?? own);
  const attributes = [...chosen].sort((one, other) => Buffer.compare(one, other));
  const oids = authority.leafKey.asymmetricKeyType === 'rsa' ? RSA_OIDS : ECDSA_OIDS;
  const signed = change === 'none' ? content : set(...attributes);
  return sequence(
    integer(changes.signerVersion ?? 1),
    sequence(leaf.value.rawIssuer, der(DerTag.integer, leaf.value.serial)),
    sequence(oid(HASH_OIDS[signedHash]), NULL),
    ...(change === 'none' ? [] : [der(0xa0, ...inOrder(attributes, changes))]),
    sequence(oid(oids[signedHash])),
    octetString(sign(signedHash, signed, changes.forger ?? authority.leafKey)),
  );
}

function inOrder(
  attributes: readonly Uint8Array[],
  { unsorted }: TokenChanges,
): readonly Uint8Array[] {
  return unsorted === true ? attributes.toReversed() : attributes;
}

function bindingOf(bound: Uint8Array | 'none', id?: Uint8Array): readonly Uint8Array[] {
  if (bound === 'none') return [];
  const first = id ?? sequence(octetString(createHash('sha256').update(bound).digest()));
  return [attribute('1.2.840.113549.1.9.16.2.47', sequence(sequence(first)))];
}

/** The identifier of a certificate by a hash that it names. */
export function boundBy(hash: TokenHash, certificate: Uint8Array): Uint8Array {
  const value = createHash(hash).update(certificate).digest();
  return sequence(sequence(oid(HASH_OIDS[hash]), NULL), octetString(value));
}

/** One signed attribute with its values. */
export function attribute(type: string, ...values: readonly Uint8Array[]): Uint8Array {
  return sequence(oid(type), set(...values));
}
