import type { ImageInfo } from '../../shared/image-info/model.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import type { Repository } from '../../shared/oci/reference.ts';
import type { GateFacts } from './gate.ts';
import type { Inputs } from './inputs.ts';
import type { ReleasedContent } from './source-graph.ts';

/** What a manifest or a tag costs beside blobs, in bytes that could be copied in the time of its requests. */
export const ITEM_WEIGHT = 256 * 1024;

/** A manifest to copy by digest; all it points to is copied before it. */
export interface ContentStep {
  readonly kind: 'copy' | 'keep';
  readonly what: 'platform' | 'list' | 'attestation' | 'referrer';
  readonly repo: string;
  readonly from: Repository;
  readonly to: Repository;
  readonly digest: ReleasedContent;
  /** Bytes of the blobs that the manifest names itself. */
  readonly blobBytes: number;
}

/** A tag to set once all content is there. */
export interface TagStep {
  readonly kind: 'set' | 'keep';
  readonly what: 'platform' | 'list';
  readonly repo: string;
  readonly to: Repository;
  readonly tag: string;
  readonly digest: ReleasedContent;
  /** What the tag pointed to before this publish, over all its attempts; absent for a new tag. */
  readonly previousDigest?: Digest;
  /** When an earlier attempt set it, ISO-8601 in UTC. */
  readonly setAt?: string;
}

/** What a publish will do: waves of content, then tags; steps of one wave do not depend on each other. */
export interface Plan {
  readonly phase: Inputs['phase'];
  /** What the gate asked for; `logged`: signatures that verify, but the trust policy let others pass. */
  readonly gate: GateFacts['kind'] | 'logged';
  /** What somebody should look at, although it stops nothing. */
  readonly warnings: readonly string[];
  readonly content: readonly (readonly ContentStep[])[];
  /** Tags of platforms. */
  readonly platformTags: readonly TagStep[];
  /** Shared tags, the last that move. */
  readonly sharedTags: readonly TagStep[];
  /** The final image-info: the released rows, or the published document with them merged in. */
  readonly imageInfo: ImageInfo;
  /** What the merge into the published image-info displaced, in words. */
  readonly displaced: readonly string[];
}
