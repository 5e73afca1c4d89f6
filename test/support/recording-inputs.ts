import { parsed } from '../../shared/core/result.ts';
import type { Parsed } from '../../shared/core/result.ts';
import { Secret } from '../../shared/core/secret.ts';
import type { AzureConnection } from '../../shared/ports/azure.ts';
import type { InputReader, RegistryConnection, RunFolders } from '../../shared/ports/host.ts';

/** Folders that tests give to tasks. */
export const FOLDERS: RunFolders = { workspace: '/workspace', working: '/working', temp: '/temp' };

/** Inputs of a step that remember how each was read. */
export interface RecordingInputs extends InputReader {
  readonly reads: ReadonlyMap<string, keyof InputReader>;
}

/** Inputs with the values given, all others empty; connections by the name of their input. */
export function recordingInputs(
  values: Readonly<Record<string, string>> = {},
  connections: Readonly<Record<string, Parsed<RegistryConnection>>> = {},
  azureConnections: Readonly<Record<string, Parsed<AzureConnection>>> = {},
): RecordingInputs {
  const reads = new Map<string, keyof InputReader>();
  return {
    reads,
    text(name) {
      reads.set(name, 'text');
      return values[name] ?? '';
    },
    secret(name) {
      reads.set(name, 'secret');
      const value = values[name];
      return value === undefined ? undefined : new Secret(value);
    },
    connection(name) {
      reads.set(name, 'connection');
      return connections[name] ?? parsed(undefined);
    },
    azureConnection(name) {
      reads.set(name, 'azureConnection');
      return azureConnections[name] ?? parsed(undefined);
    },
  };
}
