import { X509Certificate, constants, createHash, verify } from 'node:crypto';
import { formOf } from './call.ts';
import type { Call, Reply, Service } from './call.ts';
import type { TokenBook } from './tokens.ts';

/** An application that may log in. */
export interface Application {
  readonly tenantId: string;
  readonly clientId: string;
  readonly secret?: string;
  /** PEM of the certificate whose key signs its assertions. */
  readonly certificate?: string;
  /** The service connections whose OIDC tokens it accepts. */
  readonly federatedWith?: readonly string[];
}

/** How long tokens live; switches are read at each request. */
export interface EntraSwitches {
  tokenLifetimeMs: number;
  /** An error such as `AADSTS53003: blocked`, instead of any token. */
  refuseWith: string | undefined;
  /** Audiences that the tenant does not know. */
  unknownAudiences: readonly string[];
}

/** The audience of assertions that an OIDC issuer makes for Microsoft Entra ID. */
export const ASSERTION_AUDIENCE = 'api://AzureADTokenExchange';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Microsoft Entra ID: the token endpoint of client credentials, and the documents that clients may ask for first. */
export function entra(
  hosts: readonly string[],
  tokens: TokenBook,
  parts: { readonly applications: readonly Application[]; readonly switches: EntraSwitches },
): Service {
  return (call) => {
    if (!hosts.includes(call.host)) return undefined;
    const [, tenant = '', ...rest] = call.path.split('/');
    if (rest.join('/') === 'v2.0/.well-known/openid-configuration')
      return configuration(call, tenant);
    if (rest.join('/') !== 'oauth2/v2.0/token') return undefined;
    if (call.method !== 'POST') return { status: 405 };
    if (parts.switches.refuseWith !== undefined) return denied(parts.switches.refuseWith);
    const application = parts.applications.find(
      ({ tenantId, clientId }) => tenantId === tenant && clientId === formOf(call)['client_id'],
    );
    if (application === undefined) {
      return denied('AADSTS700016: Application was not found in the directory.');
    }
    return grant(call, application, { tokens, switches: parts.switches });
  };
}

function grant(
  call: Call,
  application: Application,
  { tokens, switches }: { readonly tokens: TokenBook; readonly switches: EntraSwitches },
): Reply {
  const form = formOf(call);
  const scope = (form['scope'] ?? '').split(' ').find((one) => one.endsWith('/.default'));
  if (form['grant_type'] !== 'client_credentials' || scope === undefined) {
    return denied('AADSTS900144: The request body must contain grant_type and scope.');
  }
  const problem = proofProblem(form, application, { tokens, call });
  if (problem !== undefined) return denied(problem);
  const audience = scope.slice(0, -'/.default'.length);
  if (switches.unknownAudiences.includes(audience)) {
    return denied(`AADSTS500011: The resource principal named ${audience} was not found.`);
  }
  const token = tokens.issue({ audience, subject: application.clientId }, switches.tokenLifetimeMs);
  const seconds = Math.floor(switches.tokenLifetimeMs / 1000);
  return {
    status: 200,
    body: {
      token_type: 'Bearer',
      expires_in: seconds,
      ext_expires_in: seconds,
      access_token: token,
    },
  };
}

interface ProofContext {
  readonly tokens: TokenBook;
  readonly call: Call;
}

/** What is wrong with the proof of an application, absent when nothing is. */
function proofProblem(
  form: Readonly<Record<string, string>>,
  { secret, certificate, federatedWith }: Application,
  { tokens, call }: ProofContext,
): string | undefined {
  const assertion = form['client_assertion'];
  if (assertion === undefined) {
    const isRight = secret !== undefined && form['client_secret'] === secret;
    return isRight ? undefined : 'AADSTS7000215: Invalid client secret provided.';
  }
  if (form['client_assertion_type'] !== ASSERTION_TYPE) return 'AADSTS900144: No assertion type.';
  if (certificate !== undefined) {
    const isRight = isSignedBy(assertion, certificate, `https://${call.host}${call.path}`);
    return isRight ? undefined : 'AADSTS700027: The certificate is not registered.';
  }
  const claims = tokens.read(assertion);
  if (claims === undefined) {
    return 'AADSTS700024: Client assertion is not within its valid time range.';
  }
  const isRight =
    claims.audience === ASSERTION_AUDIENCE && federatedWith?.includes(claims.subject) === true;
  return isRight ? undefined : 'AADSTS700213: No matching federated identity record found.';
}

/** Whether an assertion is signed by the key of a certificate, shows its thumbprint, and is meant for this endpoint. */
function isSignedBy(assertion: string, pem: string, endpoint: string): boolean {
  const [head = '', body = '', signature = ''] = assertion.split('.');
  const certificate = new X509Certificate(pem);
  const header = decode(head);
  const claims = decode(body);
  const thumbprint = createHash('sha256').update(certificate.raw).digest('base64url');
  if (header['alg'] !== 'PS256' || header['x5t#S256'] !== thumbprint) return false;
  if (claims['aud'] !== endpoint || Number(claims['exp']) * 1000 < Date.now()) return false;
  return verify(
    'sha256',
    Buffer.from(`${head}.${body}`),
    { key: certificate.publicKey, padding: constants.RSA_PKCS1_PSS_PADDING },
    Buffer.from(signature, 'base64url'),
  );
}

function decode(part: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
}

function configuration({ host }: Call, tenant: string): Reply {
  const base = `https://${host}/${tenant}`;
  return {
    status: 200,
    body: {
      token_endpoint: `${base}/oauth2/v2.0/token`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      end_session_endpoint: `${base}/oauth2/v2.0/logout`,
      jwks_uri: `${base}/discovery/v2.0/keys`,
      issuer: `${base}/v2.0`,
    },
  };
}

function denied(description: string): Reply {
  const body = {
    error: 'invalid_client',
    error_description: `${description} Trace ID: 1234 Correlation ID: 5678 Timestamp: 2026-01-02 03:04:05Z`,
    error_codes: [Number(/\d+/.exec(description)?.[0])],
  };
  return { status: 401, body };
}
