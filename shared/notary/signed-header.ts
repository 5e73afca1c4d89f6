import { parsed, problem, problems } from '../core/result.ts';
import type { Parsed, Problem } from '../core/result.ts';
import { neutralise } from '../core/text.ts';
import type { SignatureAlgorithm } from './key-spec.ts';
import { PAYLOAD_TYPE } from './payload.ts';

/** Who vouches for the time of signing: the signer with a time stamp, or an authority that signs itself. */
export type SigningScheme = 'notary.x509' | 'notary.x509.signingAuthority';

/** An attribute that the Notary Project does not define, as the signer put it. */
export interface ExtendedAttribute {
  readonly name: string;
  /** Whether a verifier that does not know it must refuse the signature. */
  readonly critical: boolean;
  readonly value: unknown;
}

/** What a signature says about itself, under its own protection. */
export interface SignedAttributes {
  readonly scheme: SigningScheme;
  /** Claimed by the signer; with the scheme `signingAuthority`, vouched for by it. Whole seconds. */
  readonly signingTime: Date;
  /** When the signature ends; absent: never. */
  readonly expiry?: Date;
  readonly extended: readonly ExtendedAttribute[];
}

/** The protected header of an envelope. */
export interface SignedHeader {
  readonly algorithm: SignatureAlgorithm;
  readonly attributes: SignedAttributes;
}

/**
 * Names of header parameters.
 *
 * @see https://github.com/notaryproject/specifications/blob/v1.1.0/specs/signature-specification.md#signed-attributes
 */
export const HeaderName = {
  scheme: 'io.cncf.notary.signingScheme',
  signingTime: 'io.cncf.notary.signingTime',
  authenticSigningTime: 'io.cncf.notary.authenticSigningTime',
  expiry: 'io.cncf.notary.expiry',
  signingAgent: 'io.cncf.notary.signingAgent',
  timestamp: 'io.cncf.notary.timestampSignature',
} as const;

/** A protected header as one of the formats spells it. */
export interface HeaderSource {
  readonly values: ReadonlyMap<unknown, unknown>;
  /** What the format calls its own parameters. */
  readonly names: {
    readonly algorithm: unknown;
    readonly critical: unknown;
    readonly type: unknown;
  };
  /** Known parameters that a header may mark as critical though it need not. */
  readonly markable: readonly unknown[];
  /** Reads the format's name of an algorithm; absent when Notary signatures do not have it. */
  readonly algorithm: (value: unknown) => SignatureAlgorithm | undefined;
  /** Reads the format's form of a time; absent when it is not one. */
  readonly time: (value: unknown) => Date | undefined;
}

/** Where the problems of a protected header are. */
const PATH = 'protected';

/** Real headers have about six parameters; longer ones are made to keep verifiers busy. */
const MAX_PARAMETERS = 64;

/** The header parameter in which a scheme keeps its signing time. */
export function timeNameOf(scheme: SigningScheme): string {
  return scheme === 'notary.x509' ? HeaderName.signingTime : HeaderName.authenticSigningTime;
}

/** Reads and checks a protected header: what must be there, what must not, and what must be marked critical. */
export function parseSignedHeader(source: HeaderSource): Parsed<SignedHeader> {
  const { values, names } = source;
  if (values.size > MAX_PARAMETERS)
    return problem(PATH, `has more than ${MAX_PARAMETERS} parameters`);
  const algorithm = source.algorithm(values.get(names.algorithm));
  const scheme = parseScheme(values.get(HeaderName.scheme));
  const found: Problem[] = [];
  const check = (holds: boolean, message: string): void => {
    if (!holds) found.push({ path: PATH, message });
  };
  check(algorithm !== undefined, 'names an algorithm that Notary signatures do not have');
  check(values.get(names.type) === PAYLOAD_TYPE, `has a content type that is not ${PAYLOAD_TYPE}`);
  check(scheme !== undefined, 'names no signing scheme that is known');
  if (algorithm === undefined || scheme === undefined) return problems(found);
  const critical = parseCritical(source, scheme);
  if (!critical.ok) return problems([...found, ...critical.problems]);
  const signingTime = source.time(values.get(timeNameOf(scheme)));
  const expiry = source.time(values.get(HeaderName.expiry));
  check(signingTime !== undefined, `has no ${timeNameOf(scheme)} in the form of its format`);
  check(!values.has(otherTimeName(scheme)), `has ${otherTimeName(scheme)}, not of its scheme`);
  check(expiry !== undefined || !values.has(HeaderName.expiry), 'has a broken expiry');
  const ends = signingTime === undefined || expiry === undefined || expiry > signingTime;
  check(ends, 'expires before it was signed');
  if (signingTime === undefined || found.length > 0) return problems(found);
  const extended = readExtended(source, critical.value);
  const attributes = { scheme, signingTime, ...(expiry === undefined ? {} : { expiry }), extended };
  return parsed({ algorithm, attributes });
}

function parseScheme(value: unknown): SigningScheme | undefined {
  return value === 'notary.x509' || value === 'notary.x509.signingAuthority' ? value : undefined;
}

function otherTimeName(scheme: SigningScheme): string {
  return timeNameOf(scheme === 'notary.x509' ? 'notary.x509.signingAuthority' : 'notary.x509');
}

/** Parameters that a header must mark as critical. */
function mandatory(source: HeaderSource, scheme: SigningScheme): readonly string[] {
  return [
    HeaderName.scheme,
    ...(scheme === 'notary.x509' ? [] : [HeaderName.authenticSigningTime]),
    ...(source.values.has(HeaderName.expiry) ? [HeaderName.expiry] : []),
  ];
}

function parseCritical(source: HeaderSource, scheme: SigningScheme): Parsed<ReadonlySet<unknown>> {
  const value = source.values.get(source.names.critical);
  if (!isNameList(value)) return problem(PATH, 'has no list of critical parameters');
  if (value.length > MAX_PARAMETERS) {
    return problem(PATH, `marks more than ${MAX_PARAMETERS} parameters as critical`);
  }
  const marked: ReadonlySet<unknown> = new Set(value);
  const required = mandatory(source, scheme);
  const markable = source.markable.filter((name) => source.values.has(name));
  const allowed = new Set([...required, ...markable, ...extendedNames(source)]);
  const found = [
    ...required.filter((name) => !marked.has(name)).map((name) => `does not mark ${name}`),
    ...value
      .filter((name) => !allowed.has(name))
      .map((name) => `marks ${neutralise(String(name))}, which it does not have or must not mark`),
    ...(marked.size === value.length ? [] : ['marks a parameter twice']),
  ];
  if (found.length === 0) return parsed(marked);
  return problems(found.map((fault) => ({ path: PATH, message: `${fault} as critical` })));
}

/** Names are text, in COSE also numbers. */
function isNameList(value: unknown): value is readonly (string | number)[] {
  const isName = (it: unknown): boolean => typeof it === 'string' || Number.isSafeInteger(it);
  return Array.isArray(value) && value.length > 0 && value.every(isName);
}

/** Names in the header that neither the format nor the Notary Project defines. */
function extendedNames({ values, names }: HeaderSource): readonly unknown[] {
  const known = new Set<unknown>([...Object.values(names), ...Object.values(HeaderName)]);
  return [...values.keys()].filter((name) => !known.has(name));
}

function readExtended(
  source: HeaderSource,
  critical: ReadonlySet<unknown>,
): readonly ExtendedAttribute[] {
  return extendedNames(source).map((name) => ({
    name: String(name),
    critical: critical.has(name),
    value: source.values.get(name),
  }));
}
