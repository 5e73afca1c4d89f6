import { TaskError } from '../core/errors.ts';
import { neutralise } from '../core/text.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Repository } from '../oci/reference.ts';
import { formatReference } from '../oci/reference.ts';
import { mismatch, verified } from '../oci/verify-stream.ts';
import { responseError } from './errors.ts';
import type { FailedRequest } from './errors.ts';
import { readFailure, translated, translatedBody } from './failures.ts';
import { sendFollowing } from './hops.ts';
import { refusedHop } from './origins.ts';
import { requestRetries } from './retry.ts';
import type { Retrier } from './retrier.ts';
import type { Timing } from './timing.ts';
import type { HttpResponse, Transport } from './transport.ts';
import type { UploadSource } from './upload-source.ts';

/** What reading layers from their vendors needs. */
export interface ForeignLayersParts {
  readonly transport: Transport;
  readonly timing: Timing;
  readonly retrier: Retrier;
  readonly originOf: (registry: string) => URL;
}

/** A layer that its vendor has, and the image that points to it. */
export interface ForeignLayer {
  readonly descriptor: Descriptor;
  readonly from: Repository;
}

/** A manifest may name any number of addresses; whoever serves a layer needs one, and has another for bad days. */
const MAX_URLS = 4;

/**
 * Reads layers from the addresses in their descriptors, which anybody may have written: over HTTPS only, without any
 * credentials, and never further inside than the registry of the image itself is.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#properties
 */
export class ForeignLayers {
  readonly #parts: ForeignLayersParts;

  constructor(parts: ForeignLayersParts) {
    this.#parts = parts;
  }

  /**
   * Opens a layer at the first of its addresses that has it; what comes is checked while it passes.
   *
   * @throws TaskError, that of the last address; from the stream `DIGEST_MISMATCH`
   */
  async open(layer: ForeignLayer, signal: AbortSignal): Promise<UploadSource> {
    let failure: unknown = withoutAddress(layer);
    for (const address of (layer.descriptor.urls ?? []).slice(0, MAX_URLS)) {
      try {
        return await this.#openAt(address, layer, signal);
      } catch (error) {
        signal.throwIfAborted();
        failure = error;
      }
    }
    throw failure;
  }

  async #openAt(
    address: string,
    { descriptor, from }: ForeignLayer,
    signal: AbortSignal,
  ): Promise<UploadSource> {
    const name = formatReference(from, descriptor.digest);
    const registryUrl = this.#parts.originOf(from.registry);
    const url = checked(address, name, registryUrl);
    const asked = { what: `read the layer ${name} at ${url.host}`, method: 'GET', url } as const;
    const response = await this.#parts.retrier.run(
      async () => this.#ask(asked, registryUrl, signal),
      { retriesOf: requestRetries },
      signal,
    );
    const release = async (): Promise<void> => response.discard().catch(() => undefined);
    const expected = { ...descriptor, name };
    const length = response.header('content-length');
    if (length !== undefined && Number(length) !== descriptor.size) {
      await release();
      throw mismatch(expected, `has ${Number(length)} bytes, not ${descriptor.size}`);
    }
    const chunks = verified(translatedBody(asked, response.body, signal), expected);
    return { body: { size: descriptor.size, chunks }, release };
  }

  async #ask(
    asked: FailedRequest & { readonly method: 'GET' },
    registryUrl: URL,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    try {
      const request = { ...asked, headers: {}, home: asked.url.origin, registryUrl };
      const { response } = await sendFollowing(this.#parts.transport, request, signal);
      if (response.status === 200) return response;
      const failure = await readFailure(response, this.#parts.timing.now());
      throw responseError({ ...asked, url: response.url }, { ...failure, isElsewhere: true });
    } catch (error) {
      throw translated(asked, error, signal);
    }
  }
}

function checked(address: string, name: string, registryUrl: URL): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const refusal = url?.protocol === 'https:' ? refusalOf(url, registryUrl) : 'it is not HTTPS';
  if (url !== undefined && refusal === undefined) return url;
  throw new TaskError(
    'REGISTRY_RESPONSE_INVALID',
    `The layer ${name} is said to be at ${JSON.stringify(neutralise(address))}, which is not asked: ${refusal ?? ''}.`,
    {
      hint: 'Copy the image without its foreign layers, or build it on a base image without them.',
    },
  );
}

/** The registry itself has been asked, by the name of the layer; any other page of it is none of ours. */
function refusalOf(url: URL, registryUrl: URL): string | undefined {
  return url.origin === registryUrl.origin
    ? 'it is the registry itself, which does not have the layer'
    : refusedHop(registryUrl, url);
}

function withoutAddress({ descriptor, from }: ForeignLayer): TaskError {
  const name = formatReference(from, descriptor.digest);
  return new TaskError('CONTENT_NOT_FOUND', `The layer ${name} is nowhere.`, {
    hint: 'Build the image on a base image without foreign layers.',
  });
}
