import { isJsonObject } from '../core/json.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import { all, allOf, parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { REPORT_VERSION } from './model.ts';
import type {
  CreateReport,
  PublishReport,
  ReportDocument,
  ReportSource,
  ReportedBaseline,
  ReportedCertificate,
  ReportedCopy,
  ReportedImage,
  ReportedPlatform,
  ReportedRow,
  ReportedSignature,
  ReportedTag,
  SignReport,
  TaskReport,
} from './model.ts';

/** Ten times the largest release known; more is an attack on the browser. */
const MAX_ENTRIES = 20_000;

/** Nothing that a report names is longer. */
const MAX_TEXT = 2_000;

const DIGEST = /^sha(?:256|384|512):[0-9a-f]{64,128}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/;

type Parser<T> = (value: JsonValue | undefined, path: string) => Parsed<T>;

/**
 * A report from JSON. Whoever can write attachments of a run can write this: nothing in it is trusted but its shape,
 * and members that are not known are left out.
 */
export function parseReport(value: JsonValue | undefined): Parsed<ReportDocument> {
  if (!isJsonObject(value)) return problem('', 'is not an object');
  if (value['version'] !== REPORT_VERSION) return problem('version', `is not ${REPORT_VERSION}`);
  const head = all<Pick<ReportDocument, 'source' | 'createdAt'>>({
    source: source(value['source'], 'source'),
    createdAt: time(value['createdAt'], 'createdAt'),
  });
  const body = parseBody(value);
  if (!head.ok) return head;
  return body.ok ? parsed({ version: REPORT_VERSION, ...head.value, ...body.value }) : body;
}

function parseBody(value: JsonObject): Parsed<TaskReport> {
  switch (value['kind']) {
    case 'create':
      return create(value, '');
    case 'sign':
      return sign(value, '');
    case 'publish':
      return publish(value, '');
    default:
      return problem('kind', 'is none of create, sign and publish');
  }
}

const source = object<ReportSource>((member) => ({
  job: member('job', text),
  stageAttempt: member('stageAttempt', count),
  jobAttempt: member('jobAttempt', count),
}));

const platform = object<ReportedPlatform>((member) => ({
  os: member('os', text),
  architecture: member('architecture', text),
  variant: member('variant', optional(text)),
  osVersion: member('osVersion', optional(text)),
}));

const image = object<ReportedImage>((member) => ({
  repo: member('repo', text),
  digest: member('digest', digest),
  what: member('what', oneOf('list', 'platform')),
  tags: member('tags', listOf(text)),
  platforms: member('platforms', listOf(digest)),
  platform: member('platform', optional(platform)),
  bytes: member('bytes', optional(count)),
}));

const certificate = object<ReportedCertificate>((member) => ({
  thumbprint: member('thumbprint', text),
  subject: member('subject', text),
  notAfter: member('notAfter', time),
}));

const signature = object<ReportedSignature>((member) => ({
  repo: member('repo', text),
  digest: member('digest', digest),
  state: member('state', oneOf('signed', 'kept', 'failed')),
  certificate: member('certificate', optional(text)),
  signedAt: member('signedAt', optional(time)),
  isTimestamped: member('isTimestamped', optional(flag)),
  stampedAt: member('stampedAt', optional(time)),
  reason: member('reason', optional(text)),
}));

const copy = object<ReportedCopy>((member) => ({
  repo: member('repo', text),
  digest: member('digest', digest),
  state: member('state', oneOf('copied', 'kept')),
}));

const tag = object<ReportedTag>((member) => ({
  repo: member('repo', text),
  tag: member('tag', text),
  digest: member('digest', digest),
  previousDigest: member('previousDigest', optional(digest)),
  isGone: member('isGone', optional(flag)),
}));

const row = object<ReportedRow>((member) => ({
  repo: member('repo', text),
  digest: member('digest', digest),
  previousDigest: member('previousDigest', optional(digest)),
  changed: member('changed', listOf(oneOf('content', 'base image', 'commit', 'tags'))),
}));

const baseline = object<ReportedBaseline>((member) => ({
  rows: member('rows', listOf(row)),
  displaced: member('displaced', listOf(text)),
}));

const create = object<CreateReport>((member) => ({
  kind: parsed('create'),
  images: member('images', listOf(image)),
}));

const sign = object<SignReport>((member) => ({
  kind: parsed('sign'),
  images: member('images', listOf(image)),
  certificates: member('certificates', listOf(certificate)),
  signatures: member('signatures', listOf(signature)),
}));

const publish = object<PublishReport>((member) => ({
  kind: parsed('publish'),
  images: member('images', listOf(image)),
  target: member('target', text),
  copies: member('copies', listOf(copy)),
  tags: member('tags', listOf(tag)),
  baseline: member('baseline', optional(baseline)),
  undone: member('undone', optional(time)),
}));

type MemberParser = <V>(name: string, parse: Parser<V>) => Parsed<V>;

/** A parser of objects; members that are absent stay away. */
function object<T extends object>(
  members: (member: MemberParser) => { readonly [K in keyof T]-?: Parsed<T[K]> },
): Parser<T> {
  return (value, path) => {
    if (!isJsonObject(value)) return problem(path, 'is not an object');
    const fields = all<T>(
      members((name, parse) => parse(value[name], path === '' ? name : `${path}.${name}`)),
    );
    if (!fields.ok) return fields;
    const present = Object.entries(fields.value).filter(([, member]) => member !== undefined);
    return parsed(Object.fromEntries(present) as T);
  };
}

function listOf<T>(parse: Parser<T>): Parser<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) return problem(path, 'is not a list');
    if (value.length > MAX_ENTRIES) return problem(path, `has more than ${MAX_ENTRIES} entries`);
    const items = value as readonly JsonValue[];
    return allOf(items.map((item, index) => parse(item, `${path}[${index}]`)));
  };
}

function optional<T>(parse: Parser<T>): Parser<T | undefined> {
  return (value, path) => (value === undefined ? parsed(undefined) : parse(value, path));
}

function oneOf<T extends string>(...words: readonly T[]): Parser<T> {
  return (value, path) => {
    const word = words.find((one) => one === value);
    return word === undefined ? problem(path, `is none of ${words.join(', ')}`) : parsed(word);
  };
}

function text(value: JsonValue | undefined, path: string): Parsed<string> {
  if (typeof value !== 'string') return problem(path, 'is not text');
  return value.length > MAX_TEXT ? problem(path, 'is too long') : parsed(value);
}

function digest(value: JsonValue | undefined, path: string): Parsed<string> {
  return typeof value === 'string' && DIGEST.test(value)
    ? parsed(value)
    : problem(path, 'is not a digest');
}

function time(value: JsonValue | undefined, path: string): Parsed<string> {
  return typeof value === 'string' && TIME.test(value) && !Number.isNaN(Date.parse(value))
    ? parsed(value)
    : problem(path, 'is not a time in UTC');
}

function count(value: JsonValue | undefined, path: string): Parsed<number> {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? parsed(value)
    : problem(path, 'is not a count');
}

function flag(value: JsonValue | undefined, path: string): Parsed<boolean> {
  return typeof value === 'boolean' ? parsed(value) : problem(path, 'is neither true nor false');
}
