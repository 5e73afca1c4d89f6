import { TaskError, invariant } from '../core/errors.ts';
import { orderedJson } from '../core/json-ordered.ts';
import type { OrderedJson } from '../core/json-ordered.ts';
import { compareText } from '../core/order.ts';
import type { Descriptor, Platform } from './descriptor.ts';
import type { Digest } from './digest.ts';
import { documentOf } from './manifest-document.ts';
import type { ManifestDocument } from './manifest-document.ts';
import { MediaType, isDockerType } from './media-types.ts';

/** `auto`: a Docker list when every entry is of Docker's formats and there are no annotations, else an OCI index. */
export type IndexFormat = 'auto' | 'oci' | 'docker';

/** What an index is made of. */
export interface IndexRequest {
  /** The children with their platforms, in the order hosts shall see them; a digest that comes again is left out. */
  readonly entries: readonly Descriptor[];
  readonly mediaType: IndexFormat;
  /** Annotations of the index itself; only OCI indexes have them. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The docker CLI indents by three. */
const INDENT = 3;

/**
 * An index in canonical form, byte for byte as the docker CLI writes it: the same entries always give the same digest.
 *
 * @throws TaskError `INPUT_INVALID` when a Docker list is asked for and an entry or an annotation needs an OCI index
 */
export function buildIndex(request: IndexRequest): ManifestDocument {
  const entries = distinct(request.entries);
  invariant(entries.length > 0, 'an index has at least one entry');
  const annotations = sorted(request.annotations ?? {});
  const isAnnotated = annotations.size > 0;
  const mediaType = chooseMediaType(request.mediaType, entries, isAnnotated);
  const document = {
    schemaVersion: 2,
    mediaType,
    manifests: entries.map(renderEntry),
    ...(isAnnotated ? { annotations } : {}),
  };
  return documentOf(Buffer.from(orderedJson(document, INDENT)), mediaType);
}

function distinct(entries: readonly Descriptor[]): readonly Descriptor[] {
  const byDigest = new Map<Digest, Descriptor>();
  for (const entry of entries) {
    if (!byDigest.has(entry.digest)) byDigest.set(entry.digest, entry);
  }
  return [...byDigest.values()];
}

function chooseMediaType(
  form: IndexFormat,
  entries: readonly Descriptor[],
  annotated: boolean,
): string {
  const ociEntry = entries.find((entry) => !isDockerType(entry.mediaType));
  const needsOci = annotated || ociEntry !== undefined;
  if (form === 'docker' && needsOci) {
    const reason =
      ociEntry === undefined ? 'annotations were given' : `${ociEntry.digest} is an OCI manifest`;
    throw new TaskError('INPUT_INVALID', `A Docker manifest list is not possible: ${reason}.`, {
      hint: 'Set mediaType to auto or oci.',
    });
  }
  return form === 'oci' || needsOci ? MediaType.ociIndex : MediaType.dockerList;
}

function renderEntry({ mediaType, size, digest, platform, annotations }: Descriptor): OrderedJson {
  return {
    mediaType,
    size,
    digest,
    ...(platform === undefined ? {} : { platform: renderPlatform(platform) }),
    ...(annotations === undefined ? {} : { annotations: sorted(annotations) }),
  };
}

function sorted(annotations: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(annotations).sort(([a], [b]) => compareText(a, b)));
}

function renderPlatform(platform: Platform): OrderedJson {
  const { architecture, os, variant } = platform;
  const version = platform['os.version'];
  const features = platform['os.features'];
  return {
    architecture,
    os,
    ...(version === undefined ? {} : { 'os.version': version }),
    ...(features === undefined ? {} : { 'os.features': features }),
    ...(variant === undefined ? {} : { variant }),
  };
}
