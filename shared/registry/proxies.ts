import { BlockList } from 'node:net';
import { remembered } from '../core/remembered.ts';
import { Secret } from '../core/secret.ts';
import { neutralise } from '../core/text.ts';
import { familyOf, hostOf, kindOfHost } from './addresses.ts';
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

/** A proxy that does not let us through; `code` decides whether asking again may help. */
export class ProxyRefusal extends Error {
  override readonly name = 'ProxyRefusal';
  readonly code: string;

  constructor(code: string, host: string, what: string) {
    super(`the proxy ${host} ${what}`);
    this.code = code;
  }
}

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
  if (http === undefined && https === undefined) return () => undefined;
  const isExcluded = excludedBy(read('no_proxy'), report);
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

/** A host with all below it, with or without a leading dot or `*.`, and with or without a port. */
const HOST_ENTRY = /^(?:\*?\.)?(?<host>\[[^\]/]+\]|[^:/]+)(?::(?<port>\d+))?$/;

/** `10.0.0.0/8`, `fd00::/8`, or an address alone. */
const NETWORK_ENTRY = /^\[?(?<address>[^\]/]+)\]?(?:\/(?<prefix>\d{1,3}))?$/;

/**
 * What `NO_PROXY` excludes: `*`, hosts, `host:port`, networks and addresses. Networks are for servers that are named
 * by their address: what a name leads to is not asked for this.
 *
 * @see https://everything.curl.dev/usingcurl/proxies/env.html
 */
function excludedBy(list: string, { warn }: ProxyReport): (url: URL) => boolean {
  const networks = new BlockList();
  const entries = list.toLowerCase().split(/[\s,]+/);
  const hosts = entries.flatMap((entry) => {
    if (entry === '' || addNetwork(networks, entry)) return [];
    const groups = HOST_ENTRY.exec(entry)?.groups;
    if (groups !== undefined) return [groups];
    warn(
      `The variable no_proxy has an entry that is not used: ${JSON.stringify(neutralise(entry))}.`,
    );
    return [];
  });
  return (url) => {
    const named = hostOf(url);
    const family = familyOf(named);
    if (family !== undefined && networks.check(named, family)) return true;
    const port = url.port === '' ? { 'http:': '80', 'https:': '443' }[url.protocol] : url.port;
    return hosts.some(({ host, port: only }) => {
      if (host === '*') return true;
      const isBelow = url.hostname === host || url.hostname.endsWith(`.${host}`);
      return isBelow && (only === undefined || only === port);
    });
  };
}

/** Adds what an entry of `NO_PROXY` names by number; false when it does not. */
function addNetwork(networks: BlockList, entry: string): boolean {
  const { address = '', prefix } = NETWORK_ENTRY.exec(entry)?.groups ?? {};
  const family = familyOf(address);
  const bits = family === 'ipv6' ? 128 : 32;
  const length = prefix === undefined ? bits : Number(prefix);
  if (family === undefined || length > bits) return false;
  networks.addSubnet(address, length, family);
  return true;
}
