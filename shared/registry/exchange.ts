import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { onAbort } from '../core/aborts.ts';
import { IncomingBody } from './incoming-body.ts';

/** The head of a response, and its body as it comes. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: IncomingBody;
}

/**
 * Sends one request over the connections of a dispatcher.
 *
 * `request` of undici does so as well, with a stream of Node for each body: for answers of a few bytes, that stream
 * costs more than all the rest.
 *
 * @see https://github.com/nodejs/undici/blob/v7.30.2/docs/docs/api/Dispatcher.md#dispatcherdispatchoptions-handler
 */
export async function exchange(
  dispatcher: Dispatcher,
  { onEnd, ...options }: ExchangeOptions,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    dispatcher.dispatch(options, new Exchange({ resolve, reject, onEnd }, signal));
  });
}

/** A request as undici takes it. */
export interface ExchangeOptions extends Dispatcher.DispatchOptions {
  /** Told when the whole answer has come, so that its connection is about to be free. */
  readonly onEnd: () => void;
}

interface Asker {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  readonly onEnd: () => void;
}

/** Hears how a request goes; until its body has ended, an abort ends it. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #asker: Asker;
  readonly #signal: AbortSignal;
  readonly #unwatch: () => void;
  #controller: Dispatcher.DispatchController | undefined;
  #body: IncomingBody | undefined;

  constructor(asker: Asker, signal: AbortSignal) {
    this.#asker = asker;
    this.#signal = signal;
    this.#unwatch = onAbort(signal, () => {
      this.#stop(signal.reason as Error);
    });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#signal.aborted) controller.abort(this.#signal.reason as Error);
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    // What comes before the response proper, such as 103 Early Hints, is of no use here.
    if (status < 200) return;
    this.#body = new IncomingBody(controller);
    this.#asker.resolve({ status, headers, body: this.#body });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#body?.push(chunk);
  }

  onResponseEnd(): void {
    this.#unwatch();
    this.#asker.onEnd();
    this.#body?.finish();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: unknown): void {
    this.#unwatch();
    this.#body?.finish({ error });
    this.#asker.reject(error);
  }

  /** Before there is a connection, nothing has to end but the waiting. */
  #stop(reason: Error): void {
    this.#asker.reject(reason);
    this.#controller?.abort(reason);
  }
}
