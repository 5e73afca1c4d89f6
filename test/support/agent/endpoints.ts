import { environmentName } from './variables.ts';

/** A service connection as the server hands it to a step. */
export interface Endpoint {
  /** A GUID; absent: one is made from the name of the input. */
  readonly id?: string;
  readonly url: string;
  readonly scheme: string;
  /** Authorization parameters; the agent hides nearly all of them. */
  readonly auth: Readonly<Record<string, string>>;
  readonly data?: Readonly<Record<string, string>>;
}

/** Authorization parameters that the agent does not hide. */
const PUBLIC_PARAMETERS = new Set([
  ...['idtoken', 'role', 'scope', 'tenantid', 'issuedat', 'expiresat', 'expiresin', 'audience'],
  ...['authenticationtype', 'authorizationtype', 'accesstokentype', 'accesstokenfetchingmethod'],
  ...['usewindowssecurity', 'unsecured', 'oauthaccesstokenissupplied'],
]);

/** Authorization parameters that are hidden and also would do harm in a file. */
const CREDENTIAL_PARAMETERS = /password|key|token|secret|certificate/i;

/** Id of the connection of the job itself. */
const SYSTEM_ENDPOINT = 'SYSTEMVSSCONNECTION';

/** The connection to the server that every step gets, with the token of the job. */
export function systemEndpoint(url: string, accessToken: string): Endpoint {
  return { id: SYSTEM_ENDPOINT, url, scheme: 'OAuth', auth: { AccessToken: accessToken } };
}

/** The environment variables of an endpoint; those of data exist for service connections only. */
export function endpointEnvironment(id: string, endpoint: Endpoint): Record<string, string> {
  const { url, scheme, auth, data = {} } = endpoint;
  const env: Record<string, string> = {
    [`ENDPOINT_URL_${id}`]: url,
    [`ENDPOINT_AUTH_${id}`]: JSON.stringify({ parameters: auth, scheme }),
    [`ENDPOINT_AUTH_SCHEME_${id}`]: scheme,
  };
  for (const [key, value] of Object.entries(auth)) {
    env[`ENDPOINT_AUTH_PARAMETER_${id}_${environmentName(key)}`] = value;
  }
  if (id === SYSTEM_ENDPOINT) return env;
  env[`ENDPOINT_DATA_${id}`] = JSON.stringify(data);
  for (const [key, value] of Object.entries(data)) {
    env[`ENDPOINT_DATA_${id}_${environmentName(key)}`] = value;
  }
  return env;
}

/** Values that the agent hides in the log. */
export function hiddenParameters({ auth }: Endpoint): readonly string[] {
  const entries = Object.entries(auth);
  return entries.flatMap(([key, value]) =>
    PUBLIC_PARAMETERS.has(key.toLowerCase()) ? [] : [value],
  );
}

/** Values that must not get into any file: passwords, keys and tokens, and the pair as Basic sends it. */
export function credentials({ auth }: Endpoint): readonly string[] {
  const entries = Object.entries(auth);
  const values = entries.flatMap(([key, value]) =>
    CREDENTIAL_PARAMETERS.test(key) ? [value] : [],
  );
  const lower = new Map(entries.map(([key, value]) => [key.toLowerCase(), value]));
  const [user, password] = [lower.get('username'), lower.get('password')];
  if (user === undefined || password === undefined) return values;
  return [...values, `${user}:${password}`];
}
