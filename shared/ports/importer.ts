import type { Digest } from '../oci/digest.ts';
import type { Repository } from '../oci/reference.ts';

/** One manifest to bring into a registry, by digest. */
export interface ImportRequest {
  readonly digest: Digest;
  readonly from: Repository;
  readonly to: Repository;
}

/** What became of an import: done, or to be streamed, with the reason as a part of a sentence. */
export type ImportResult =
  { readonly kind: 'imported' } | { readonly kind: 'stream'; readonly reason: string };

/** Lets a registry fetch content by itself, without its bytes passing through this machine. */
export interface ContentImporter {
  /**
   * Imports a manifest with all that it consists of (children of a list, configs, layers), but not what refers to it.
   * It gets no tag, and nothing that is there is replaced. May be repeated and called for several manifests at once.
   *
   * What the registry cannot or will not import is no failure: the caller copies it.
   */
  importManifest(request: ImportRequest, signal: AbortSignal): Promise<ImportResult>;
}
