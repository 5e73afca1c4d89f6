import { invariant } from '../../../shared/core/errors.ts';
import type { ManifestDocument } from '../../../shared/oci/manifest-document.ts';
import { rawClient } from '../registry/raw-client.ts';
import type { Answer, Send } from '../registry/raw-client.ts';
import type { Content } from './platform-image.ts';
import { buildProduct } from './product.ts';
import type { BuiltImage, Product } from './product.ts';

/**
 * Pushes a product below a prefix as its build jobs do, superseded attempts first: each platform image under its own
 * tags, and the shared tags pointing at a single platform, which makes them worthless.
 *
 * @returns what was pushed
 * @throws BugError when the registry refuses something
 */
export async function pushProduct(
  registryUrl: string,
  prefix: string,
  product: Product,
): Promise<readonly BuiltImage[]> {
  const send = rawClient(registryUrl);
  const built = buildProduct(product);
  for (const image of built) {
    const name = prefix === '' ? image.image.repo : `${prefix}/${image.image.repo}`;
    for (const blob of [image.config, ...image.layers]) await pushBlob(send, name, blob);
    for (const tag of [...image.simpleTags, ...image.image.sharedTags]) {
      await putManifest(send, `/v2/${name}/manifests/${tag}`, image.manifest);
    }
  }
  return built;
}

async function pushBlob(send: Send, name: string, { descriptor, bytes }: Content): Promise<void> {
  const path = `/v2/${name}/blobs/uploads/`;
  const begun = expectStatus(await send(path, { method: 'POST' }), 202, path);
  const location = String(begun.headers['location']);
  const query = `${location.includes('?') ? '&' : '?'}digest=${descriptor.digest}`;
  const done = await send(`${location}${query}`, { method: 'PUT', body: bytes });
  expectStatus(done, 201, path);
}

async function putManifest(send: Send, path: string, manifest: ManifestDocument): Promise<void> {
  const answer = await send(path, {
    method: 'PUT',
    headers: { 'content-type': manifest.descriptor.mediaType },
    body: manifest.bytes,
  });
  expectStatus(answer, 201, path);
}

function expectStatus(answer: Answer, status: number, path: string): Answer {
  invariant(answer.status === status, `${path} answers ${answer.status}, not ${status}`);
  return answer;
}
