import { ASSERTION_AUDIENCE } from './entra.ts';
import type { Service } from './call.ts';
import type { TokenBook } from './tokens.ts';

export interface JobTokenSwitches {
  tokenLifetimeMs: number;
  /** How many requests are answered as by a server that does not know the job yet. */
  unknownJobAnswers: number;
}

/** Azure DevOps as a job asks it for OIDC tokens, at both of its addresses. */
export function jobTokens(
  host: string,
  tokens: TokenBook,
  parts: {
    readonly jobToken: string;
    readonly connections: readonly string[];
    readonly switches: JobTokenSwitches;
  },
): Service {
  const { jobToken, connections, switches } = parts;
  return (call) => {
    if (call.host !== host || !call.path.endsWith('/oidctoken')) return undefined;
    if (call.method !== 'POST') return { status: 405 };
    if (call.header('authorization') !== `Bearer ${jobToken}`) return { status: 401 };
    const connection = call.query.get('serviceConnectionId') ?? '';
    const isVersioned = /^7\.\d/.test(call.query.get('api-version') ?? '');
    if (!isVersioned || call.header('content-type') !== 'application/json') return { status: 400 };
    if (switches.unknownJobAnswers > 0) {
      switches.unknownJobAnswers -= 1;
      const typeKey = 'TaskOrchestrationPlanSecurityException';
      return { status: 403, body: { typeKey, message: 'TF400898: the plan is not known.' } };
    }
    if (!connections.includes(connection)) {
      const typeKey = 'ServiceEndpointException';
      return { status: 404, body: { typeKey, message: `No service connection ${connection}.` } };
    }
    const claims = { audience: ASSERTION_AUDIENCE, subject: connection };
    return { status: 200, body: { oidcToken: tokens.issue(claims, switches.tokenLifetimeMs) } };
  };
}
