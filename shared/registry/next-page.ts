import { nextLink } from '../oci/link-header.ts';
import type { RegistryRequest, RegistryResponse } from './registry-request.ts';
import { protocolError } from './errors.ts';

/**
 * Where a list goes on, absent when it ends. Only on the same origin: a page elsewhere would be asked for with our
 * credentials.
 *
 * @throws RegistryError `REGISTRY_RESPONSE_INVALID`
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags
 */
export function nextPage(
  request: RegistryRequest,
  { url, headerList }: Pick<RegistryResponse, 'url' | 'headerList'>,
): URL | undefined {
  const link = nextLink(headerList('link'));
  if (link === undefined) return undefined;
  const next = URL.canParse(link, url.href) ? new URL(link, url) : undefined;
  if (next?.origin === url.origin) return next;
  throw protocolError({ ...request, url }, 'the next page is not on the same server');
}
