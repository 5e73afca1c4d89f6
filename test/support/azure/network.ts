import { readFile } from 'node:fs/promises';
import { oidcEndpointOf } from '../../../shared/azure/oidc-endpoint.ts';
import { sdkHttpClient } from '../../../shared/azure/sdk-http.ts';
import type { SdkHttpClient } from '../../../shared/azure/sdk-http.ts';
import { createTokenSource } from '../../../shared/azure/token-source.ts';
import { Secret } from '../../../shared/core/secret.ts';
import type { AzureConnection, TokenSource } from '../../../shared/ports/azure.ts';
import type { HttpClient } from '../../../shared/ports/http.ts';
import { createHttpClient } from '../../../shared/registry/http-client.ts';
import type { Timing } from '../../../shared/registry/timing.ts';
import { createTransport } from '../../../shared/registry/transport.ts';
import type { TestCloud } from './cloud.ts';
import { APPLICATIONS, FEDERATED_ID, TENANT } from './connections.ts';
import { silentLog } from '../silent-log.ts';

/** The way from this process to a cloud, as an agent has it. */
export interface CloudNetwork {
  readonly sdkHttp: SdkHttpClient;
  readonly http: HttpClient;
  readonly masked: readonly string[];
  tokens(connection: AzureConnection, variables?: TestCloud['agent']['variables']): TokenSource;
  close(): Promise<void>;
}

/** Opens the way; what is local is reached without the proxy. */
export async function openCloudNetwork(cloud: TestCloud, timing: Timing): Promise<CloudNetwork> {
  const { accessToken, variables } = cloud.agent;
  const { 'Agent.CAInfo': authority = '' } = variables;
  const transport = createTransport('test/1', {
    proxyFor: ({ hostname }) =>
      hostname === '127.0.0.1' ? undefined : { url: new URL(cloud.proxy.url) },
    tls: { authorities: [await readFile(authority, 'utf8')] },
  });
  const masked: string[] = [];
  const http = createHttpClient({ transport, timing, log: silentLog });
  const sdkHttp = sdkHttpClient(transport);
  return {
    ...{ sdkHttp, http, masked },
    tokens: (connection, given = variables) =>
      createTokenSource(connection, {
        ...{ http, sdkHttp, timing },
        endpoint: oidcEndpointOf((name) => given[name], new Secret(accessToken)),
        now: () => Date.now(),
        maskSecret: (value) => masked.push(value),
      }),
    close: () => transport.close(),
  };
}

/** A connection with workload identity federation in the public cloud, but for changes. */
export function aConnection(changes: Partial<AzureConnection> = {}): AzureConnection {
  const { clientId } = APPLICATIONS.federated;
  return {
    ...{ input: 'azureSubscription', id: FEDERATED_ID },
    login: { kind: 'federated', tenantId: TENANT, clientId },
    cloud: {
      authority: 'https://login.microsoftonline.com',
      resourceManager: 'https://management.azure.com',
      resourceManagerAudience: 'https://management.azure.com',
    },
    ...changes,
  };
}
