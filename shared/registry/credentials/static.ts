import type { RegistryConnection } from '../../ports/host.ts';
import type { CredentialSource } from './credential.ts';

/** Credentials that the pipeline handed over, e.g. of service connections; each is only for its own host. */
export function staticCredentials(connections: readonly RegistryConnection[]): CredentialSource {
  return (registry) => {
    const known = connections.find(
      (connection) => connection.registry === registry && connection.credential !== undefined,
    );
    const credential = known?.credential;
    return Promise.resolve(credential === undefined ? undefined : { kind: 'basic', ...credential });
  };
}
