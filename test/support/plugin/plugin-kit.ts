import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestChain } from '../certificates.ts';
import { writeProgram } from '../programs.ts';

/** What the plugin for tests is made of. */
export interface PluginKit {
  readonly name: string;
  readonly keyPem: string;
  /** In base64. */
  readonly chain: readonly string[];
  readonly capabilities: readonly string[];
  /** How it misbehaves when `pluginConfig` does not say. */
  readonly misbehave?: string | undefined;
}

/** The requests of the protocol, as far as the plugin for tests reads them. */
export interface PluginRequest {
  readonly keyId?: string;
  readonly payload?: string;
  readonly signatureEnvelopeType?: string;
  readonly expiryDurationInSeconds?: number;
  readonly pluginConfig?: Readonly<Record<string, string>>;
}

/** What the plugin can do, and how badly. */
export interface PluginOptions {
  readonly capability?: 'RAW' | 'ENVELOPE';
  readonly misbehave?: string;
}

/** A plugin for tests on this machine. */
export interface TestPlugin {
  readonly path: string;
  /** The commands it was called with. */
  readonly calls: () => Promise<readonly string[]>;
}

/** Puts a plugin named `notation-double` into a folder; it signs with a chain. */
export async function installPlugin(
  folder: string,
  chain: TestChain,
  { capability = 'RAW', misbehave }: PluginOptions = {},
): Promise<TestPlugin> {
  const path = join(folder, 'notation-double');
  const kit: PluginKit = {
    name: 'double',
    keyPem: chain.leafKeyPem,
    chain: chain.chainDer.map((der) => Buffer.from(der).toString('base64')),
    capabilities: [`SIGNATURE_GENERATOR.${capability}`],
    ...(misbehave === undefined ? {} : { misbehave }),
  };
  const log = join(folder, 'calls.log');
  await writeProgram(path, join(import.meta.dirname, 'plugin-program.ts'), kit);
  return {
    path,
    calls: async () => (await readFile(log, 'utf8')).split('\n').slice(0, -1),
  };
}
