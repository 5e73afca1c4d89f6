import type { SeenRequest } from '../http-server.ts';

/** A request to one of the services, read as far as all of them need it. */
export interface Call {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly header: (name: string) => string | undefined;
  readonly body: string;
}

/** An answer. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** How late it is sent. */
  readonly delayMs?: number;
}

/** Answers the calls that it knows. */
export type Service = (call: Call) => Reply | undefined;

/** A request as services see it. */
export function callOf({ method, url, headers, body }: SeenRequest): Call {
  const host = headers.host ?? '';
  const { pathname, searchParams } = new URL(url, `https://${host}`);
  const header = (name: string): string | undefined => {
    const value = headers[name];
    return Array.isArray(value) ? value.join() : value;
  };
  return { method, host, path: pathname, query: searchParams, header, body };
}

/** The fields of a form. */
export function formOf({ body }: Call): Readonly<Record<string, string>> {
  return Object.fromEntries(new URLSearchParams(body));
}

/** A refusal in the form of Azure's services. */
export function refusal(status: number, code: string, message: string): Reply {
  return { status, body: { error: { code, message } } };
}
