import { parsed, problem, problems } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { neutralise } from '../core/text.ts';
import type { NameAttribute } from './distinguished-name.ts';

/** A trusted identity: attributes that a subject must have, by type, e.g. `C` → `US`. */
export type Identity = ReadonlyMap<string, string>;

/** The only kind of identity that trust policies know besides `*`. */
const SUBJECT_PREFIX = 'x509.subject:';

/** Attributes without which a name says too little. */
const MANDATORY = ['C', 'ST', 'O'] as const;

/** One `type=value`, the value with its escapes as RFC 4514 has them, up to a comma or the end. */
const ATTRIBUTE =
  /^ *([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+) *= *((?:\\(?:[0-9A-Fa-f]{2}|[ "#+,;<=>\\])|[^\\,+";<>])*)(?:,|$)/s;

/** One character of a value, or one escape: `\2C` or `\,`. */
const UNIT = /\\[0-9A-Fa-f]{2}|\\.|[^\\]/gsu;

const HEX_PAIR = /^[0-9A-Fa-f]{2}$/;

/**
 * A trusted identity from its text, e.g. `x509.subject: C=US, ST=WA, O=Contoso`.
 *
 * @see https://github.com/notaryproject/specifications/blob/v1.1.0/specs/trust-store-trust-policy.md#trusted-identities-constraints
 */
export function parseIdentity(text: string, path: string): Parsed<Identity> {
  if (!text.startsWith(SUBJECT_PREFIX))
    return problem(path, `does not begin with ${SUBJECT_PREFIX}`);
  const attributes = new Map<string, string>();
  let rest = text.slice(SUBJECT_PREFIX.length);
  do {
    const match = ATTRIBUTE.exec(rest);
    if (match === null) return problem(path, `is not a distinguished name: ${neutralise(rest)}`);
    const [whole, rawType = '', rawValue = ''] = match;
    const type = canonicalType(rawType);
    if (attributes.has(type)) return problem(path, `names ${type} twice`);
    if (rawValue.startsWith('#')) return problem(path, `has a value in hex for ${type}`);
    attributes.set(type, readValue(rawValue));
    rest = rest.slice(whole.length);
    if (rest === '' && whole.endsWith(',')) return problem(path, 'ends with a comma');
  } while (rest !== '');
  const missing = MANDATORY.filter((type) => (attributes.get(type) ?? '') === '');
  return missing.length === 0
    ? parsed(attributes)
    : problems(missing.map((type) => ({ path, message: `does not name ${type}` })));
}

/** Whether a subject has every attribute of an identity, once and with the same value. */
export function matchesIdentity(subject: readonly NameAttribute[], identity: Identity): boolean {
  return (
    repeatedTypes(subject, identity).length === 0 &&
    [...identity].every(([type, value]) =>
      subject.some((attribute) => attribute.type === type && attribute.value === value),
    )
  );
}

/** Types that an identity names and a subject has more than once, e.g. `O`: nothing says which value counts. */
export function repeatedTypes(
  subject: readonly NameAttribute[],
  identity: Identity,
): readonly string[] {
  return [...identity.keys()].filter(
    (wanted) => subject.filter(({ type }) => type === wanted).length > 1,
  );
}

/** Whether every subject of one identity is also one of the other. */
export function overlaps(one: Identity, other: Identity): boolean {
  const [small, large] = one.size <= other.size ? [one, other] : [other, one];
  return [...small].every(([type, value]) => large.get(type) === value);
}

/** `S` is an old name of `ST`; the case of types means nothing. */
function canonicalType(type: string): string {
  const upper = type.toUpperCase();
  return upper === 'S' ? 'ST' : upper;
}

/** Escapes in hex are bytes of UTF-8; blanks at the end do not count unless they are escaped. */
function readValue(raw: string): string {
  const units = raw.match(UNIT) ?? [];
  const end = units.findLastIndex((unit) => unit.trim() !== '') + 1;
  const bytes = units.slice(0, end).map((unit) => {
    if (!unit.startsWith('\\')) return Buffer.from(unit);
    const escaped = unit.slice(1);
    return Buffer.from(escaped, HEX_PAIR.test(escaped) ? 'hex' : 'utf8');
  });
  return Buffer.concat(bytes).toString('utf8');
}
