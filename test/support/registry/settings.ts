/** What a caller may do in a repository. */
export type Action = (typeof ALL_ACTIONS)[number];

/** Everything that a caller may be allowed to do. */
export const ALL_ACTIONS = ['pull', 'push', 'delete'] as const;

/** How callers prove who they are; `grant` lists what the one account may do, everything unless told otherwise. */
export type AuthSettings =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'basic';
      readonly username: string;
      readonly password: string;
      readonly grant?: readonly Action[];
    }
  | {
      readonly kind: 'bearer';
      readonly username: string;
      readonly password: string;
      readonly grant?: readonly Action[];
      /** Whether callers without credentials may pull. */
      readonly anonymousPull?: boolean;
      /** Life of a token in seconds, 300 unless told otherwise. */
      readonly tokenLifetimeSeconds?: number;
    };

/** What the registry can do and how it behaves; every switch may be changed while it runs. */
export interface RegistrySettings {
  /** Off: `/referrers/` answers a plain 404 and no `OCI-Subject` is sent. */
  readonly referrersApi: boolean;
  readonly auth: AuthSettings;
  /** Off: a mount request answers 202 and begins an upload. */
  readonly mount: boolean;
  /** Off: a POST with `?digest=` answers 202 and its body is lost. */
  readonly singlePost: boolean;
  /** Off: every DELETE of content answers 405. */
  readonly deleteEnabled: boolean;
  /** Off: a blob GET with `Range` answers 200 with the whole blob. */
  readonly rangeRequests: boolean;
  /** Off: `?tag=` of a manifest PUT by digest is ignored. */
  readonly tagParameters: boolean;
  /** Off: `If-Match` and `If-None-Match` of a manifest PUT are ignored. */
  readonly conditionalPut: boolean;
  /** Off: a manifest may name blobs and children that are not in the repository. */
  readonly validateReferences: boolean;
  /** Off: no reply has `Docker-Content-Digest`. */
  readonly digestHeader: boolean;
  /** On: `Location` headers have scheme and host. */
  readonly absoluteLocations: boolean;
  /** Most tags in one reply; 0 is no limit. */
  readonly tagPageSize: number;
  /** Most referrers in one reply; 0 is no limit. */
  readonly referrersPageSize: number;
  /** Smallest chunk in bytes that may be followed by another; 0 is no limit. */
  readonly chunkMinLength: number;
  /** Largest manifest in bytes. */
  readonly manifestMaxLength: number;
  /** How long each reply waits, in milliseconds. */
  readonly latencyMs: number;
}

/** A registry that does everything the specification allows, for everybody, at once. */
export const DEFAULT_SETTINGS: RegistrySettings = {
  referrersApi: true,
  auth: { kind: 'none' },
  mount: true,
  singlePost: true,
  deleteEnabled: true,
  rangeRequests: true,
  tagParameters: true,
  conditionalPut: true,
  validateReferences: true,
  digestHeader: true,
  absoluteLocations: false,
  tagPageSize: 0,
  referrersPageSize: 0,
  chunkMinLength: 0,
  // The size that the specification asks registries to accept at least.
  manifestMaxLength: 4 * 1024 * 1024,
  latencyMs: 0,
};
