import { TaskError } from '../core/errors.ts';
import { isJsonObject, parseJson } from '../core/json.ts';
import type { JsonObject } from '../core/json.ts';
import { Secret } from '../core/secret.ts';
import { neutralise } from '../core/text.ts';
import type { AzureConnection } from '../ports/azure.ts';
import type { HttpAnswer, HttpClient } from '../ports/http.ts';
import type { Timing } from '../registry/timing.ts';
import { nameOf } from './entra-failures.ts';
import type { OidcEndpoint } from './oidc-endpoint.ts';

/** What asking Azure Pipelines for an identity needs. */
export interface OidcParts {
  readonly http: HttpClient;
  readonly endpoint: OidcEndpoint;
  readonly timing: Pick<Timing, 'sleep'>;
  readonly maskSecret: (value: string) => void;
}

/** A token is a few kilobytes. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** A job that has just begun may not be known yet everywhere; these are the waits of the agent itself. */
const JOB_UNKNOWN = 'TaskOrchestrationPlanSecurityException';
const JOB_UNKNOWN_WAITS_MS = [1_000, 5_000, 25_000];

const SERVER_HINT =
  'Azure DevOps Server gives no OIDC tokens: use a service connection with a secret, a certificate or a managed identity there.';

/**
 * Asks Azure DevOps for an OIDC token of the job for a service connection. It lives for about ten minutes, so each
 * login asks for its own.
 *
 * @throws TaskError `OIDC_TOKEN_FAILED`
 * @see https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create
 */
export async function requestOidcToken(
  parts: OidcParts,
  connection: AzureConnection,
  signal: AbortSignal,
): Promise<Secret> {
  const { url, apiVersion, jobToken } = parts.endpoint;
  if (url === undefined || jobToken === undefined) {
    throw failure(connection, 'this job cannot ask for one.', { hint: SERVER_HINT });
  }
  const target = new URL(url);
  target.searchParams.set('api-version', apiVersion);
  target.searchParams.set('serviceConnectionId', connection.id);
  const authorization = new Secret(`Bearer ${jobToken.reveal()}`);
  const answer = await ask(parts, { url: target, authorization, connection }, signal);
  const token = jsonOf(answer)['oidcToken'];
  if (typeof token !== 'string' || token === '') {
    throw failure(connection, `${target.host} answered without a token.`, { hint: SERVER_HINT });
  }
  parts.maskSecret(token);
  return new Secret(token);
}

interface Question {
  readonly url: URL;
  readonly authorization: Secret;
  readonly connection: AzureConnection;
}

async function ask(
  { http, timing }: OidcParts,
  { url, authorization, connection }: Question,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  for (let attempt = 0; ; attempt += 1) {
    const answer = await http.call(
      {
        ...{ method: 'POST', url, authorization, maxBytes: MAX_ANSWER_BYTES },
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: Buffer.from('{}'),
      },
      { mayRepeat: true, signal },
    );
    if (answer.status === 200) return answer;
    const wait = JOB_UNKNOWN_WAITS_MS[attempt];
    if (wait === undefined || jsonOf(answer)['typeKey'] !== JOB_UNKNOWN) {
      throw refusal(connection, url, answer);
    }
    await timing.sleep(wait, signal);
  }
}

function refusal(connection: AzureConnection, url: URL, answer: HttpAnswer): TaskError {
  const message = jsonOf(answer)['message'];
  const told = typeof message === 'string' ? `: ${neutralise(message)}` : '.';
  return failure(connection, `${url.host} answered ${answer.status}${told}`, {
    hint:
      answer.status === 404
        ? SERVER_HINT
        : 'Check under Project settings > Service connections that the pipeline may use the connection and that it is ' +
          'one with workload identity federation.',
  });
}

function failure(
  connection: AzureConnection,
  reason: string,
  options: { readonly hint: string },
): TaskError {
  const message = `No OIDC token for ${nameOf(connection)}: ${reason}`;
  return new TaskError('OIDC_TOKEN_FAILED', message, options);
}

function jsonOf({ bytes }: HttpAnswer): JsonObject {
  const json = parseJson(bytes, '');
  return json.ok && isJsonObject(json.value) ? json.value : {};
}
