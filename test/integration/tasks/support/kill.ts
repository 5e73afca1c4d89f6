import assert from 'node:assert/strict';
import type { StepOptions } from '../../../support/agent/step.ts';
import type { StepResult } from '../../../support/agent/step-finish.ts';
import type { EmbeddedRegistry } from '../../../support/registry/registry.ts';

/** Runs a step whose machine goes away once a registry has carried out so many of its requests. */
export async function killedAfter(
  requests: number,
  registry: EmbeddedRegistry,
  run: (step: Pick<StepOptions, 'kill'>) => Promise<StepResult>,
): Promise<void> {
  const controller = new AbortController();
  let seen = 0;
  registry.watch(() => {
    seen += 1;
    if (seen === requests) controller.abort();
  });
  const step = await run({ kill: controller.signal });
  assert.equal(step.exitCode, undefined, `after ${requests} requests the step was over`);
  assert.deepEqual(step.completions, []);
}

/** What a registry was made to store by its digest, as often as it was: `public/shop/api@sha256:…`. */
export function madeIn({ requests }: Pick<EmbeddedRegistry, 'requests'>): readonly string[] {
  return requests.flatMap(({ method, path, status }) => {
    if (method !== 'PUT' || status !== 201) return [];
    const decoded = decodeURIComponent(path);
    const made =
      /^\/v2\/(?<name>.+)\/(?:manifests\/|blobs\/uploads\/.*[?&]digest=)(?<digest>sha256:[0-9a-f]{64})/.exec(
        decoded,
      );
    return made === null ? [] : [`${made.groups?.['name'] ?? ''}@${made.groups?.['digest'] ?? ''}`];
  });
}
