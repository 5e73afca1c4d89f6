import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reply } from './reply.ts';

/** What the wire needs to know of the request. */
export interface DeliveryOptions {
  readonly isHead: boolean;
  /** Ends pauses when the registry stops. */
  readonly signal: AbortSignal;
}

/** Sends a reply in the way that it says. */
export async function deliver(
  response: ServerResponse,
  reply: Reply,
  { isHead, signal }: DeliveryOptions,
): Promise<void> {
  const { delivery } = reply;
  if (delivery.kind === 'none') {
    response.req.socket.resetAndDestroy();
    return;
  }
  response.writeHead(reply.status, headersOf(reply));
  const body = isHead ? new Uint8Array() : reply.body;
  switch (delivery.kind) {
    case 'whole':
      response.end(body);
      return;
    case 'cut':
      response.flushHeaders();
      await written(response, body.subarray(0, delivery.afterBytes));
      response.req.socket.resetAndDestroy();
      return;
    case 'pause': {
      const half = Math.ceil(body.byteLength / 2);
      response.flushHeaders();
      await written(response, body.subarray(0, half));
      await sleep(delivery.ms, undefined, { signal });
      response.end(body.subarray(half));
      return;
    }
  }
}

function headersOf({ status, headers, body }: Reply): Record<string, string | string[]> {
  const lengthless = status === 204 || status === 304;
  const given = Object.entries(headers).map(([name, value]): [string, string | string[]] => [
    name,
    typeof value === 'string' ? value : [...value],
  ]);
  return {
    ...(lengthless ? {} : { 'content-length': String(body.byteLength) }),
    ...Object.fromEntries(given),
  };
}

/** Resolves when bytes have left for the socket, so that a reset does not overtake them. */
async function written(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  if (bytes.byteLength === 0) return;
  await new Promise<void>((resolve) => {
    response.write(bytes, () => {
      resolve();
    });
  });
}
