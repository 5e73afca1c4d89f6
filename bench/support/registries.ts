import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startDockerRegistry } from '../../test/interop/support/docker-registry.ts';
import { isOnPath } from './measure.ts';

/** A registry outside of this process. */
export interface BenchRegistry {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Two registries of one kind. */
export interface BenchRegistries {
  readonly kind: string;
  readonly source: BenchRegistry;
  readonly target: BenchRegistry;
}

/** What the benches call the registry that they start. */
export const BENCH_REGISTRY = 'docker-registry with GOGC=400';

/** Starts docker-registry twice, else the embedded registry twice; configuration goes into a folder. */
export async function startRegistries(folder: string): Promise<BenchRegistries> {
  const { kind, registry: source } = await startOneRegistry(folder, 'source');
  try {
    const { registry: target } = await startOneRegistry(folder, 'target');
    return { kind, source, target };
  } catch (error) {
    await source.stop();
    throw error;
  }
}

/** Starts docker-registry, else the embedded registry; a file of its name in the folder configures it. */
export async function startOneRegistry(
  folder: string,
  name: string,
): Promise<Pick<BenchRegistries, 'kind'> & { readonly registry: BenchRegistry }> {
  return (await isOnPath('docker-registry'))
    ? {
        kind: BENCH_REGISTRY,
        registry: await startBenchRegistry(join(folder, `${name}.yml`)),
      }
    : { kind: 'the embedded registry', registry: await startEmbedded() };
}

/**
 * Starts docker-registry so that it leaves the processor to those who are measured. It takes 4 MiB of memory for each
 * blob that it serves; as it comes, it spends nearly half of its time on collecting them, on the cores where the
 * contestants run too. Who serves a real registry has cores of its own.
 */
export async function startBenchRegistry(file: string): Promise<BenchRegistry> {
  return startDockerRegistry(file, { env: { GOGC: '400' } });
}

async function startEmbedded(): Promise<BenchRegistry> {
  const script = new URL('../../scripts/registry.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(child.stdout)) {
    const [url] = /http:\/\/[^;]+/.exec(line) ?? [];
    if (url === undefined) continue;
    const stop = async (): Promise<void> => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    };
    return { url, stop };
  }
  throw new Error('The embedded registry did not start.');
}
