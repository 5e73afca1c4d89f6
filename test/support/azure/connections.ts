import type { Endpoint } from '../agent/endpoints.ts';
import { makeChain } from '../certificates.ts';
import type { Application } from './entra.ts';

/** The tenant of all applications. */
export const TENANT = '72f988bf-0000-4000-8000-000000000001';

/** The id of service connections with workload identity federation. */
export const FEDERATED_ID = 'fed00000-0000-4000-8000-000000000001';

/** The same, where a step has several. */
export const OTHER_FEDERATED_IDS = [
  'fed00000-0000-4000-8000-000000000003',
  'fed00000-0000-4000-8000-000000000004',
  'fed00000-0000-4000-8000-000000000005',
  'fed00000-0000-4000-8000-000000000006',
] as const;

/** The client id of an identity that a user assigned to the agent's machine. */
export const ASSIGNED_ID = 'a5519000-0000-4000-8000-000000000001';

const certificate = makeChain({ keyType: 'RSA-2048' });

/** Applications, one for each way to log in. */
export const APPLICATIONS = {
  secret: {
    tenantId: TENANT,
    clientId: '5ec7e700-0000-4000-8000-000000000001',
    secret: 'the client secret of the application',
  },
  certificate: {
    tenantId: TENANT,
    clientId: 'ce700000-0000-4000-8000-000000000001',
    certificate: certificate.chainPem,
  },
  federated: {
    tenantId: TENANT,
    clientId: 'fed00000-0000-4000-8000-000000000002',
    federatedWith: [FEDERATED_ID, ...OTHER_FEDERATED_IDS],
  },
} satisfies Record<string, Application>;

/** Ways in which service connections log in. */
export type Scheme = keyof typeof APPLICATIONS | 'machine' | 'assigned';

/** All of them. */
export const SCHEMES: readonly Scheme[] = [
  'secret',
  'certificate',
  'federated',
  'machine',
  'assigned',
];

/** The ids under which the schemes are known to resources. */
export const MEMBERS: readonly string[] = [
  ...Object.values(APPLICATIONS).map(({ clientId }) => clientId),
  ...['', ASSIGNED_ID],
];

/** What the service hands over to log in, whatever the connection is for. */
function loginOf(scheme: Scheme): Pick<Endpoint, 'id' | 'scheme' | 'auth' | 'data'> {
  switch (scheme) {
    case 'secret': {
      const { tenantId, clientId, secret } = APPLICATIONS.secret;
      const auth = { authenticationType: 'spnKey', serviceprincipalkey: secret };
      return {
        scheme: 'ServicePrincipal',
        auth: { tenantid: tenantId, serviceprincipalid: clientId, ...auth },
      };
    }
    case 'certificate': {
      const { tenantId, clientId } = APPLICATIONS.certificate;
      const servicePrincipalCertificate = certificate.chainPem + certificate.leafKeyPem;
      const auth = { authenticationType: 'spnCertificate', servicePrincipalCertificate };
      return {
        scheme: 'ServicePrincipal',
        auth: { tenantid: tenantId, serviceprincipalid: clientId, ...auth },
      };
    }
    case 'federated': {
      const { tenantId, clientId } = APPLICATIONS.federated;
      return {
        id: FEDERATED_ID,
        scheme: 'WorkloadIdentityFederation',
        auth: { tenantid: tenantId, serviceprincipalid: clientId },
      };
    }
    case 'machine':
      return { scheme: 'ManagedServiceIdentity', auth: { tenantid: TENANT } };
    case 'assigned':
      return {
        scheme: 'ManagedServiceIdentity',
        auth: { tenantid: TENANT },
        data: { msiclientId: ASSIGNED_ID },
      };
  }
}

/** A service connection to an Azure container registry. */
export function acrConnection(scheme: Scheme, loginServer: string): Endpoint {
  const login = loginOf(scheme);
  return {
    ...login,
    url: `https://${loginServer}`,
    auth: { ...login.auth, loginServer },
    data: { ...login.data, registrytype: 'ACR' },
  };
}

/** An Azure Resource Manager connection; `data` says which cloud it is for. */
export function azureConnection(
  scheme: Scheme,
  subscription: string,
  data: Readonly<Record<string, string>> = {},
): Endpoint {
  const login = loginOf(scheme);
  return {
    url: 'https://management.azure.com/',
    ...login,
    data: { environment: 'AzureCloud', subscriptionid: subscription, ...login.data, ...data },
  };
}
