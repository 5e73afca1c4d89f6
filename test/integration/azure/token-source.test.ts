import assert from 'node:assert/strict';
import type { ErrorCode } from '../../../shared/core/errors.ts';
import { Secret } from '../../../shared/core/secret.ts';
import type { AzureConnection, TokenSource } from '../../../shared/ports/azure.ts';
import { startCloud } from '../../support/azure/cloud.ts';
import type { TestCloud } from '../../support/azure/cloud.ts';
import { APPLICATIONS, TENANT } from '../../support/azure/connections.ts';
import { aConnection, openCloudNetwork } from '../../support/azure/network.ts';
import type { CloudNetwork } from '../../support/azure/network.ts';
import { fakeTiming } from '../registry-client/support.ts';
import type { FakeTiming } from '../registry-client/support.ts';

const SCOPE = 'https://vault.azure.net/.default';
const { signal } = new AbortController();

describe('createTokenSource', function () {
  this.timeout(20_000);
  let cloud: TestCloud;
  let network: CloudNetwork;
  let timing: FakeTiming;

  beforeEach(async () => {
    cloud = await startCloud({ applications: Object.values(APPLICATIONS) });
    timing = fakeTiming();
    network = await openCloudNetwork(cloud, timing);
  });
  afterEach(async () => {
    await network.close();
    await cloud.close();
  });

  const source = (
    given: AzureConnection,
    variables?: Readonly<Record<string, string>>,
  ): TokenSource => network.tokens(given, variables);

  it('gives a token for the audience and masks all that it was made of', async () => {
    const { token, expiresOn } = await source(aConnection()).token(SCOPE, signal);
    const claims = cloud.tokens.read(token.reveal());
    assert.equal(claims?.audience, 'https://vault.azure.net');
    assert.equal(claims.subject, APPLICATIONS.federated.clientId);
    assert.ok(Math.abs(expiresOn.getTime() - Date.now() - 3_600_000) < 60_000);
    assert.equal(network.masked.length, 2, 'the OIDC token and the access token');
    assert.ok(network.masked.includes(token.reveal()));
  });

  it('holds a token, shares it between callers, and keeps scopes apart', async () => {
    const tokens = source(aConnection());
    await Promise.all([1, 2, 3].map(async () => tokens.token(SCOPE, signal)));
    await tokens.token(SCOPE, signal);
    assert.equal(logins(), 1);
    await tokens.token('https://management.azure.com/.default', signal);
    assert.equal(logins(), 2);
  });

  it('fetches a new OIDC token for each new access token, so that none is too old', async () => {
    cloud.entra.tokenLifetimeMs = 4 * 60_000;
    cloud.jobTokens.tokenLifetimeMs = 1_000;
    const tokens = source(aConnection());
    const first = await tokens.token(SCOPE, signal);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const second = await tokens.token(SCOPE, signal);
    assert.notEqual(first.token.reveal(), second.token.reveal());
    assert.equal(cloud.calls.filter((call) => call.endsWith('/oidctoken')).length, 2);
  });

  it('waits for a job that the server does not know yet', async () => {
    cloud.jobTokens.unknownJobAnswers = 2;
    await source(aConnection()).token(SCOPE, signal);
    assert.deepEqual(timing.waits, [1_000, 5_000]);
  });

  it('asks the authority that the connection names, which no directory knows', async () => {
    const tokens = source(
      aConnection({
        cloud: { ...aConnection().cloud, authority: 'https://login.private.test' },
      }),
    );
    await tokens.token(SCOPE, signal);
    assert.deepEqual(
      cloud.calls.filter((call) => !call.endsWith('/oidctoken')),
      [
        `GET login.private.test/${TENANT}/v2.0/.well-known/openid-configuration`,
        `POST login.private.test/${TENANT}/oauth2/v2.0/token`,
      ],
    );
  });

  const refusals: readonly {
    readonly name: string;
    readonly changes?: Partial<AzureConnection>;
    readonly arrange?: () => void;
    readonly code: ErrorCode;
    readonly message: RegExp;
    readonly hint: RegExp;
  }[] = [
    {
      name: 'a connection that the job must not use',
      changes: { id: 'other-connection' },
      code: 'OIDC_TOKEN_FAILED',
      message: /azureSubscription \(other-connection\): dev\.azure\.test answered 404: No service/,
      hint: /Azure DevOps Server/,
    },
    {
      name: 'a server that does not come to know the job',
      arrange: () => (cloud.jobTokens.unknownJobAnswers = 9),
      code: 'OIDC_TOKEN_FAILED',
      message: /answered 403: TF400898: the plan is not known\./,
      hint: /Service connections/,
    },
    {
      name: 'an OIDC token that came too late',
      arrange: () => (cloud.jobTokens.tokenLifetimeMs = -1),
      code: 'ENTRA_TOKEN_FAILED',
      message: /https:\/\/login\.microsoftonline\.com: AADSTS700024: .* valid time range\.$/,
      hint: /clock of the agent/,
    },
    {
      name: 'an application that is not in the tenant',
      changes: { login: { kind: 'federated', tenantId: TENANT, clientId: 'nobody' } },
      code: 'ENTRA_TOKEN_FAILED',
      message: /AADSTS700016/,
      hint: /application \(client\) id and the tenant id/,
    },
    {
      name: 'a wrong client secret',
      changes: {
        login: { kind: 'secret', ...idsOf(APPLICATIONS.secret), secret: new Secret('wrong') },
      },
      code: 'ENTRA_TOKEN_FAILED',
      message: /AADSTS7000215/,
      hint: /Certificates & secrets/,
    },
    {
      name: 'a resource of another cloud',
      arrange: () => (cloud.entra.unknownAudiences = ['https://vault.azure.net']),
      code: 'ENTRA_TOKEN_FAILED',
      message: /for https:\/\/vault\.azure\.net\/\.default .*AADSTS500011/,
      hint: /environment and tenant/,
    },
    {
      name: 'a number that is not known',
      arrange: () => (cloud.entra.refuseWith = 'AADSTS999999: ##vso[task.complete]Something.'),
      code: 'ENTRA_TOKEN_FAILED',
      message: /AADSTS999999: # # *vso\[task\.complete\]Something\.$/,
      hint: /issuer and subject/,
    },
    {
      name: 'a certificate that cannot be read',
      changes: {
        login: { kind: 'certificate', ...idsOf(APPLICATIONS.certificate), pem: new Secret('?') },
      },
      code: 'ENTRA_TOKEN_FAILED',
      message: /certificate/i,
      hint: /Upload the public part/,
    },
    {
      name: 'a machine without an identity',
      changes: { login: { kind: 'managed' } },
      code: 'ENTRA_TOKEN_FAILED',
      message: /from the managed identity endpoint/,
      hint: /agent in Azure/,
    },
  ];
  for (const { name, changes, arrange, code, message, hint } of refusals) {
    it(`names ${name}`, async () => {
      arrange?.();
      process.env['AZURE_POD_IDENTITY_AUTHORITY_HOST'] =
        cloud.agent.variables['AZURE_POD_IDENTITY_AUTHORITY_HOST'];
      try {
        await assert.rejects(source(aConnection(changes)).token(SCOPE, signal), {
          ...{ code, message, hint },
        });
      } finally {
        delete process.env['AZURE_POD_IDENTITY_AUTHORITY_HOST'];
      }
    });
  }

  it('says that a job without an address for OIDC tokens can have none', async () => {
    await assert.rejects(source(aConnection(), {}).token(SCOPE, signal), {
      code: 'OIDC_TOKEN_FAILED',
      message: /this job cannot ask for one/,
      hint: /Azure DevOps Server/,
    });
  });

  it('ends when the step is canceled', async () => {
    const controller = new AbortController();
    const asked = source(aConnection()).token(SCOPE, controller.signal);
    controller.abort();
    await assert.rejects(asked, { name: 'AbortError' });
  });

  const logins = (): number =>
    cloud.calls.filter((call) => call.endsWith('/oauth2/v2.0/token')).length;
});

function idsOf({ tenantId, clientId }: { tenantId: string; clientId: string }): {
  tenantId: string;
  clientId: string;
} {
  return { tenantId, clientId };
}
