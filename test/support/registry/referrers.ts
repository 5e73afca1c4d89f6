import type { Descriptor } from '../../../shared/oci/descriptor.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import { digestFrom } from './call.ts';
import type { Call } from './call.ts';
import { Refusal, jsonReply, reply } from './reply.ts';
import type { Reply } from './reply.ts';
import type { StoredManifest } from './store.ts';

/**
 * GET: an index of the manifests whose subject is a digest; empty when there are none.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 */
export function listReferrers(call: Call): Reply {
  const { settings, query, store, name } = call;
  if (!settings.referrersApi) return withoutApi();
  const subject = digestFrom(call.reference);
  const wanted = query.get('artifactType');
  const found = store.referrers(name, subject).map(describe);
  const matching = wanted === null ? found : found.filter((d) => d.artifactType === wanted);
  const start = startOf(query);
  const size = settings.referrersPageSize === 0 ? Infinity : settings.referrersPageSize;
  const manifests = matching.slice(start, start + size);
  const hasMore = start + manifests.length < matching.length;
  const body = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests };
  return jsonReply(200, body, {
    'content-type': MediaType.ociIndex,
    ...(wanted === null ? {} : { 'oci-filters-applied': 'artifactType' }),
    ...(hasMore ? { link: linkTo(call, start + manifests.length) } : {}),
  });
}

/** What registries say that do not know the endpoint. */
function withoutApi(): Reply {
  return reply(404, {
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: Buffer.from('404 page not found\n'),
  });
}

function describe(manifest: StoredManifest): Descriptor {
  const { mediaType, digest, bytes, artifactType, annotations } = manifest;
  return {
    mediaType,
    digest,
    size: bytes.byteLength,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

function startOf(query: URLSearchParams): number {
  const page = query.get('page') ?? '0';
  if (!/^\d+$/.test(page)) {
    throw new Refusal(400, 'UNSUPPORTED', { message: 'page is not a number' });
  }
  return Number(page);
}

function linkTo({ name, reference, query }: Call, start: number): string {
  const next = new URLSearchParams(query);
  next.set('page', String(start));
  return `</v2/${name}/referrers/${reference}?${next.toString()}>; rel="next"`;
}
