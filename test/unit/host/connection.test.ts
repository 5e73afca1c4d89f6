import assert from 'node:assert/strict';
import { readConnection } from '../../../shared/host/connection.ts';
import type { Endpoint } from '../../../shared/host/connection.ts';

const USER = { username: 'pusher', password: 'hunter2' };
const PRINCIPAL = { serviceprincipalid: 'app-id', serviceprincipalkey: 'app-key' };

function endpoint(
  registryType: string,
  parameters: Endpoint['parameters'],
  scheme = 'UsernamePassword',
): Endpoint {
  return { registryType, parameters, scheme };
}

/** Registry, user name and password of a connection, or what is wrong with it. */
function read(given: Endpoint): string {
  const result = readConnection('c', given);
  if (!result.ok) return result.problems.map(({ path, message }) => `${path}: ${message}`).join();
  const { registry, credential } = result.value;
  if (credential === undefined) return `${registry} anonymous`;
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
        { loginServer: 'example.azurecr.io', serviceprincipalid: 'app-id' },
        'ServicePrincipal',
      ),
      read: 'c: is a service connection without the id and key of a service principal',
    },
    {
      name: 'an Azure container registry without a login server as a problem',
      given: endpoint('ACR', PRINCIPAL, 'ServicePrincipal'),
      read: 'c: is a service connection without a login server',
    },
    ...['WorkloadIdentityFederation', 'ManagedServiceIdentity'].map((scheme) => ({
      name: `${scheme} as a problem that says what to do`,
      given: endpoint('ACR', { loginServer: 'example.azurecr.io' }, scheme),
      read:
        `c: uses the authentication scheme ${scheme}, which this version does not support; ` +
        'use a service principal, or log in with Docker@2 and name the registry instead',
    })),
  ];
  for (const { name, given, read: expected } of others) {
    it(`takes ${name}`, () => {
      assert.equal(read(given), expected);
    });
  }

  it('keeps the password a secret', () => {
    const connection = readConnection('c', endpoint('Others', { registry: 'a.example', ...USER }));
    assert.ok(!JSON.stringify(connection).includes('hunter2'));
  });
});
