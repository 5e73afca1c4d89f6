import { isJsonObject } from '../core/json.ts';
import type { JsonValue } from '../core/json.ts';
import { all, allOf, parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { neutralise } from '../core/text.ts';
import { LEVELS, isLevel, isOverride } from './trust-levels.ts';
import type { Actions, Level } from './trust-levels.ts';

/** What a trust policy statement has checked. */
export interface VerificationSettings {
  readonly level: Level;
  /** What each validation does, overrides applied. */
  readonly actions: Actions;
  /** When a timestamp must prove the signing time, if there is a trust store for timestamps. */
  readonly verifyTimestamp: 'always' | 'afterCertExpiry';
}

/** Reads `signatureVerification` of a statement: a level, changes to it, and when timestamps matter. */
export function parseVerification(
  value: JsonValue | undefined,
  path: string,
): Parsed<VerificationSettings> {
  if (!isJsonObject(value)) return problem(path, 'is not an object');
  const level = parseLevel(value['level'], `${path}.level`);
  const settings = all({
    level,
    override: parseOverride(value['override'], `${path}.override`),
    verifyTimestamp: parseVerifyTimestamp(value['verifyTimestamp'], `${path}.verifyTimestamp`),
  });
  if (!settings.ok) return settings;
  const { override, ...rest } = settings.value;
  if (rest.level === 'skip' && Object.keys(override).length > 0) {
    return problem(`${path}.override`, 'cannot change the level skip');
  }
  return parsed({ ...rest, actions: { ...LEVELS[rest.level], ...override } });
}

function parseLevel(value: JsonValue | undefined, path: string): Parsed<Level> {
  return isLevel(value) ? parsed(value) : problem(path, 'is not strict, permissive, audit or skip');
}

function parseOverride(value: JsonValue | undefined, path: string): Parsed<Partial<Actions>> {
  if (value === undefined || value === null) return parsed({});
  if (!isJsonObject(value)) return problem(path, 'is not an object');
  const entries = allOf(
    Object.entries(value).map(([validation, action]) =>
      isOverride(validation, action)
        ? parsed([validation, action] as const)
        : problem(`${path}.${neutralise(validation)}`, describeFault(action)),
    ),
  );
  return entries.ok ? parsed(Object.fromEntries(entries.value) as Partial<Actions>) : entries;
}

function describeFault(action: JsonValue | undefined): string {
  return `cannot be ${neutralise(JSON.stringify(action))}: authenticity, authenticTimestamp and expiry can be enforce or log, revocation also skip`;
}

function parseVerifyTimestamp(
  value: JsonValue | undefined,
  path: string,
): Parsed<VerificationSettings['verifyTimestamp']> {
  // To the reference implementation, nothing between the quotes is nothing given.
  if (value === undefined || value === null || value === '') return parsed('always');
  return value === 'always' || value === 'afterCertExpiry'
    ? parsed(value)
    : problem(path, 'is not always or afterCertExpiry');
}
