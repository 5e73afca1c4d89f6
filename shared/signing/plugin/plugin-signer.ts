import type { Signer } from '../../ports/signer.ts';
import { settleOptions } from '../envelope-maker.ts';
import { introduce } from './known-plugin.ts';
import type { PluginSignerOptions } from './known-plugin.ts';
import { signByEnvelope } from './plugin-envelopes.ts';
import { Capability } from './plugin-protocol.ts';
import { signBySignature } from './plugin-signatures.ts';

/**
 * A signer that is a plugin for notation. What it gives back is verified like anybody else's: the chain, the algorithm,
 * the signature, and that an envelope binds what it was to bind.
 *
 * @see https://github.com/notaryproject/specifications/blob/v1.1.0/specs/plugin-extensibility.md
 */
export function createPluginSigner(options: PluginSignerOptions): Signer {
  return {
    // Only signatures bear it: no command of the protocol tells it before.
    chain: async () => Promise.resolve(undefined),
    sign: async function* (jobs, signing, signal) {
      const settled = settleOptions(signing);
      const plugin = await introduce(options, signal);
      const batch = { concurrency: options.concurrency, signal };
      yield* plugin.metadata.capabilities.includes(Capability.raw)
        ? signBySignature(plugin, jobs, { options: settled, batch })
        : signByEnvelope(plugin, jobs, { options: settled, batch });
    },
  };
}
