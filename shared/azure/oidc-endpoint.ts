import type { Secret } from '../core/secret.ts';

/** Where a job asks for OIDC tokens, and with what. */
export interface OidcEndpoint {
  /** Without the query; absent when the job has none. */
  readonly url: string | undefined;
  readonly apiVersion: string;
  /** The token of the job; absent when the agent gave none. */
  readonly jobToken: Secret | undefined;
}

/**
 * Where this job asks for OIDC tokens: the address that the server gives, else the one made of the parts of the job,
 * for servers that give none.
 *
 * @see https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create
 */
export function oidcEndpointOf(
  variable: (name: string) => string | undefined,
  jobToken: Secret | undefined,
): OidcEndpoint {
  const given = variable('System.OidcRequestUri');
  if (given !== undefined) return { url: given, apiVersion: '7.1', jobToken };
  return { url: addressOfJob(variable), apiVersion: '7.2-preview.1', jobToken };
}

function addressOfJob(variable: (name: string) => string | undefined): string | undefined {
  const [collection, project, hub, plan, job] = [
    'System.CollectionUri',
    'System.TeamProjectId',
    'System.HostType',
    'System.PlanId',
    'System.JobId',
  ].map((name) => variable(name)?.replace(/\/+$/, ''));
  if ([collection, project, hub, plan, job].includes(undefined)) return undefined;
  return `${collection}/${project}/_apis/distributedtask/hubs/${hub}/plans/${plan}/jobs/${job}/oidctoken`;
}
