import assert from 'node:assert/strict';
import type { GraphCopyRequest, GraphCounts } from '../../../shared/ports/registry.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { contentOf } from './graphs.ts';
import type { TestGraph } from './graphs.ts';
import { aClient, repositoryOf } from './support.ts';

/** Two registries and a client that copies from `build/app` of one to `app` of the other. */
export interface CopyLab {
  readonly source: EmbeddedRegistry;
  readonly target: EmbeddedRegistry;
  readonly client: RegistryClient;
  /** Copies a graph under the tag `1`, with its referrers. */
  readonly copy: (
    graph: Pick<TestGraph, 'root'>,
    more?: Partial<GraphCopyRequest>,
  ) => Promise<GraphCounts>;
  /** Fails unless both repositories hold the same, byte for byte. */
  readonly assertSame: () => void;
}

/** Opens a lab before every test of the suite that calls it, and closes it afterwards. */
export function eachInCopyLab(): () => CopyLab {
  let lab: CopyLab;
  beforeEach(async () => {
    const [source, target] = await Promise.all([startRegistry(), startRegistry()]);
    lab = labOf(source, target, aClient());
  });
  afterEach(async () => {
    await lab.client.close();
    await Promise.all([lab.source.close(), lab.target.close()]);
  });
  return () => lab;
}

function labOf(
  source: EmbeddedRegistry,
  target: EmbeddedRegistry,
  client: RegistryClient,
): CopyLab {
  const { signal } = new AbortController();
  const from = repositoryOf(source, 'build/app');
  const to = repositoryOf(target, 'app');
  return {
    ...{ source, target, client },
    copy: async (graph, more = {}) => {
      const roots = [{ manifest: graph.root, tags: ['1'] }];
      return client.copyGraph({ roots, from, to, mount: true, referrers: 'all', ...more }, signal);
    },
    assertSame: () => {
      assert.deepEqual(contentOf(target, 'app'), contentOf(source, 'build/app'));
    },
  };
}
