import { X509Certificate } from 'node:crypto';
import * as tls from 'node:tls';
import { isJsonObject, parseJson } from '../core/json.ts';
import { Secret } from '../core/secret.ts';
import { createProxyChooser } from '../registry/proxies.ts';
import type { AgentProxy, ProxyReport } from '../registry/proxies.ts';
import type { ClientCertificate, NetworkOptions, TlsSettings } from '../registry/transport.ts';

/** Where the settings of the agent come from. */
export interface NetworkSources extends ProxyReport {
  /** A variable of the job such as `Agent.ProxyUrl`, absent when not set. */
  readonly variable: (name: string) => string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The text of a file; throws when it cannot be read. */
  readonly readFile: (path: string) => string;
}

/**
 * How the agent was configured to reach servers: its proxy, its certificate authority, its client certificate.
 *
 * A file that cannot be used is left out with a warning: in a container job the paths of the agent's machine may not
 * exist, and the registry may not need them.
 *
 * @see https://learn.microsoft.com/azure/devops/pipelines/agents/proxy
 * @see https://learn.microsoft.com/azure/devops/pipelines/agents/certificate
 */
export function readNetwork(sources: NetworkSources): NetworkOptions {
  const agent = readAgentProxy(sources);
  const { environment } = sources;
  const settings = agent === undefined ? { environment } : { agent, environment };
  return { proxyFor: createProxyChooser(settings, sources), tls: readTls(sources) };
}

/** The parts are read one by one: the agent's library joins them to a URL without encoding them. */
function readAgentProxy({ variable }: NetworkSources): AgentProxy | undefined {
  const url = variable('Agent.ProxyUrl');
  if (url === undefined) return undefined;
  const [username, password] = [variable('Agent.ProxyUsername'), variable('Agent.ProxyPassword')];
  return {
    url,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: new Secret(password) }),
    bypass: readBypass(variable('Agent.ProxyBypassList') ?? ''),
  };
}

/** The agent writes a JSON list; a person may write one expression. */
function readBypass(text: string): readonly string[] {
  const json = parseJson(Buffer.from(text), '');
  if (json.ok && Array.isArray(json.value)) {
    return json.value.filter((item: unknown): item is string => typeof item === 'string');
  }
  return text === '' || (json.ok && isJsonObject(json.value)) ? [] : [text];
}

function readTls(sources: NetworkSources): TlsSettings {
  const { variable, environment, warn } = sources;
  const acceptsAnyCertificate = variable('Agent.SkipCertValidation')?.toLowerCase() === 'true';
  if (acceptsAnyCertificate) {
    warn(
      'The agent is configured to accept any certificate (Agent.SkipCertValidation): whoever stands between it and ' +
        'the registry can read and change everything.',
    );
  }
  const files = [variable('Agent.CAInfo'), environment['NODE_EXTRA_CA_CERTS']];
  const own = files.flatMap((path) => readAuthority(path, sources));
  const clientCertificate = readClientCertificate(sources);
  return {
    authorities: own,
    moreAuthorities: systemAuthorities,
    acceptsAnyCertificate,
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
  };
}

function readAuthority(path: string | undefined, sources: NetworkSources): readonly string[] {
  if (path === undefined || path === '') return [];
  const pem = usable(`the certificate authority ${path}`, sources, () => {
    const text = sources.readFile(path);
    // Only read, to see that it can be: OpenSSL trusts any certificate in the list that a server shows, also its own.
    new X509Certificate(text);
    return text;
  });
  return pem === undefined ? [] : [pem];
}

/** What the operating system trusts; older versions of Node cannot tell. */
function systemAuthorities(): readonly string[] {
  const list: unknown = Reflect.get(tls, 'getCACertificates');
  if (typeof list !== 'function') return [];
  const certificates: unknown = Reflect.apply(list, tls, ['system']);
  return Array.isArray(certificates)
    ? certificates.filter((item: unknown): item is string => typeof item === 'string')
    : [];
}

function readClientCertificate(sources: NetworkSources): ClientCertificate | undefined {
  const { variable, readFile } = sources;
  const [certificate, key] = [variable('Agent.ClientCert'), variable('Agent.ClientCertKey')];
  if (certificate === undefined || key === undefined) return undefined;
  return usable(`the client certificate ${certificate}`, sources, () => {
    const pair = { certificate: readFile(certificate), key: readFile(key) };
    const passphrase = variable('Agent.ClientCertPassword');
    tls.createSecureContext({
      ...{ cert: pair.certificate, key: pair.key },
      ...(passphrase === undefined ? {} : { passphrase }),
    });
    return passphrase === undefined ? pair : { ...pair, passphrase: new Secret(passphrase) };
  });
}

function usable<T>(what: string, { warn }: NetworkSources, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it cannot be read';
    warn(`Cannot use ${what} of the agent: ${why}.`);
    return undefined;
  }
}
