import assert from 'node:assert/strict';
import fc from 'fast-check';
import { IncomingBody } from '../../../shared/registry/incoming-body.ts';

/** A connection that writes down what it is told, and sends at once for as long as nothing holds it back. */
class Connection {
  readonly told: string[] = [];
  readonly body = new IncomingBody(this);
  #isPaused = false;
  #chunks: Uint8Array[] = [];

  pause(): void {
    this.told.push('pause');
    this.#isPaused = true;
  }

  resume(): void {
    this.told.push('resume');
    this.#isPaused = false;
    this.#flow();
  }

  abort(reason: Error): void {
    this.told.push('abort');
    this.#chunks = [];
    this.body.finish({ error: reason });
  }

  send(chunks: readonly Uint8Array[]): void {
    this.#chunks = [...chunks];
    this.#flow();
  }

  #flow(): void {
    while (!this.#isPaused) {
      const chunk = this.#chunks.shift();
      if (chunk === undefined) {
        if (!this.told.includes('abort')) this.body.finish();
        return;
      }
      this.body.push(chunk);
    }
  }
}

function bytesOf(size: number, value = 1): Uint8Array {
  return new Uint8Array(size).fill(value);
}

async function collected(body: IncomingBody): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const chunkLists = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 });

describe('IncomingBody', () => {
  it('gives every byte once, in order, however it is read', async () => {
    await fc.assert(
      fc.asyncProperty(chunkLists, async (chunks) => {
        const all = Buffer.concat(chunks);
        const [streamed, whole] = [new Connection(), new Connection()];
        streamed.send(chunks);
        whole.send(chunks);
        assert.deepEqual(Buffer.from(await collected(streamed.body)), all);
        assert.deepEqual(Buffer.from(await whole.body.start(all.byteLength + 1)), all);
        assert.deepEqual([...streamed.told, ...whole.told], []);
      }),
    );
  });

  it('gives the first bytes, and the connection up, when there are more', async () => {
    const connection = new Connection();
    const reading = connection.body.start(100);
    for (const value of [1, 2, 3]) connection.body.push(bytesOf(60, value));
    const bytes = await reading;
    assert.deepEqual([bytes.byteLength, bytes[59], bytes[60]], [100, 1, 2]);
    assert.equal(connection.told.at(-1), 'abort');
  });

  it('holds back a server that sends faster than is read', async () => {
    const connection = new Connection();
    const chunks = Array.from({ length: 64 }, (_, index) => bytesOf(16 * 1024, index));
    connection.send(chunks);
    assert.deepEqual(connection.told, ['pause'], 'before anybody reads');
    const bytes = await collected(connection.body);
    assert.deepEqual(Buffer.from(bytes), Buffer.concat(chunks));
    assert.ok(connection.told.filter((each) => each === 'resume').length >= 7);
  });

  it('reads a start that is longer than what may wait', async () => {
    const connection = new Connection();
    connection.send(Array.from({ length: 64 }, () => bytesOf(16 * 1024)));
    assert.equal((await connection.body.start(2_000_000)).byteLength, 64 * 16 * 1024);
  });

  it('gives what came before a failure, then the failure', async () => {
    const connection = new Connection();
    connection.body.push(bytesOf(3));
    connection.body.finish({ error: new Error('reset') });
    const chunks = connection.body[Symbol.asyncIterator]();
    assert.equal((await chunks.next()).value?.byteLength, 3);
    await assert.rejects(chunks.next(), /reset/);
  });

  it('fails when the start of a body does not come', async () => {
    const connection = new Connection();
    connection.body.push(bytesOf(3));
    connection.body.finish({ error: new Error('reset') });
    await assert.rejects(connection.body.start(4), /reset/);
  });

  it('ends a wait when the body ends', async () => {
    const { body } = new Connection();
    const waiting = collected(body);
    setImmediate(() => {
      body.finish();
    });
    assert.equal((await waiting).byteLength, 0);
  });

  it('gives up the connection when the reader stops early', async () => {
    const connection = new Connection();
    connection.body.push(bytesOf(3));
    for await (const chunk of connection.body) {
      assert.equal(chunk.byteLength, 3);
      break;
    }
    assert.deepEqual(connection.told, ['abort']);
  });

  for (const [size, told] of [
    [1024, []],
    [64 * 1024, ['abort']],
  ] as const) {
    it(`${told.length === 0 ? 'keeps' : 'gives up'} the connection for ${size} bytes that nobody wants`, async () => {
      const connection = new Connection();
      connection.body.push(bytesOf(size));
      setImmediate(() => {
        if (told.length === 0) connection.body.finish();
      });
      await connection.body.discard(2048);
      assert.deepEqual(connection.told, told);
    });
  }

  it('discards a body that has failed without a word', async () => {
    const connection = new Connection();
    connection.body.finish({ error: new Error('reset') });
    await connection.body.discard(10);
    assert.deepEqual(connection.told, []);
  });
});
