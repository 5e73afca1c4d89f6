import { cloudOf } from '../azure/clouds.ts';
import { all, parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { Secret } from '../core/secret.ts';
import type { AzureCloud, AzureConnection, AzureLogin } from '../ports/azure.ts';
import { parameter } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';

/**
 * The identity and cloud of an Azure Resource Manager connection, or of one to an Azure container registry.
 *
 * @see https://learn.microsoft.com/azure/devops/pipelines/library/connect-to-azure
 */
export function readAzureConnection(input: string, endpoint: Endpoint): Parsed<AzureConnection> {
  const { id, data } = endpoint;
  const connection = all<{ login: AzureLogin; cloud: AzureCloud }>({
    login: readLogin(input, endpoint),
    cloud: readCloud(input, endpoint),
  });
  if (!connection.ok) return connection;
  const subscriptionId = data('subscriptionid');
  return parsed({
    ...{ input, id },
    ...connection.value,
    ...(subscriptionId === undefined ? {} : { subscriptionId }),
  });
}

function readLogin(input: string, endpoint: Endpoint): Parsed<AzureLogin> {
  const { data } = endpoint;
  const scheme = parameter(endpoint, 'scheme') ?? 'ServicePrincipal';
  const kind = (endpoint.scheme === '' ? scheme : endpoint.scheme).toLowerCase();
  const tenantId = parameter(endpoint, 'tenantid') ?? data('tenantid');
  const clientId = parameter(endpoint, 'serviceprincipalid');
  if (kind === 'managedserviceidentity') {
    const userAssigned = data('msiclientid');
    return parsed({
      kind: 'managed',
      ...(tenantId === undefined ? {} : { tenantId }),
      ...(userAssigned === undefined ? {} : { clientId: userAssigned }),
    });
  }
  if (kind !== 'workloadidentityfederation' && kind !== 'serviceprincipal') {
    return problem(
      input,
      `uses the authentication scheme ${endpoint.scheme}; use a connection with workload identity federation, ` +
        'a managed identity or a service principal',
    );
  }
  if (tenantId === undefined || clientId === undefined) {
    return problem(
      input,
      'is a service connection without a tenant and the id of a service principal',
    );
  }
  const application = { tenantId, clientId };
  return kind === 'serviceprincipal'
    ? readServicePrincipal(input, endpoint, application)
    : parsed({ kind: 'federated', ...application });
}

function readServicePrincipal(
  input: string,
  endpoint: Endpoint,
  application: { readonly tenantId: string; readonly clientId: string },
): Parsed<AzureLogin> {
  if (parameter(endpoint, 'authenticationType')?.toLowerCase() === 'spncertificate') {
    const pem = parameter(endpoint, 'servicePrincipalCertificate');
    if (pem === undefined) return problem(input, 'is a service connection without a certificate');
    return parsed({ kind: 'certificate', ...application, pem: new Secret(pem) });
  }
  const secret = parameter(endpoint, 'serviceprincipalkey');
  if (secret === undefined) {
    return problem(input, 'is a service connection without the key of its service principal');
  }
  return parsed({ kind: 'secret', ...application, secret: new Secret(secret) });
}

function readCloud(input: string, endpoint: Endpoint): Parsed<AzureCloud> {
  const { data, url } = endpoint;
  const loginServer = parameter(endpoint, 'loginServer');
  const cloud = cloudOf({
    environment: data('environment'),
    authority: data('activeDirectoryAuthority') ?? data('environmentAuthorityUrl'),
    // The URL of a connection to a registry is that of the registry.
    resourceManager: loginServer === undefined && url !== '' ? url : undefined,
    resourceManagerAudience: data('activeDirectoryServiceEndpointResourceId'),
    loginServer: loginServer?.toLowerCase(),
  });
  const isSafe = [cloud.authority, cloud.resourceManager].every(
    (address) => URL.canParse(address) && new URL(address).protocol === 'https:',
  );
  if (isSafe) return parsed(cloud);
  return problem(input, 'is a service connection whose cloud has an address without https');
}
