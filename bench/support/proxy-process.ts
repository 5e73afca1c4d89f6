import { startCountingProxy } from '../../test/interop/support/counting-proxy.ts';
import type { ProxyMessage } from './proxies.ts';

/**
 * Slow proxies in a process of their own, so that they take no time from the one that is measured. Sends the hosts,
 * then the traffic of all proxies whenever it gets a message.
 *
 * Arguments: milliseconds that each request waits, then the URLs of the registries.
 */
const [latency = '', ...urls] = process.argv.slice(2);
const options = { latencyMs: Number(latency) };
const proxies = await Promise.all(urls.map((url) => startCountingProxy(url, options)));

function send(message: ProxyMessage): void {
  process.send?.(message);
}

process.on('message', () => {
  const traffic = proxies.map((proxy) => proxy.takeTraffic());
  send({
    requests: traffic.reduce((sum, { requests }) => sum + requests, 0),
    writes: traffic.reduce((sum, { writes }) => sum + writes, 0),
    bytes: traffic.reduce((sum, { bytes }) => sum + bytes, 0),
  });
});
process.once('disconnect', () => {
  void Promise.all(proxies.map((proxy) => proxy.close()));
});
send({ hosts: proxies.map(({ host }) => host) });
