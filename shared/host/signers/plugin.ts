import { availableParallelism } from 'node:os';
import type { PluginSettings } from '../../ports/signer-settings.ts';
import type { Signer } from '../../ports/signer.ts';
import { createPluginSigner } from '../../signing/plugin/plugin-signer.ts';
import { USER_AGENT } from '../version.ts';
import { downloadedPlugin, localPlugin } from './plugin-files.ts';
import { programEnvironment } from './program-environment.ts';

/** Each process of a plugin logs in by itself; services do not like more at once. */
const MOST_PROCESSES = 4;

/** Opens the signer for a plugin, which is downloaded first where that is wanted. */
export async function openPluginSigner({ source, keyId, config }: PluginSettings): Promise<Signer> {
  const { path, name } =
    source.kind === 'path' ? await localPlugin(source.path) : await downloadedPlugin(source);
  return createPluginSigner({
    program: { path, environment: programEnvironment(process.env) },
    name,
    keyId,
    config,
    signingAgent: USER_AGENT,
    concurrency: Math.min(MOST_PROCESSES, Math.max(2, availableParallelism())),
  });
}
