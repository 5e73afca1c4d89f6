import assert from 'node:assert/strict';
import { readConnection } from '../../../shared/host/connection.ts';
import type { Endpoint } from '../../../shared/host/endpoint.ts';

const ID = '0b6e1f2a-0000-4000-8000-000000000001';
const USER = { username: 'pusher', password: 'hunter2' };
const PRINCIPAL = { serviceprincipalid: 'app-id', serviceprincipalkey: 'app-key' };

function endpoint(
  registryType: string,
  parameters: Endpoint['parameters'],
  scheme = 'UsernamePassword',
): Endpoint {
  const data = (name: string): string | undefined =>
    name === 'registrytype' ? registryType : undefined;
  return { id: ID, url: 'https://hub.docker.com/', data, parameters, scheme };
}

/** Registry, user name and password of a connection, or what is wrong with it. */
function read(given: Endpoint): string {
  const result = readConnection('c', given);
  if (!result.ok) return result.problems.map(({ path, message }) => `${path}: ${message}`).join();
  const { registry, credential, azure } = result.value;
  if (credential === undefined) return `${registry} ${azure?.login.kind ?? 'anonymous'}`;
  return `${registry} ${credential.username} ${credential.password.reveal()}`;
}

describe('connection readConnection', () => {
  const urls = [
    ['https://index.docker.io/v1/', 'index.docker.io'],
    ['https://hub.docker.com/', 'docker.io'],
    ['https://registry.hub.docker.com', 'docker.io'],
    ['https://Registry.Example:5000/v2/', 'registry.example:5000'],
    ['http://registry.example', 'registry.example'],
    ['registry.example/some/path', 'registry.example'],
    ['ghcr.io', 'ghcr.io'],
    ['HTTPS://GHCR.io', 'ghcr.io'],
  ] as const;
  for (const [url, registry] of urls) {
    it(`takes ${registry} from ${url}`, () => {
      const given = endpoint('Others', { registry: url, ...USER });
      assert.equal(read(given), `${registry} pusher hunter2`);
    });
  }

  const others: readonly {
    readonly name: string;
    readonly given: Endpoint;
    readonly read: string;
  }[] = [
    {
      name: 'Docker Hub',
      given: endpoint('DockerHub', { registry: 'https://index.docker.io/v1/', ...USER }),
      read: 'index.docker.io pusher hunter2',
    },
    {
      name: 'parameters in any case',
      given: endpoint('', { Registry: 'a.example', UserName: 'u', PASSWORD: 'p' }),
      read: 'a.example u p',
    },
    {
      name: 'no credential as anonymous',
      given: endpoint('Others', { registry: 'a.example', username: '', password: '' }),
      read: 'a.example anonymous',
    },
    {
      name: 'a user name alone as anonymous',
      given: endpoint('Others', { registry: 'a.example', username: 'u' }),
      read: 'a.example anonymous',
    },
    {
      name: 'a password alone as anonymous',
      given: endpoint('Others', { registry: 'a.example', password: 'p' }),
      read: 'a.example anonymous',
    },
    {
      name: 'no registry as a problem',
      given: endpoint('Others', { registry: '', ...USER }),
      read: 'c: is a service connection without a registry',
    },
    {
      name: 'a service principal of an Azure container registry',
      given: endpoint(
        'ACR',
        { loginServer: 'Example.azurecr.io', ...PRINCIPAL },
        'ServicePrincipal',
      ),
      read: 'example.azurecr.io app-id app-key',
    },
    {
      name: 'a service principal without a scheme',
      given: endpoint('acr', { loginserver: 'example.azurecr.io', ...PRINCIPAL }, ''),
      read: 'example.azurecr.io app-id app-key',
    },
    {
      name: 'a service principal without its key as a problem',
      given: endpoint(
        'ACR',
        { loginServer: 'example.azurecr.io', serviceprincipalid: 'app-id', tenantId: 't' },
        'ServicePrincipal',
      ),
      read: 'c: is a service connection without the key of its service principal',
    },
    {
      name: 'a service principal without its id as a problem',
      given: endpoint('ACR', { loginServer: 'example.azurecr.io', tenantId: 't' }, ''),
      read: 'c: is a service connection without a tenant and the id of a service principal',
    },
    {
      name: 'an Azure container registry without a login server as a problem',
      given: endpoint('ACR', PRINCIPAL, 'ServicePrincipal'),
      read: 'c: is a service connection without a login server',
    },
    {
      name: 'workload identity federation, whatever key was left behind',
      given: endpoint(
        'ACR',
        { loginServer: 'Example.azurecr.io', tenantId: 't', ...PRINCIPAL },
        'WorkloadIdentityFederation',
      ),
      read: 'example.azurecr.io federated',
    },
    {
      name: 'the managed identity of the agent',
      given: endpoint('ACR', { loginServer: 'example.azurecr.io' }, 'ManagedServiceIdentity'),
      read: 'example.azurecr.io managed',
    },
    {
      name: 'a scheme that is not known as a problem',
      given: endpoint('ACR', { loginServer: 'example.azurecr.io' }, 'PublishProfile'),
      read:
        'c: uses the authentication scheme PublishProfile; use a connection with workload identity federation, ' +
        'a managed identity or a service principal',
    },
  ];
  for (const { name, given, read: expected } of others) {
    it(`takes ${name}`, () => {
      assert.equal(read(given), expected);
    });
  }

  const resources = [
    { name: 'where it says so', data: '/one', scope: '/two', registryId: '/one' },
    { name: 'by its scope', data: undefined, scope: '/two', registryId: '/two' },
    {
      name: 'not where it does not tell',
      data: undefined,
      scope: undefined,
      registryId: undefined,
    },
  ];
  for (const { name, data, scope, registryId } of resources) {
    it(`takes the resource of an Azure container registry ${name}`, () => {
      const parameters = { loginServer: 'example.azurecr.io', ...PRINCIPAL, tenantid: 't' };
      const given = {
        ...endpoint('ACR', { ...parameters, ...(scope === undefined ? {} : { scope }) }, ''),
        data: (key: string) =>
          key === 'registrytype' ? 'ACR' : key === 'registryId' ? data : undefined,
      };
      const connection = readConnection('c', given);
      assert.ok(connection.ok);
      assert.equal(connection.value.registryId, registryId);
      assert.equal('registryId' in connection.value, registryId !== undefined);
      assert.equal(connection.value.azure?.login.kind, 'secret');
    });
  }

  it('keeps the password a secret', () => {
    const connection = readConnection('c', endpoint('Others', { registry: 'a.example', ...USER }));
    assert.ok(!JSON.stringify(connection).includes('hunter2'));
  });
});
