import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { invariant } from '../../shared/core/errors.ts';
import { createTransport } from '../../shared/registry/transport.ts';
import type { Traffic } from '../../test/interop/support/counting-proxy.ts';

/** What the proxy process says. */
export type ProxyMessage = Traffic | { readonly hosts: readonly string[] };

/** Slow, counting proxies before registries. */
export interface Proxies {
  /** Host and port of each, in the order of the registries. */
  readonly hosts: readonly string[];
  /** What passed all of them since the last call. */
  takeTraffic(): Promise<Traffic>;
  readonly stop: () => Promise<void>;
}

/** Requests at once, and how often, until the code of a proxy is compiled: whoever came first would wait for that. */
const WARM_UP = { requests: 24, rounds: 10 };

/** Starts a proxy before each registry, all in one other process. */
export async function startProxies(urls: readonly string[], latencyMs: number): Promise<Proxies> {
  const proxies = await start(urls, latencyMs);
  await Promise.all(proxies.hosts.map(warmUp));
  await proxies.takeTraffic();
  return proxies;
}

async function warmUp(host: string): Promise<void> {
  const transport = createTransport('bench/1');
  const request = { method: 'GET', url: new URL(`http://${host}/v2/`), headers: {} } as const;
  const { signal } = new AbortController();
  for (let round = 0; round < WARM_UP.rounds; round += 1) {
    const sent = Array.from({ length: WARM_UP.requests }, async () => {
      const { discard } = await transport.send(request, signal);
      await discard();
    });
    await Promise.all(sent);
  }
  await transport.close();
}

async function start(urls: readonly string[], latencyMs: number): Promise<Proxies> {
  const script = new URL('./proxy-process.ts', import.meta.url);
  const child = fork(script, [String(latencyMs), ...urls], { execArgv: ['--import', 'tsx'] });
  const first = await messageOf(child);
  invariant('hosts' in first, 'the proxies tell their hosts first');
  return {
    hosts: first.hosts,
    takeTraffic: async () => {
      child.send('take');
      const traffic = await messageOf(child);
      invariant('requests' in traffic, 'the proxies tell what passed');
      return traffic;
    },
    stop: async () => {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}

async function messageOf(child: ChildProcess): Promise<ProxyMessage> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    const ended = once(child, 'exit', { signal }).then(() => {
      throw new Error('The proxies ended.');
    });
    const [message] = (await Promise.race([once(child, 'message', { signal }), ended])) as [
      ProxyMessage,
    ];
    return message;
  } finally {
    settled.abort();
  }
}
