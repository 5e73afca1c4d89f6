import assert from 'node:assert/strict';
import { oidcEndpointOf } from '../../../shared/azure/oidc-endpoint.ts';

const JOB: Readonly<Record<string, string>> = {
  'System.CollectionUri': 'https://dev.azure.com/org/',
  'System.TeamProjectId': 'project',
  'System.HostType': 'release',
  'System.PlanId': 'plan',
  'System.JobId': 'job',
};

describe('oidc-endpoint oidcEndpointOf', () => {
  const addressOf = (variables: Readonly<Record<string, string>>): string | undefined =>
    oidcEndpointOf((name) => variables[name], undefined).url;

  it('takes the address that the server gives', () => {
    const given = 'https://vstoken.dev.azure.com/org/oidctoken';
    assert.equal(addressOf({ ...JOB, 'System.OidcRequestUri': given }), given);
  });

  it('makes the address of the parts of the job otherwise', () => {
    assert.equal(
      addressOf(JOB),
      'https://dev.azure.com/org/project/_apis/distributedtask/hubs/release/plans/plan/jobs/job/oidctoken',
    );
  });

  for (const name of Object.keys(JOB)) {
    it(`has no address without ${name}`, () => {
      assert.equal(
        addressOf(Object.fromEntries(Object.entries(JOB).filter(([key]) => key !== name))),
        undefined,
      );
    });
  }
});
