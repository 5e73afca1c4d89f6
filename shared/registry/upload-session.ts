import { withDeadline } from '../core/deadline.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { formatReference } from '../oci/reference.ts';
import type { Repository } from '../oci/reference.ts';
import { withQuery } from '../oci/upload-location.ts';
import type { HttpClient } from './client.ts';
import type { RegistryRequest, RegistryResponse } from './registry-request.ts';
import { protocolError } from './errors.ts';
import { resolveHop } from './hops.ts';

/** An upload that a registry has opened. */
export interface UploadSession {
  readonly url: URL;
  /** Chunks but the last must be at least so long; 0 when the registry does not say. */
  readonly minChunkBytes: number;
}

/** Which blob goes where. */
export interface BlobPlace {
  readonly repository: Repository;
  readonly descriptor: Descriptor;
}

/** Enough for what registries say about an upload. */
export const MAX_ANSWER_BYTES = 64 * 1024;

/** The agent kills a cancelled task after ten seconds; tidying up must not eat them. */
const CANCEL_MS = 2000;

/** The session that a response opened or goes on with. */
export function sessionOf(request: RegistryRequest, response: RegistryResponse): UploadSession {
  const { url, header } = response;
  const location = header('location');
  if (location === undefined) {
    throw protocolError({ ...request, url }, 'the registry did not say where to upload to');
  }
  const minChunkBytes = Number(header('oci-chunk-min-length') ?? 0);
  return {
    url: resolveHop(request, url, location),
    minChunkBytes: Number.isSafeInteger(minChunkBytes) ? minChunkBytes : 0,
  };
}

/** The PUT that ends an upload; its body is what the session does not hold yet. */
export function commitRequest(
  { repository, descriptor }: BlobPlace,
  session: URL,
  body: NonNullable<RegistryRequest['body']>,
): RegistryRequest {
  return {
    what: pushText({ repository, descriptor }),
    method: 'PUT',
    repository,
    at: withQuery(session, { digest: descriptor.digest }),
    access: 'push',
    headers: { 'content-type': 'application/octet-stream' },
    body,
    isSingleShot: true,
    expect: [201, 204],
    writes: [`blobs/${descriptor.digest}`],
  };
}

/** Completes the sentence "Cannot …" for an upload. */
export function pushText({ repository, descriptor }: BlobPlace): string {
  return `push the blob ${formatReference(repository, descriptor.digest)}`;
}

/** Tells the registry to forget a session. A courtesy: it is not repeated, and its outcome changes nothing. */
export async function cancelSession(
  http: HttpClient,
  place: BlobPlace,
  session: URL,
): Promise<void> {
  const request: RegistryRequest = {
    what: `cancel the upload of ${formatReference(place.repository, place.descriptor.digest)}`,
    method: 'DELETE',
    repository: place.repository,
    at: session,
    access: 'push',
    isSingleShot: true,
    expect: [200, 202, 204],
  };
  // Also after the run was cancelled.
  const { signal } = new AbortController();
  await withDeadline(CANCEL_MS, signal, async (bounded) =>
    http.exchange(request, MAX_ANSWER_BYTES, bounded),
  ).catch(() => undefined);
}
