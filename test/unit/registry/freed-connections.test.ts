import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FreedConnections } from '../../../shared/registry/freed-connections.ts';
import { createTransport } from '../../../shared/registry/transport.ts';

const ORIGIN = 'https://registry.example';

/** What happened in which order. */
function course(): { readonly told: string[]; readonly tell: (what: string) => () => void } {
  const told: string[] = [];
  return { told, tell: (what) => () => void told.push(what) };
}

describe('freed-connections', () => {
  it('waits for the end of the turn in which an answer has come', async () => {
    const freed = new FreedConnections();
    const { told, tell } = course();
    freed.note(ORIGIN);
    setImmediate(tell('turn'));
    await freed.wait(ORIGIN).then(tell('sent'));
    assert.deepEqual(told, ['turn', 'sent']);
  });

  const atOnce = [
    { when: 'no answer has come', freedOf: [] },
    { when: 'only another server has answered', freedOf: ['https://other.example'] },
  ];
  for (const { when, freedOf } of atOnce) {
    it(`does not wait when ${when}`, async () => {
      const freed = new FreedConnections();
      const { told, tell } = course();
      for (const origin of freedOf) freed.note(origin);
      setImmediate(tell('turn'));
      await freed.wait(ORIGIN).then(tell('sent'));
      assert.deepEqual(told, ['sent']);
    });
  }

  it('promises each connection to one request only', async () => {
    const freed = new FreedConnections();
    const { told, tell } = course();
    freed.note(ORIGIN);
    freed.note(ORIGIN);
    setImmediate(tell('turn'));
    await Promise.all(['a', 'b', 'c'].map(async (name) => freed.wait(ORIGIN).then(tell(name))));
    assert.deepEqual(told, ['c', 'turn', 'a', 'b']);
  });

  it('forgets in the next turn what was free before', async () => {
    const freed = new FreedConnections();
    const { told, tell } = course();
    freed.note(ORIGIN);
    await new Promise((resolve) => setImmediate(resolve));
    setImmediate(tell('turn'));
    await freed.wait(ORIGIN).then(tell('sent'));
    assert.deepEqual(told, ['sent']);
  });

  it('lets no more connections be opened than requests are in flight', async () => {
    const server = createServer((_request, response) => response.end('text')).listen(0);
    let connections = 0;
    server.on('connection', () => (connections += 1));
    await once(server, 'listening');
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const transport = createTransport('test/1');
    const { signal } = new AbortController();
    const worker = async (): Promise<void> => {
      for (let sent = 0; sent < 20; sent += 1) {
        const { discard } = await transport.send({ method: 'GET', url, headers: {} }, signal);
        await discard();
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    await transport.close();
    server.close();
    assert.equal(connections, 8);
    assert.equal(transport.requestCount, 160);
  });
});
