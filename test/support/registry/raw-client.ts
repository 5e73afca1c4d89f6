import type { Readable } from 'node:stream';
import { request } from 'undici';
import type { Dispatcher } from 'undici';
import { digestOf } from '../../../shared/oci/digest.ts';
import type { Digest } from '../../../shared/oci/digest.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import { startRegistry } from './registry.ts';
import type { EmbeddedRegistry, RegistryOptions } from './registry.ts';

/** What a registry answered, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** The body as JSON. */
  readonly json: () => unknown;
  /** The code of the first error in the body. */
  readonly code: () => string | undefined;
}

/** What of a request is not a plain GET. */
interface Asked {
  readonly method?: Dispatcher.HttpMethod;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | Readable;
  readonly dispatcher?: Dispatcher;
}

/** Sends one request to a path of a registry, or to an absolute URL. */
export type Send = (path: string, asked?: Asked) => Promise<Answer>;

/** A client that knows HTTP and nothing of registries, so that tests say what goes over the wire. */
export function rawClient(origin: string): Send {
  return async (path, asked = {}) => {
    const answer = await request(new URL(path, origin), asked);
    const body = Buffer.from(await answer.body.arrayBuffer());
    const json = (): unknown => JSON.parse(body.toString('utf8'));
    const code = (): string | undefined =>
      (json() as { errors?: { code?: string }[] }).errors?.[0]?.code;
    return { status: answer.statusCode, headers: answer.headers, body, json, code };
  };
}

/** Starts a registry, lets a test use it and stops it. */
export async function withRegistry(
  options: RegistryOptions,
  use: (send: Send, registry: EmbeddedRegistry) => Promise<void>,
): Promise<void> {
  const registry = await startRegistry(options);
  try {
    await use(rawClient(registry.url), registry);
  } finally {
    await registry.close();
  }
}

/** Pushes a blob with one POST and one PUT; its digest. */
export async function pushBlob(send: Send, name: string, content: string): Promise<Digest> {
  const digest = digestOf(Buffer.from(content));
  const begun = await send(`/v2/${name}/blobs/uploads/`, { method: 'POST' });
  await send(`${headerOf(begun, 'location')}&digest=${digest}`, { method: 'PUT', body: content });
  return digest;
}

/** Pushes a JSON document as a manifest of its own media type, an OCI image manifest unless it names one. */
export async function pushManifest(
  send: Send,
  path: string,
  document: Readonly<Record<string, unknown>>,
): Promise<Answer> {
  const { mediaType = MediaType.ociManifest } = document;
  return send(path, {
    method: 'PUT',
    headers: { 'content-type': String(mediaType) },
    body: JSON.stringify(document),
  });
}

/** An artifact manifest without blobs, told apart by its annotations. */
export function artifact(
  fields: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return { schemaVersion: 2, mediaType: MediaType.ociManifest, layers: [], ...fields };
}

/** The digest of a document as pushManifest sends it. */
export function digestOfDocument(document: unknown): Digest {
  return digestOf(Buffer.from(JSON.stringify(document)));
}

/** A header of an answer as text; empty when it is not there. */
export function headerOf({ headers }: Answer, name: string): string {
  return String(headers[name] ?? '');
}
