import { TaskError } from '../core/errors.ts';
import { neutralise } from '../core/text.ts';
import type { AzureConnection } from '../ports/azure.ts';

/** A connection as messages name it: by its input and id, as the agent does not tell its name. */
export function nameOf({ input, id }: AzureConnection): string {
  return `the service connection of ${input} (${id})`;
}

const SECRETS = 'under App registrations > Certificates & secrets';
const FEDERATION =
  'Compare issuer and subject of the service connection with the federated credential of its app registration ' +
  '(Certificates & secrets > Federated credentials) or managed identity.';
const APPLICATION =
  'Check the application (client) id and the tenant id of the service connection: the app registration must exist in that tenant.';
const CERTIFICATE = `Upload the public part of the certificate of the service connection ${SECRETS}, and check that it has not expired.`;

/**
 * What to check for an error of Microsoft Entra ID, by its number.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
const HINTS: ReadonlyMap<string, string> = new Map([
  [
    '7000215',
    `Make a new client secret ${SECRETS}, and put its value into the service connection.`,
  ],
  [
    '7000222',
    `The client secret has expired: make a new one ${SECRETS}, or convert the service connection to workload identity federation.`,
  ],
  ['700016', APPLICATION],
  ['7000229', APPLICATION],
  ['90002', 'Check the tenant id of the service connection.'],
  ['900023', 'Check the tenant id of the service connection.'],
  ['700024', 'Check the clock of the agent: the OIDC token of the job was used outside its time.'],
  ['70021', FEDERATION],
  ['700211', FEDERATION],
  ['700212', FEDERATION],
  ['700213', FEDERATION],
  [
    '700223',
    'Save the service connection again: its federated credential does not fit this organization.',
  ],
  ['700027', CERTIFICATE],
  ['700030', CERTIFICATE],
  ['1000502', CERTIFICATE],
  ['7000112', 'Enable the application under Enterprise applications > Properties.'],
  ['50105', 'Assign the application the access it asks for under Enterprise applications.'],
  ['500011', 'Check that environment and tenant of the service connection belong to the resource.'],
  [
    '53003',
    'Ask the administrator of the tenant which conditional access policy keeps this workload out.',
  ],
]);

/** What to check when the number is unknown, by the way that the connection logs in. */
const GENERAL: Readonly<Record<AzureConnection['login']['kind'], string>> = {
  secret: APPLICATION,
  certificate: CERTIFICATE,
  federated: FEDERATION,
  managed:
    'Run the job on an agent in Azure that has the managed identity, or use workload identity federation.',
};

/** Says that Microsoft Entra ID, or the machine's identity endpoint, gave no token. */
export function entraFailure(
  connection: AzureConnection,
  scope: string,
  cause: unknown,
): TaskError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const number = /AADSTS(\d+)/.exec(text)?.[1];
  const { kind } = connection.login;
  const server = kind === 'managed' ? 'the managed identity endpoint' : connection.cloud.authority;
  return new TaskError(
    'ENTRA_TOKEN_FAILED',
    `${capital(nameOf(connection))} got no token for ${scope} from ${server}: ${explanationIn(text)}`,
    { hint: HINTS.get(number ?? '') ?? GENERAL[kind], cause },
  );
}

/** The sentence of the server, without the numbers for its support that change with each call. */
function explanationIn(text: string): string {
  const start = text.indexOf('AADSTS');
  const told = text.slice(Math.max(start, 0)).split(/\s*Trace ID:/)[0] ?? text;
  return neutralise(told).trim();
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
