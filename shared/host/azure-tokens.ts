import { oidcEndpointOf } from '../azure/oidc-endpoint.ts';
import { sdkHttpClient } from '../azure/sdk-http.ts';
import { createTokenSource } from '../azure/token-source.ts';
import type { AzureConnection, TokenSource } from '../ports/azure.ts';
import type { HttpClient } from '../ports/http.ts';
import { systemTiming } from '../registry/timing.ts';
import type { Transport } from '../registry/transport.ts';
import { jobToken, maskSecret, variable } from './agent-inputs.ts';

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
    const source =
      sources.get(connection.id) ??
      createTokenSource(connection, { ...parts, endpoint: oidcEndpointOf(variable, jobToken()) });
    sources.set(connection.id, source);
    return source;
  };
}
