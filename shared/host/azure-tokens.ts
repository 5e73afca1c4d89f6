import * as agent from 'azure-pipelines-task-lib/task.js';
import { oidcEndpointOf } from '../azure/oidc-endpoint.ts';
import { sdkHttpClient } from '../azure/sdk-http.ts';
import { createTokenSource } from '../azure/token-source.ts';
import { Secret } from '../core/secret.ts';
import type { AzureConnection, TokenSource } from '../ports/azure.ts';
import type { HttpClient } from '../ports/http.ts';
import { systemTiming } from '../registry/timing.ts';
import type { Transport } from '../registry/transport.ts';
import { maskSecret } from './agent-inputs.ts';

/** The connection of the job to Azure DevOps. */
const SYSTEM_CONNECTION = 'SYSTEMVSSCONNECTION';

/** Token sources for service connections, one for each, made when it is first asked for. */
export function azureTokens(network: {
  readonly transport: Transport;
  readonly http: HttpClient;
}): (connection: AzureConnection) => TokenSource {
  const sources = new Map<string, TokenSource>();
  const parts = {
    http: network.http,
    sdkHttp: sdkHttpClient(network.transport),
    timing: systemTiming,
    now: () => systemTiming.now(),
    maskSecret,
  };
  return (connection) => {
    const endpoint = oidcEndpointOf((name) => variable(name), jobToken());
    const source =
      sources.get(connection.id) ?? createTokenSource(connection, { ...parts, endpoint });
    sources.set(connection.id, source);
    return source;
  };
}

/** The token of the job, which the agent hands to every task. */
function jobToken(): Secret | undefined {
  const token = agent.getEndpointAuthorizationParameter(SYSTEM_CONNECTION, 'AccessToken', true);
  return token === undefined || token === '' ? undefined : new Secret(token);
}

function variable(name: string): string | undefined {
  const value = agent.getVariable(name);
  return value === '' ? undefined : value;
}
