import { isJsonObject, parseJson } from '../../../shared/core/json.ts';
import type { JsonObject, JsonValue } from '../../../shared/core/json.ts';
import { parsed, problem, problems } from '../../../shared/core/result.ts';
import type { Parsed, Problem } from '../../../shared/core/result.ts';
import type { Fault, FaultAction, FaultMatch } from './faults.ts';

type Kind = FaultAction['kind'];
type FieldType = 'number' | 'text' | 'headers';

interface Field {
  readonly type: FieldType;
  readonly required?: boolean;
}

type Fields = Readonly<Record<string, Field>>;

/** The fields of every kind of fault. */
const ACTION_FIELDS: Readonly<Record<Kind, Fields>> = {
  status: {
    status: { type: 'number', required: true },
    headers: { type: 'headers' },
    body: { type: 'text' },
  },
  reset: { afterBytes: { type: 'number' } },
  resetUpload: { afterBytes: { type: 'number', required: true } },
  stall: { ms: { type: 'number', required: true } },
  delay: { ms: { type: 'number', required: true } },
  wrongDigestHeader: {},
  headers: { headers: { type: 'headers', required: true } },
  corruptBody: {},
  truncateBody: { bytes: { type: 'number', required: true } },
  dropReplyAfterCommit: {},
};

const MATCH_FIELDS: Fields = {
  method: { type: 'text' },
  path: { type: 'text' },
  pathPattern: { type: 'text' },
  nth: { type: 'number' },
  times: { type: 'number' },
};

/** A fault from JSON, as FaultMatch and FaultAction say; `pathPattern` is a regular expression for `path`. */
export function parseFault(text: string, path: string): Parsed<Fault> {
  const json = parseJson(Buffer.from(text), path);
  if (!json.ok) return json;
  if (!isJsonObject(json.value)) return problem(path, 'is not an object');
  const { match = {}, action } = json.value;
  if (!isJsonObject(match)) return problem(`${path}.match`, 'is not an object');
  if (!isJsonObject(action)) return problem(`${path}.action`, 'is not an object');
  const { kind, ...rest } = action;
  if (!isKind(kind)) {
    return problem(`${path}.action.kind`, `is none of ${Object.keys(ACTION_FIELDS).join(', ')}`);
  }
  const wrong = [
    ...problemsOf(match, MATCH_FIELDS, `${path}.match`),
    ...problemsOf(rest, ACTION_FIELDS[kind], `${path}.action`),
  ];
  if (wrong.length > 0) return problems(wrong);
  // The table of fields has just checked them.
  return matchOf(match, `${path}.match`, action as unknown as FaultAction);
}

function matchOf(match: JsonObject, path: string, action: FaultAction): Parsed<Fault> {
  const { pathPattern, ...rest } = match;
  const given = rest as FaultMatch;
  if (typeof pathPattern !== 'string') return parsed({ match: given, action });
  try {
    return parsed({ match: { ...given, path: new RegExp(pathPattern) }, action });
  } catch {
    return problem(`${path}.pathPattern`, 'is not a regular expression');
  }
}

function problemsOf(value: JsonObject, fields: Fields, path: string): readonly Problem[] {
  const unknown = Object.keys(value).filter((name) => fields[name] === undefined);
  const wrong = Object.entries(fields).flatMap(([name, { type, required = false }]): Problem[] => {
    const item = value[name];
    if (item === undefined) {
      return required ? [{ path: `${path}.${name}`, message: 'is required' }] : [];
    }
    return isOfType(item, type) ? [] : [{ path: `${path}.${name}`, message: `is not ${type}` }];
  });
  return [
    ...unknown.map((name) => ({ path: `${path}.${name}`, message: 'is not known' })),
    ...wrong,
  ];
}

function isOfType(value: JsonValue, type: FieldType): boolean {
  switch (type) {
    case 'number':
      return typeof value === 'number' && value >= 0;
    case 'text':
      return typeof value === 'string';
    case 'headers':
      return (
        isJsonObject(value) &&
        Object.values(value).every((item) => typeof item === 'string' || item === null)
      );
  }
}

function isKind(value: JsonValue | undefined): value is Kind {
  return typeof value === 'string' && Object.hasOwn(ACTION_FIELDS, value);
}
