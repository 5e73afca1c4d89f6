import { parseArgs } from 'node:util';
import { all, allOf, parsed, problem } from '../../../shared/core/result.ts';
import type { Parsed } from '../../../shared/core/result.ts';
import { parseFault } from './fault-json.ts';
import type { RegistryOptions } from './registry.ts';
import { ALL_ACTIONS } from './settings.ts';
import type { Action, AuthSettings, RegistrySettings } from './settings.ts';

interface Option {
  readonly type: 'boolean' | 'string';
  readonly multiple?: boolean;
  /** What stands after the name in the help, e.g. `N`. */
  readonly value?: string;
  readonly help: string;
}

type Values = Readonly<
  Record<string, string | boolean | readonly (string | boolean)[] | undefined>
>;

/** Options that switch something off or on. */
const SWITCHES = {
  'no-referrers': { referrersApi: false },
  'no-mount': { mount: false },
  'no-single-post': { singlePost: false },
  'no-delete': { deleteEnabled: false },
  'no-range': { rangeRequests: false },
  'no-tag-parameters': { tagParameters: false },
  'no-conditional-put': { conditionalPut: false },
  'no-validate-references': { validateReferences: false },
  'no-digest-header': { digestHeader: false },
  'absolute-locations': { absoluteLocations: true },
} as const satisfies Readonly<Record<string, Partial<RegistrySettings>>>;

/** Options that are a number, with the setting that they are. */
const NUMBERS = {
  port: 'port',
  latency: 'latencyMs',
  'tag-page-size': 'tagPageSize',
  'referrers-page-size': 'referrersPageSize',
  'chunk-min-length': 'chunkMinLength',
  'manifest-max-length': 'manifestMaxLength',
} as const satisfies Readonly<Record<string, keyof RegistryOptions>>;

const OPTIONS: Readonly<Record<string, Option>> = {
  port: { type: 'string', value: 'N', help: 'port to listen on; a free one unless given' },
  host: { type: 'string', value: 'ADDRESS', help: 'address to listen on; 127.0.0.1 unless given' },
  'tls-cert': { type: 'string', value: 'FILE', help: 'PEM certificate: speak HTTPS' },
  'tls-key': { type: 'string', value: 'FILE', help: 'PEM key of the certificate' },
  auth: { type: 'string', value: 'KIND', help: 'none, basic or bearer' },
  username: { type: 'string', value: 'NAME', help: 'name of the one account' },
  password: { type: 'string', value: 'TEXT', help: 'password of the one account' },
  grant: { type: 'string', value: 'LIST', help: 'what the account may do: pull,push,delete' },
  'anonymous-pull': { type: 'boolean', help: 'bearer: callers without credentials may pull' },
  'token-lifetime': { type: 'string', value: 'SECONDS', help: 'bearer: life of a token' },
  'no-referrers': { type: 'boolean', help: 'no referrers API: clients need the tag schema' },
  'no-mount': { type: 'boolean', help: 'mounts answer 202 and begin an upload' },
  'no-single-post': { type: 'boolean', help: 'a POST with a whole blob answers 202' },
  'no-delete': { type: 'boolean', help: 'deletes answer 405' },
  'no-range': { type: 'boolean', help: 'Range is ignored' },
  'no-tag-parameters': { type: 'boolean', help: '?tag= of a PUT by digest is ignored' },
  'no-conditional-put': { type: 'boolean', help: 'If-Match of a PUT is ignored' },
  'no-validate-references': { type: 'boolean', help: 'manifests may name missing content' },
  'no-digest-header': { type: 'boolean', help: 'no Docker-Content-Digest in replies' },
  'absolute-locations': { type: 'boolean', help: 'Location headers have scheme and host' },
  'tag-page-size': { type: 'string', value: 'N', help: 'most tags in a reply' },
  'referrers-page-size': { type: 'string', value: 'N', help: 'most referrers in a reply' },
  'chunk-min-length': { type: 'string', value: 'BYTES', help: 'smallest chunk but for the last' },
  'manifest-max-length': { type: 'string', value: 'BYTES', help: 'largest manifest' },
  latency: { type: 'string', value: 'MS', help: 'how long each reply waits' },
  fault: {
    type: 'string',
    multiple: true,
    value: 'JSON',
    help: 'a fault, may be repeated: {"match":{"path":"/manifests/"},"action":{"kind":"status","status":503}}',
  },
  help: { type: 'boolean', help: 'print this text' },
};

/** The help text: every option on a line. */
export function helpText(): string {
  const lines = Object.entries(OPTIONS).map(([name, { value, help }]) => {
    const left = `--${name}${value === undefined ? '' : ` ${value}`}`;
    return `  ${left.padEnd(30)}${help}`;
  });
  return ['Starts an OCI registry that keeps its content in memory.', '', ...lines].join('\n');
}

/** Registry options from a command line; `help` when that is asked for. Files are read with `readFile`. */
export function parseRegistryArguments(
  argv: readonly string[],
  readFile: (path: string) => string,
): Parsed<RegistryOptions | 'help'> {
  const read = readValues(argv);
  if (!read.ok) return read;
  const values = read.value;
  if (values['help'] === true) return parsed('help');
  const parts = all({
    numbers: numbersOf(values),
    auth: authOf(values),
    tls: tlsOf(values, readFile),
    faults: faultsOf(values),
  });
  if (!parts.ok) return parts;
  const { numbers, auth, tls, faults } = parts.value;
  const host = textOf(values, 'host');
  return parsed({
    ...Object.assign({}, ...switchesOf(values)),
    ...numbers,
    auth,
    faults,
    ...(tls === undefined ? {} : { tls }),
    ...(host === undefined ? {} : { host }),
  });
}

function readValues(argv: readonly string[]): Parsed<Values> {
  try {
    return parsed(parseArgs({ args: [...argv], options: { ...OPTIONS }, strict: true }).values);
  } catch (error) {
    return problem('arguments', error instanceof Error ? error.message : String(error));
  }
}

function switchesOf(values: Values): readonly Partial<RegistrySettings>[] {
  return Object.entries(SWITCHES).flatMap(([name, change]) =>
    values[name] === true ? [change] : [],
  );
}

function numbersOf(values: Values): Parsed<Partial<RegistryOptions>> {
  const parts = Object.entries(NUMBERS).map(
    ([name, setting]): [string, Parsed<number | undefined>] => [setting, numberOf(values, name)],
  );
  const numbers = all<Record<string, number | undefined>>(Object.fromEntries(parts));
  if (!numbers.ok) return numbers;
  return parsed(withoutAbsent(numbers.value));
}

function withoutAbsent(
  values: Readonly<Record<string, number | undefined>>,
): Partial<RegistryOptions> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function authOf(values: Values): Parsed<AuthSettings> {
  const kind = textOf(values, 'auth') ?? 'none';
  if (kind === 'none') return parsed({ kind });
  if (kind !== 'basic' && kind !== 'bearer') return problem('--auth', `is unknown: ${kind}`);
  const username = textOf(values, 'username');
  const password = textOf(values, 'password');
  if (username === undefined || password === undefined) {
    return problem('--auth', 'needs --username and --password');
  }
  const parts = all({ grant: grantOf(values), lifetime: numberOf(values, 'token-lifetime') });
  if (!parts.ok) return parts;
  const { grant, lifetime } = parts.value;
  const account = { username, password, grant };
  if (kind === 'basic') return parsed({ kind, ...account });
  return parsed({
    ...{ kind, ...account, anonymousPull: values['anonymous-pull'] === true },
    ...(lifetime === undefined ? {} : { tokenLifetimeSeconds: lifetime }),
  });
}

function grantOf(values: Values): Parsed<readonly Action[]> {
  const actions = textOf(values, 'grant')?.split(',') ?? ALL_ACTIONS;
  const unknown = actions.find((action) => !isAction(action));
  if (unknown !== undefined) return problem('--grant', `is unknown: ${unknown}`);
  return parsed(actions.filter(isAction));
}

function tlsOf(
  values: Values,
  readFile: (path: string) => string,
): Parsed<RegistryOptions['tls'] | undefined> {
  const cert = textOf(values, 'tls-cert');
  const key = textOf(values, 'tls-key');
  if (cert === undefined && key === undefined) return parsed(undefined);
  if (cert === undefined || key === undefined) {
    return problem('--tls-cert', 'is needed together with --tls-key');
  }
  try {
    return parsed({ cert: readFile(cert), key: readFile(key) });
  } catch (error) {
    return problem('--tls-cert', error instanceof Error ? error.message : String(error));
  }
}

function faultsOf(values: Values): Parsed<NonNullable<RegistryOptions['faults']>> {
  const given = values['fault'];
  const texts = Array.isArray(given) ? given.map(String) : [];
  return allOf(texts.map((text, index) => parseFault(text, `--fault[${index}]`)));
}

function isAction(text: string): text is Action {
  return ALL_ACTIONS.some((action) => action === text);
}

function numberOf(values: Values, name: string): Parsed<number | undefined> {
  const text = textOf(values, name);
  if (text === undefined) return parsed(undefined);
  return /^\d+$/.test(text)
    ? parsed(Number(text))
    : problem(`--${name}`, `is not a number: ${text}`);
}

function textOf(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}
