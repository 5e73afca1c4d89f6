import { readFileSync } from 'node:fs';
import type { AzureConnection, TokenSource } from '../ports/azure.ts';
import type { HttpClient } from '../ports/http.ts';
import { createHttpClient } from '../registry/http-client.ts';
import { systemTiming } from '../registry/timing.ts';
import { createTransport } from '../registry/transport.ts';
import type { Transport } from '../registry/transport.ts';
import { maskSecret, variable } from './agent-inputs.ts';
import { agentLog } from './agent-log.ts';
import { readNetwork } from './agent-network.ts';
import { azureTokens } from './azure-tokens.ts';
import { USER_AGENT } from './version.ts';

/** The network as the agent reaches it: through its proxy and with its certificates. */
export interface Network {
  /** What registry clients are made on. */
  readonly transport: Transport;
  /** For all that is no registry. */
  readonly http: HttpClient;
  /** Gives tokens for the identity of a service connection; the same for all that ask. */
  readonly tokens: (connection: AzureConnection) => TokenSource;
  /** Closes all connections; nothing may be in flight any more. */
  close(): Promise<void>;
}

/** Opens the network once for a run: registries and services share its connections. */
export function openNetwork(): Network {
  const transport = createTransport(
    USER_AGENT,
    readNetwork({
      variable,
      environment: process.env,
      readFile: (path) => readFileSync(path, 'utf8'),
      warn: (message) => {
        agentLog.warn(message);
      },
      maskSecret,
    }),
  );
  const http = createHttpClient({ transport, timing: systemTiming, log: agentLog });
  const tokens = azureTokens({ transport, http });
  return { transport, http, tokens, close: async () => transport.close() };
}
