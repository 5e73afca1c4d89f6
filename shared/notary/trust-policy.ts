import { isJsonObject } from '../core/json.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import { all, allOf, parsed, problem, problems } from '../core/result.ts';
import type { Parsed, Problem } from '../core/result.ts';
import { neutralise } from '../core/text.ts';
import { overlaps, parseIdentity } from './identities.ts';
import type { Identity } from './identities.ts';
import { parseStrictObject } from './strict-json.ts';
import { parseVerification } from './trust-policy-verification.ts';
import type { VerificationSettings } from './trust-policy-verification.ts';
import { parseStoreName } from './trust-store.ts';
import type { StoreName } from './trust-store.ts';

/** Whom to trust for some repositories, and what to check. */
export interface TrustPolicyStatement extends VerificationSettings {
  readonly name: string;
  /** Repositories such as `example.azurecr.io/dotnet/runtime`, or `*` alone. */
  readonly registryScopes: readonly string[];
  readonly trustStores: readonly StoreName[];
  /** Any of these, those that verification plugins know left out; `*` is everyone whose certificate leads to the trust stores. */
  readonly trustedIdentities: '*' | readonly Identity[];
}

/** A Notary Project trust policy, version 1.0. */
export interface TrustPolicy {
  readonly statements: readonly TrustPolicyStatement[];
}

/** A registry host and a repository, without scheme, tag and digest. */
const SCOPE =
  /^[A-Za-z0-9](?:-*[A-Za-z0-9])*(?:\.[A-Za-z0-9](?:-*[A-Za-z0-9])*)*(?::\d+)?(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)+$/;

const ANY = '*';

/** An identity of a kind that only verification plugins know: the reference implementation passes over it as well. */
const FOREIGN_IDENTITY = /^(?!x509\.subject:)[^:]*:/;

/**
 * A trust policy from the bytes of its file; problems have paths such as `trustpolicy.json: trustPolicies[0].name`.
 *
 * @see https://github.com/notaryproject/specifications/blob/v1.1.0/specs/trust-store-trust-policy.md#trust-policy
 */
export function parseTrustPolicy(bytes: Uint8Array, file: string): Parsed<TrustPolicy> {
  const document = parseStrictObject(bytes, file);
  if (!document.ok) return document;
  const { version, trustPolicies } = document.value;
  const statements = parseStatements(trustPolicies, `${file}: trustPolicies`);
  if (version !== '1.0') {
    const found = { path: `${file}: version`, message: 'is not "1.0", the version known here' };
    return problems([found, ...(statements.ok ? [] : statements.problems)]);
  }
  return statements.ok ? parsed({ statements: statements.value }) : statements;
}

/**
 * The statement for something that goes by several repository names: that of the first name which a statement lists,
 * else the one for `*`; absent when there is none.
 */
export function selectStatement(
  policy: TrustPolicy,
  candidates: readonly string[],
): TrustPolicyStatement | undefined {
  const names = [...candidates, ANY];
  return names
    .map((name) => policy.statements.find(({ registryScopes }) => registryScopes.includes(name)))
    .find((statement) => statement !== undefined);
}

/** Why there is no statement: `no trust policy statement is for build.example/app or mcr.example/app`. */
export function noStatementFor(candidates: readonly string[]): string {
  return `no trust policy statement is for ${candidates.join(' or ')}`;
}

function parseStatements(
  value: JsonValue | undefined,
  path: string,
): Parsed<readonly TrustPolicyStatement[]> {
  if (!isList(value) || value.length === 0) return problem(path, 'is not a list of statements');
  const statements = allOf(value.map((item, index) => parseStatement(item, `${path}[${index}]`)));
  const found = [
    ...findRepeated(value, 'name', path),
    ...findRepeated(value, 'registryScopes', path),
  ];
  if (statements.ok && found.length === 0) return statements;
  return problems([...(statements.ok ? [] : statements.problems), ...found]);
}

function parseStatement(value: JsonValue, path: string): Parsed<TrustPolicyStatement> {
  if (!isJsonObject(value)) return problem(path, 'is not an object');
  const settings = parseVerification(
    value['signatureVerification'],
    `${path}.signatureVerification`,
  );
  const isSkipped = settings.ok && settings.value.level === 'skip';
  const rest = all<Omit<TrustPolicyStatement, keyof VerificationSettings>>({
    name: parseStatementName(value['name'], `${path}.name`),
    registryScopes: parseScopes(value['registryScopes'], `${path}.registryScopes`),
    ...(isSkipped ? NOBODY : parseTrust(value, path)),
  });
  const found = isSkipped ? findSkipFaults(value, path) : [];
  if (!settings.ok || !rest.ok || found.length > 0) {
    return problems([settings, rest].flatMap((it) => (it.ok ? [] : it.problems)).concat(found));
  }
  return parsed({ ...settings.value, ...rest.value });
}

const NOBODY = { trustStores: parsed([]), trustedIdentities: parsed([]) } as const;

interface Trust {
  readonly trustStores: Parsed<readonly StoreName[]>;
  readonly trustedIdentities: Parsed<'*' | readonly Identity[]>;
}

function parseTrust(statement: JsonObject, path: string): Trust {
  const stores = parseTexts(statement['trustStores'], `${path}.trustStores`);
  return {
    trustStores: stores.ok
      ? allOf(stores.value.map((text, at) => parseStoreName(text, `${path}.trustStores[${at}]`)))
      : stores,
    trustedIdentities: parseIdentities(statement['trustedIdentities'], `${path}.trustedIdentities`),
  };
}

/** Whoever skips verification must say for which repositories, and cannot ask for trust at the same time. */
function findSkipFaults(statement: JsonObject, path: string): Problem[] {
  const given = (['trustStores', 'trustedIdentities'] as const).filter((name) => {
    const value = statement[name];
    return value !== undefined && value !== null && !(isList(value) && value.length === 0);
  });
  const scopes = statement['registryScopes'];
  return [
    ...given.map((name) => ({
      path: `${path}.${name}`,
      message: 'must not be given at level skip',
    })),
    ...(isList(scopes) && scopes.includes(ANY)
      ? [{ path: `${path}.registryScopes`, message: 'must not be * at level skip' }]
      : []),
  ];
}

function parseStatementName(value: JsonValue | undefined, path: string): Parsed<string> {
  return typeof value === 'string' && value !== '' ? parsed(value) : problem(path, 'is not a name');
}

function parseScopes(value: JsonValue | undefined, path: string): Parsed<readonly string[]> {
  const scopes = parseTexts(value, path);
  if (!scopes.ok) return scopes;
  if (scopes.value.includes(ANY) && scopes.value.length > 1) {
    return problem(path, 'has * beside other scopes');
  }
  return allOf(
    scopes.value.map((scope, index) =>
      scope === ANY || SCOPE.test(scope)
        ? parsed(scope)
        : problem(`${path}[${index}]`, `is not host/repository: ${neutralise(scope)}`),
    ),
  );
}

function parseIdentities(
  value: JsonValue | undefined,
  path: string,
): Parsed<'*' | readonly Identity[]> {
  const texts = parseTexts(value, path);
  if (!texts.ok) return texts;
  if (texts.value.includes(ANY)) {
    return texts.value.length === 1 ? parsed(ANY) : problem(path, 'has * beside other identities');
  }
  const entries = texts.value.map((text, index) => ({ text, at: `${path}[${index}]` }));
  const own = entries.filter(({ text }) => !FOREIGN_IDENTITY.test(text));
  const list = allOf(
    (own.length > 0 ? own : entries).map(({ text, at }) => parseIdentity(text, at)),
  );
  if (!list.ok) return list;
  const repeated = list.value.some((one, index) =>
    list.value.slice(index + 1).some((other) => overlaps(one, other)),
  );
  return repeated ? problem(path, 'has two identities that overlap') : list;
}

function parseTexts(value: JsonValue | undefined, path: string): Parsed<readonly string[]> {
  if (!isList(value) || value.length === 0) return problem(path, 'is not a list of text, or empty');
  return allOf(
    value.map((item, index) =>
      typeof item === 'string' ? parsed(item) : problem(`${path}[${index}]`, 'is not text'),
    ),
  );
}

/** Names and scopes belong to one statement only. */
function findRepeated(
  statements: readonly JsonValue[],
  member: 'name' | 'registryScopes',
  path: string,
): Problem[] {
  const seen = new Set<JsonValue>();
  return statements.flatMap((statement, index) => {
    const value = isJsonObject(statement) ? statement[member] : undefined;
    const texts = (isList(value) ? value : [value]).filter((it) => typeof it === 'string');
    return texts.flatMap((text) => {
      if (!seen.has(text)) {
        seen.add(text);
        return [];
      }
      return [{ path: `${path}[${index}].${member}`, message: `repeats ${neutralise(text)}` }];
    });
  });
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}
