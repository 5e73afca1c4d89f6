import type { Digest } from '../../../shared/oci/digest.ts';

/** A manifest as it was pushed. */
export interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly subject?: Digest | undefined;
  /** The manifest's own artifact type, else an image manifest's config media type. */
  readonly artifactType?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** What one repository holds; blobs of other repositories are not visible in it. */
export interface RepositoryContent {
  readonly blobs: Map<Digest, Uint8Array>;
  readonly manifests: Map<Digest, StoredManifest>;
  readonly tags: Map<string, Digest>;
}

/** The content of a registry in memory, by repository and digest. Tests may read and change it. */
export class ContentStore {
  readonly #repositories = new Map<string, RepositoryContent>();

  /** The names of all repositories that hold something, in order. */
  names(): readonly string[] {
    return [...this.#repositories.keys()].sort();
  }

  /** A repository, if anything was ever pushed to it. */
  find(name: string): RepositoryContent | undefined {
    return this.#repositories.get(name);
  }

  /** A repository, made empty when it is new. */
  open(name: string): RepositoryContent {
    const found = this.#repositories.get(name);
    if (found !== undefined) return found;
    const made = { blobs: new Map(), manifests: new Map(), tags: new Map() };
    this.#repositories.set(name, made);
    return made;
  }

  /** The manifest of a tag or digest. */
  manifest(name: string, reference: string): StoredManifest | undefined {
    const repository = this.find(name);
    const digest = repository?.tags.get(reference) ?? (reference as Digest);
    return repository?.manifests.get(digest);
  }

  /** Every manifest of a repository that has the subject, oldest first. */
  referrers(name: string, subject: Digest): readonly StoredManifest[] {
    const all = [...(this.find(name)?.manifests.values() ?? [])];
    return all.filter((manifest) => manifest.subject === subject);
  }

  /** Forgets everything. */
  clear(): void {
    this.#repositories.clear();
  }
}
