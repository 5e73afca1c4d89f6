import { TaskError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { orThrow } from '../../core/result.ts';
import type { SigningOptions } from '../../ports/signer.ts';
import type { Batch } from '../envelope-maker.ts';
import { callPlugin } from './plugin-process.ts';
import type { PluginProgram } from './plugin-process.ts';
import { CONTRACT_VERSION, Capability, parseMetadata } from './plugin-protocol.ts';
import type { PluginMetadata } from './plugin-protocol.ts';

/** What signing with a plugin needs. */
export interface PluginSignerOptions {
  readonly program: PluginProgram;
  /** The name in the file name `notation-{name}`, which the plugin must call itself. */
  readonly name: string;
  /** What the plugin calls the key, e.g. the identifier of a key in a vault. */
  readonly keyId: string;
  readonly config: ReadonlyMap<string, string>;
  /** What signs, for the record in the envelopes, e.g. `container-image-release/1.0.0`. */
  readonly signingAgent: string;
  /** How many processes of the plugin may run at the same time. */
  readonly concurrency: number;
}

/** A plugin that has said who it is. */
export interface KnownPlugin extends PluginSignerOptions {
  readonly metadata: PluginMetadata;
}

/** A request of the protocol; `pluginConfig` is left out when there is none. */
export function requestOf(
  { keyId, config }: Pick<PluginSignerOptions, 'keyId' | 'config'>,
  more: JsonObject = {},
): JsonObject {
  return {
    contractVersion: CONTRACT_VERSION,
    keyId,
    ...more,
    ...(config.size === 0 ? {} : { pluginConfig: Object.fromEntries(config) }),
  };
}

/** How a batch is signed. */
export interface Signing {
  /** Settled. */
  readonly options: SigningOptions;
  readonly batch: Batch;
}

/**
 * Asks a plugin who it is.
 *
 * @throws TaskError `PLUGIN_INVALID` when it is another, speaks another version of the protocol or cannot sign
 */
export async function introduce(
  options: PluginSignerOptions,
  signal: AbortSignal,
): Promise<KnownPlugin> {
  const { config } = options;
  const request = config.size === 0 ? {} : { pluginConfig: Object.fromEntries(config) };
  const answer = await callPlugin(
    options.program,
    { command: 'get-plugin-metadata', request },
    signal,
  );
  const metadata = orThrow(parseMetadata(answer), {
    code: 'PLUGIN_INVALID',
    subject: 'What the plugin says about itself',
    hint: 'Use a version of the plugin that follows the specification of notation plugins.',
  });
  const { name, contractVersions, capabilities } = metadata;
  const canSign =
    capabilities.includes(Capability.raw) || capabilities.includes(Capability.envelope);
  const faults = [
    ...(name === options.name ? [] : [`calls itself ${name}`]),
    ...(contractVersions.includes(CONTRACT_VERSION) ? [] : ['does not know contract version 1.0']),
    ...(canSign ? [] : [`cannot sign, it can ${capabilities.join(', ')}`]),
  ];
  if (faults.length > 0) {
    throw new TaskError('PLUGIN_INVALID', `The plugin ${options.name} ${faults.join(' and ')}.`, {
      hint: 'Give a notation plugin that signs, under its own name notation-{name}.',
    });
  }
  return { ...options, metadata };
}
