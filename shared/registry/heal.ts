import { mapLimit } from '../core/concurrency.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { ManifestLinks } from '../oci/manifest-document.ts';
import { isForeignLayerType } from '../oci/media-types.ts';
import { RegistryError } from './errors.ts';
import type { Timing } from './timing.ts';

/** Something that must be in the repository before a manifest that points to it. */
export interface Need {
  readonly kind: 'blob' | 'manifest';
  readonly descriptor: Descriptor;
}

/** How to find out about needs and to satisfy them. */
export interface Healer {
  readonly needs: readonly Need[];
  readonly isThere: (need: Need) => Promise<boolean>;
  /** Brings a need again; false when there is nowhere to take it from. */
  readonly restore: (need: Need) => Promise<boolean>;
}

/** Replicas that have not agreed yet do so within seconds. */
const WAITS_MS: readonly number[] = [1000, 2000, 4000, 8000];

/** Looks and copies in flight; all of them share the slots of the registry. */
const CONCURRENCY = 8;

const MISSING_CODES: ReadonlySet<string> = new Set([
  'BLOB_UNKNOWN',
  'MANIFEST_BLOB_UNKNOWN',
  'MANIFEST_UNKNOWN',
]);

/** What a manifest needs; foreign layers stay where their `urls` point to. */
export function needsOf({ config, layers, manifests }: ManifestLinks): readonly Need[] {
  const blobs = [...(config === undefined ? [] : [config]), ...layers].filter(
    ({ mediaType, urls = [] }) => urls.length === 0 && !isForeignLayerType(mediaType),
  );
  return [
    ...blobs.map((descriptor): Need => ({ kind: 'blob', descriptor })),
    ...manifests.map((descriptor): Need => ({ kind: 'manifest', descriptor })),
  ];
}

/**
 * Puts a manifest; when the registry misses what it points to, looks for that, brings again what is really gone, and
 * puts the manifest again after a while. A failure that this cannot change is thrown as it came.
 */
export async function putHealing<T>(
  put: () => Promise<T>,
  { healer, timing }: { readonly healer: Healer; readonly timing: Timing },
  signal: AbortSignal,
): Promise<T> {
  for (const waitMs of WAITS_MS) {
    try {
      return await put();
    } catch (error) {
      const missing = missingNeeds(error, healer.needs);
      if (missing.length === 0 || !(await heal(missing, healer, signal))) throw error;
    }
    await timing.sleep(waitMs, signal);
  }
  return put();
}

/** The needs that the registry names; all of them when it names nothing, none when it means something else. */
function missingNeeds(error: unknown, needs: readonly Need[]): readonly Need[] {
  if (!(error instanceof RegistryError)) return [];
  const { registryCodes, namedDigests } = error.details;
  if (!registryCodes.some((code) => MISSING_CODES.has(code))) return [];
  if (namedDigests.length === 0) return needs;
  return needs.filter(({ descriptor }) => namedDigests.includes(descriptor.digest));
}

async function heal(
  missing: readonly Need[],
  { isThere, restore }: Healer,
  signal: AbortSignal,
): Promise<boolean> {
  const healed = await mapLimit(
    missing,
    async (need) => (await isThere(need)) || (await restore(need)),
    { limit: CONCURRENCY, signal },
  );
  return healed.every(Boolean);
}
