import { TaskError } from '../core/errors.ts';
import type { Digest } from '../oci/digest.ts';
import { formatReference } from '../oci/reference.ts';
import type { Repository } from '../oci/reference.ts';
import type { HttpClient } from './client.ts';
import { RegistryError } from './errors.ts';

/** What registries answer that do not delete, or not by tag. */
const UNSUPPORTED_STATUSES: ReadonlySet<number> = new Set([400, 405, 501]);

const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * Deletes what a digest or a tag names; nothing happens when it is not there. By tag only the tag goes: the manifest
 * and its other tags stay, and the digest behind the tag is never deleted in its place.
 *
 * @throws TaskError `REGISTRY_REJECTED` when the registry does not delete this way
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#deleting-manifests
 */
export async function deleteManifest(
  http: HttpClient,
  place: { readonly repository: Repository; readonly reference: Digest | string },
  signal: AbortSignal,
): Promise<void> {
  const { repository, reference } = place;
  const what = `delete ${formatReference(repository, reference)}`;
  try {
    await http.exchange(
      {
        what,
        method: 'DELETE',
        repository,
        at: `manifests/${reference}`,
        access: 'delete',
        expect: [200, 202, 204, 404],
      },
      MAX_ANSWER_BYTES,
      signal,
    );
  } catch (error) {
    const status = error instanceof RegistryError ? error.details.status : undefined;
    if (status === undefined || !UNSUPPORTED_STATUSES.has(status)) throw error;
    throw new TaskError('REGISTRY_REJECTED', `Cannot ${what}: the registry answered ${status}.`, {
      hint: 'Allow deletes in the registry; some registries delete by digest but not by tag.',
      cause: error,
    });
  }
}
