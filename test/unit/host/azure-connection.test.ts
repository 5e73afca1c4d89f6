import assert from 'node:assert/strict';
import { readAzureConnection } from '../../../shared/host/azure-connection.ts';
import type { Endpoint } from '../../../shared/host/endpoint.ts';
import type { AzureConnection } from '../../../shared/ports/azure.ts';

const ID = '0b6e1f2a-0000-4000-8000-000000000001';
const APPLICATION = { tenantid: 'tenant', serviceprincipalid: 'client' };

interface Given {
  readonly scheme?: string;
  readonly url?: string;
  readonly auth?: Readonly<Record<string, string>>;
  readonly data?: Readonly<Record<string, string>>;
}

function endpoint({
  scheme = 'ServicePrincipal',
  url = '',
  auth = {},
  data = {},
}: Given): Endpoint {
  const entries = new Map(Object.entries(data).map(([key, value]) => [key.toLowerCase(), value]));
  return { id: ID, url, scheme, parameters: auth, data: (name) => entries.get(name.toLowerCase()) };
}

function connectionOf(given: Given): AzureConnection {
  const result = readAzureConnection('azureSubscription', endpoint(given));
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

/** The way to log in with everything that it needs, secrets revealed. */
function loginOf(given: Given): string {
  const { login } = connectionOf(given);
  const { kind, tenantId = '-', clientId = '-' } = login;
  const proof =
    login.kind === 'secret'
      ? login.secret.reveal()
      : login.kind === 'certificate'
        ? login.pem.reveal()
        : '-';
  return [kind, tenantId, clientId, proof].join(' ');
}

describe('azure-connection readAzureConnection', () => {
  const logins: readonly { readonly name: string; readonly given: Given; readonly is: string }[] = [
    {
      name: 'a client secret',
      given: { auth: { ...APPLICATION, serviceprincipalkey: 'key', authenticationType: 'spnKey' } },
      is: 'secret tenant client key',
    },
    {
      name: 'a client secret of an old connection, which says nothing of schemes and types',
      given: { scheme: '', auth: { ...APPLICATION, serviceprincipalkey: 'key' } },
      is: 'secret tenant client key',
    },
    {
      name: 'a certificate',
      given: {
        auth: {
          ...APPLICATION,
          authenticationType: 'spnCertificate',
          servicePrincipalCertificate: 'PEM',
        },
      },
      is: 'certificate tenant client PEM',
    },
    {
      name: 'workload identity federation, with names in any case',
      given: {
        scheme: 'workloadidentityfederation',
        auth: { tenantId: 'tenant', ServicePrincipalId: 'client' },
      },
      is: 'federated tenant client -',
    },
    {
      name: 'workload identity federation, where the scheme is among the parameters',
      given: { scheme: '', auth: { ...APPLICATION, scheme: 'WorkloadIdentityFederation' } },
      is: 'federated tenant client -',
    },
    {
      name: 'the managed identity of the machine',
      given: { scheme: 'ManagedServiceIdentity', auth: { tenantid: 'tenant' } },
      is: 'managed tenant - -',
    },
    {
      name: 'a managed identity that a user assigned',
      given: { scheme: 'ManagedServiceIdentity', data: { msiclientId: 'assigned' } },
      is: 'managed - assigned -',
    },
  ];
  for (const { name, given, is } of logins) {
    it(`logs in with ${name}`, () => {
      assert.equal(loginOf(given), is);
    });
  }

  const problems: readonly { readonly given: Given; readonly message: RegExp }[] = [
    { given: { auth: { serviceprincipalkey: 'key' } }, message: /without a tenant and the id/ },
    {
      given: { scheme: 'WorkloadIdentityFederation', auth: { tenantid: 't' } },
      message: /without a tenant and the id/,
    },
    { given: { auth: APPLICATION }, message: /without the key of its service principal/ },
    {
      given: { auth: { ...APPLICATION, authenticationType: 'spnCertificate' } },
      message: /without a certificate/,
    },
    { given: { scheme: 'PublishProfile' }, message: /scheme PublishProfile; use a connection/ },
    {
      given: {
        scheme: 'ManagedServiceIdentity',
        data: { activeDirectoryAuthority: 'http://login.example' },
      },
      message: /an address without https/,
    },
    {
      given: { scheme: 'ManagedServiceIdentity', url: 'management.example' },
      message: /an address without https/,
    },
  ];
  for (const { given, message } of problems) {
    it(`refuses a connection ${message.source}`, () => {
      const result = readAzureConnection('azureSubscription', endpoint(given));
      assert.ok(!result.ok);
      assert.deepEqual(
        result.problems.map(({ path }) => path),
        ['azureSubscription'],
      );
      assert.match(result.problems[0]?.message ?? '', message);
    });
  }

  it('takes the cloud from what the connection says, and the subscription', () => {
    const { cloud, subscriptionId, id } = connectionOf({
      scheme: 'ManagedServiceIdentity',
      url: 'https://management.local.azurestack.external/',
      data: {
        environment: 'AzureStack',
        subscriptionId: 'subscription',
        environmentAuthorityUrl: 'https://login.azurestack.example/',
        activeDirectoryServiceEndpointResourceId: 'https://management.adfs.azurestack.local/abc',
      },
    });
    assert.deepEqual(cloud, {
      authority: 'https://login.azurestack.example',
      resourceManager: 'https://management.local.azurestack.external',
      resourceManagerAudience: 'https://management.adfs.azurestack.local/abc',
    });
    assert.equal(subscriptionId, 'subscription');
    assert.equal(id, ID);
  });

  it('does not take a registry for Azure Resource Manager', () => {
    const { cloud } = connectionOf({
      scheme: 'ManagedServiceIdentity',
      url: 'https://example.azurecr.cn',
      auth: { loginServer: 'Example.azurecr.cn' },
    });
    assert.equal(cloud.resourceManager, 'https://management.chinacloudapi.cn');
    assert.equal(cloud.authority, 'https://login.partner.microsoftonline.cn');
  });

  it('keeps keys and certificates secret', () => {
    const secret = connectionOf({ auth: { ...APPLICATION, serviceprincipalkey: 'hunter2' } });
    assert.ok(!JSON.stringify(secret).includes('hunter2'));
  });
});
