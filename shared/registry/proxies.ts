import { remembered } from '../core/remembered.ts';
import { Secret } from '../core/secret.ts';
import { neutralise } from '../core/text.ts';
import { kindOfHost } from './addresses.ts';
import type { NetworkKind } from './addresses.ts';

/** A proxy to go through. */
export interface Proxy {
  /** Without user info, e.g. `http://proxy.example:8080`. */
  readonly url: URL;
  /** The `Proxy-Authorization` header, which no server but the proxy sees. */
  readonly authorization?: Secret;
}

/** What the agent was configured with; the password may contain any character. */
export interface AgentProxy {
  readonly url: string;
  readonly username?: string;
  readonly password?: Secret;
  /** Regular expressions; a URL that one of them matches is asked for directly. */
  readonly bypass: readonly string[];
}

/** All that says how to reach a server; the agent's own proxy comes before the environment. */
export interface ProxySettings {
  readonly agent?: AgentProxy;
  /** Variables such as `HTTPS_PROXY`; names in lower case come first, as with curl. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Where to tell of settings. */
export interface ProxyReport {
  readonly warn: (message: string) => void;
  /** Called with every secret, derived ones too, before its first use. */
  readonly maskSecret: (value: string) => void;
}

/** The way to a server: through a proxy, or directly when there is none. */
export type ProxyChooser = (url: URL) => Proxy | undefined;

const NEAR: ReadonlySet<NetworkKind | undefined> = new Set(['loopback', 'link-local']);

/**
 * Reads proxy settings. What cannot be read is left out and named in a warning: a proxy that the agent itself manages
 * without must not stop a release.
 *
 * This machine, and what a cloud serves to it alone (its identity), are never reached through a proxy.
 */
export function createProxyChooser(
  { agent, environment }: ProxySettings,
  report: ProxyReport,
): ProxyChooser {
  const chosen =
    (agent === undefined ? undefined : agentChooser(agent, report)) ??
    environmentChooser(environment, report);
  const isNear = remembered((origin) => NEAR.has(kindOfHost(new URL(origin))));
  return (url) => (isNear(url.origin) ? undefined : chosen(url));
}

function agentChooser(
  { url, username = '', password, bypass }: AgentProxy,
  report: ProxyReport,
): ProxyChooser | undefined {
  const proxy = readProxy('The proxy of the agent', url, report);
  if (proxy === undefined) return undefined;
  const patterns = bypass.flatMap((text) => readPattern(text, report));
  const user = { username, password: password?.reveal() ?? '' };
  const withUser =
    username === '' ? proxy : { ...proxy, authorization: authorizationOf(user, report) };
  return (target) => (patterns.some((pattern) => pattern.test(target.href)) ? undefined : withUser);
}

function readPattern(text: string, { warn }: ProxyReport): readonly RegExp[] {
  if (text === '') return [];
  try {
    return [new RegExp(text, 'i')];
  } catch {
    warn(
      `The proxy bypass list of the agent has a line that is no regular expression: ${JSON.stringify(neutralise(text))}.`,
    );
    return [];
  }
}

function environmentChooser(
  environment: ProxySettings['environment'],
  report: ProxyReport,
): ProxyChooser {
  const read = (name: string): string =>
    environment[name.toLowerCase()] ?? environment[name.toUpperCase()] ?? '';
  const http = readVariable('http_proxy', read('http_proxy'), report);
  const https = readVariable('https_proxy', read('https_proxy'), report);
  const isExcluded = excludedBy(read('no_proxy'));
  return (url) => {
    if (isExcluded(url)) return undefined;
    return url.protocol === 'https:' ? https : http;
  };
}

function readVariable(name: string, text: string, report: ProxyReport): Proxy | undefined {
  if (text === '') return undefined;
  const withScheme = text.includes('://') ? text : `http://${text}`;
  return readProxy(`The variable ${name}`, withScheme, report);
}

function readProxy(where: string, text: string, report: ProxyReport): Proxy | undefined {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:') {
    // The text may hold a password, so it is not shown.
    report.warn(`${where} is not the address of an HTTP proxy, so it is not used.`);
    return undefined;
  }
  const url = new URL(parsed.origin);
  if (parsed.username === '') return { url };
  const user = { username: decoded(parsed.username), password: decoded(parsed.password) };
  return { url, authorization: authorizationOf(user, report) };
}

/** A percent sign that encodes nothing stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function authorizationOf(
  { username, password }: { readonly username: string; readonly password: string },
  { maskSecret }: ProxyReport,
): Secret {
  const pair = Buffer.from(`${username}:${password}`).toString('base64');
  if (password !== '') maskSecret(password);
  maskSecret(pair);
  return new Secret(`Basic ${pair}`);
}

/**
 * What `NO_PROXY` excludes: `*`, hosts (with all below them, with or without a leading dot or `*.`), `host:port`.
 *
 * @see https://everything.curl.dev/usingcurl/proxies/env.html
 */
function excludedBy(list: string): (url: URL) => boolean {
  const entries = list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map((entry) => /^(?:\*?\.)?(?<host>\[[^\]]+\]|[^:]+)(?::(?<port>\d+))?$/.exec(entry)?.groups);
  return (url) => {
    const port = url.port === '' ? { 'http:': '80', 'https:': '443' }[url.protocol] : url.port;
    return entries.some((entry) => {
      const host = entry?.['host'];
      if (host === undefined) return false;
      if (host === '*') return true;
      const isBelow = url.hostname === host || url.hostname.endsWith(`.${host}`);
      return isBelow && (entry?.['port'] === undefined || entry['port'] === port);
    });
  };
}
