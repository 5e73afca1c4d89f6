import assert from 'node:assert/strict';
import { RegistryError } from '../../../shared/registry/errors.ts';
import { Retrier } from '../../../shared/registry/retrier.ts';
import { requestRetries, uploadRetries } from '../../../shared/registry/retry.ts';
import { virtualTiming } from '../../support/virtual-timing.ts';

const { signal } = new AbortController();
const POLICY = { retriesOf: requestRetries };
const MINUTE_MS = 60_000;

const unavailable = (details: Partial<RegistryError['details']> = {}): RegistryError =>
  new RegistryError('REGISTRY_UNAVAILABLE', 'Cannot x.', {
    hint: 'Wait.',
    details: {
      ...{ method: 'GET', url: 'https://r.example/v2/', status: 503 },
      ...{ registryCodes: [], namedDigests: [], ...details },
    },
  });

describe('retrier Retrier', () => {
  const timing = virtualTiming();
  const lines: string[] = [];
  const told: string[] = [];
  const log = {
    debug: (line: () => string) => lines.push(line()),
    info: (line: string) => told.push(line),
  };
  const retrier = new Retrier({ timing, log });

  it('tells everybody of waits of ten seconds and more, once for all that wait together', async () => {
    const failing = (retryAfterMs: number): (() => Promise<string>) => {
      let attempts = 0;
      return async () => {
        attempts += 1;
        return attempts === 1
          ? Promise.reject(unavailable({ retryAfterMs }))
          : Promise.resolve('done');
      };
    };
    const run = async (ms: number): Promise<string> => retrier.run(failing(ms), POLICY, signal);
    await run(1000);
    assert.equal(told.length, 0);
    await Promise.all([run(30_000), run(30_000)]);
    assert.equal(told.length, 1);
    assert.match(told.join(), /^Cannot x\. Trying again in 3\d s\.$/);
    await run(30_000);
    assert.equal(told.length, 2);
  });

  it('X4 gives up an operation that has been in trouble for ten minutes', async () => {
    const startMs = timing.now();
    const attempt = async (): Promise<never> => {
      await timing.sleep(3 * MINUTE_MS, signal);
      throw unavailable();
    };
    await assert.rejects(retrier.run(attempt, POLICY, signal), { code: 'REGISTRY_UNAVAILABLE' });
    // The first attempt is no trouble yet; three more are nine minutes, and the fourth is too many.
    assert.equal(Math.floor((timing.now() - startMs) / MINUTE_MS), 15);
  });

  it('X4 X9 does not take the wait of a first attempt off the trouble that follows', async () => {
    const startMs = timing.now();
    let attempts = 0;
    const attempt = async (excuse: (ms: number) => void): Promise<never> => {
      attempts += 1;
      if (attempts === 1) excuse(60 * MINUTE_MS);
      await timing.sleep(3 * MINUTE_MS, signal);
      throw unavailable();
    };
    await assert.rejects(retrier.run(attempt, POLICY, signal), { code: 'REGISTRY_UNAVAILABLE' });
    assert.equal(Math.floor((timing.now() - startMs) / MINUTE_MS), 15);
  });

  it('attempts nothing for who has canceled already', async () => {
    let attempts = 0;
    const attempt = async (): Promise<void> => {
      attempts += 1;
      return Promise.resolve();
    };
    const canceled = AbortSignal.abort(new RangeError('canceled'));
    await assert.rejects(retrier.run(attempt, POLICY, canceled), /^RangeError: canceled$/);
    assert.equal(attempts, 0);
  });

  it('tries a long operation again that fails late for the first time', async () => {
    let attempts = 0;
    const attempt = async (): Promise<string> => {
      attempts += 1;
      await timing.sleep(40 * MINUTE_MS, signal);
      if (attempts === 1) throw unavailable();
      return 'done';
    };
    assert.equal(await retrier.run(attempt, POLICY, signal), 'done');
  });

  it('X9 does not count what an attempt waited for its turn', async () => {
    let attempts = 0;
    const attempt = async (excuse: (ms: number) => void): Promise<string> => {
      attempts += 1;
      await timing.sleep(6 * MINUTE_MS, signal);
      excuse(6 * MINUTE_MS);
      if (attempts < 8) throw unavailable({ retryAfterMs: 1000 });
      return 'done';
    };
    assert.equal(await retrier.run(attempt, POLICY, signal), 'done');
  });

  const ends = [
    { by: 'a deadline', reason: new DOMException('late', 'TimeoutError'), throws: 'RegistryError' },
    { by: 'a cancel', reason: new DOMException('stop', 'AbortError'), throws: 'AbortError' },
  ];
  for (const { by, reason, throws } of ends) {
    for (const moment of ['while it waits', 'in an attempt'] as const) {
      it(`throws ${throws} when ${by} ends the trouble ${moment}`, async () => {
        const controller = new AbortController();
        let attempts = 0;
        const attempt = async (): Promise<never> => {
          attempts += 1;
          await Promise.resolve();
          // The time of the wait passes in the immediate after this one.
          if (moment === 'while it waits')
            setImmediate(() => {
              controller.abort(reason);
            });
          else if (attempts === 2) controller.abort(reason);
          controller.signal.throwIfAborted();
          throw unavailable();
        };
        await assert.rejects(retrier.run(attempt, POLICY, controller.signal), { name: throws });
      });
    }
  }

  it('tells each wait, and why, at debug level', async () => {
    lines.length = 0;
    const waits: number[] = [];
    let attempts = 0;
    const attempt = async (): Promise<void> => {
      attempts += 1;
      return attempts === 1 ? Promise.reject(unavailable({ retryAfterMs: 7000 })) : undefined;
    };
    const onWait = (_: unknown, ms: number): void => {
      waits.push(ms);
    };
    await retrier.run(attempt, { ...POLICY, onWait }, signal);
    assert.deepEqual(lines, ['Cannot x. Trying again in 7000 ms.']);
    assert.deepEqual(waits, [7000]);
  });

  const network = (networkCode: string): RegistryError =>
    new RegistryError('REGISTRY_UNAVAILABLE', 'Cannot x.', {
      hint: 'Wait.',
      details: {
        ...{ method: 'GET', url: 'https://r.example/v2/' },
        ...{ registryCodes: [], namedDigests: [], networkCode },
      },
    });
  const ended = unavailable({ status: 401 });
  const mixtures = [
    {
      name: 'a registry that restarts',
      failures: [unavailable(), unavailable(), network('ECONNREFUSED'), network('ECONNREFUSED')],
      isOver: true,
    },
    {
      name: 'a name that is not found once after a reset',
      failures: [network('ECONNRESET'), network('ENOTFOUND'), unavailable()],
      isOver: true,
    },
    { name: 'a token that ended after a 503', failures: [unavailable(), ended], isOver: true },
    {
      name: 'a name that is not found twice',
      failures: [network('ENOTFOUND'), unavailable(), network('ENOTFOUND')],
      isOver: false,
    },
    {
      name: 'eight failures of two kinds',
      failures: [...Array.from({ length: 7 }, () => unavailable()), network('ECONNREFUSED')],
      isOver: false,
    },
  ];
  for (const { name, failures, isOver } of mixtures) {
    it(`X2 counts failures by their kind, and ${isOver ? 'gets over' : 'gives up after'} ${name}`, async () => {
      const left = [...failures];
      const attempt = async (): Promise<string> => {
        const next = left.shift();
        return next === undefined ? Promise.resolve('done') : Promise.reject(next);
      };
      const running = retrier.run(attempt, { retriesOf: uploadRetries }, signal);
      if (isOver) assert.equal(await running, 'done');
      else await assert.rejects(running, failures.at(-1));
    });
  }

  it('throws what is no failure of a registry as it comes', async () => {
    const attempt = async (): Promise<never> => Promise.reject(new RangeError('bug'));
    await assert.rejects(retrier.run(attempt, POLICY, signal), new RangeError('bug'));
  });
});
