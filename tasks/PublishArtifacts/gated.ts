import { definite } from '../../shared/core/errors.ts';
import { selectStatement } from '../../shared/notary/trust-policy.ts';
import { publicNameOf } from '../../shared/image-info/image-digest.ts';
import type { ReleasedDigest } from '../../shared/image-info/select.ts';
import type { Descriptor } from '../../shared/oci/descriptor.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import { formatRepository, repositoryAt } from '../../shared/oci/reference.ts';
import type { Location } from '../../shared/oci/reference.ts';
import type { SignatureInQuestion } from '../../shared/ports/evidence.ts';
import type { TrustConfiguration } from '../../shared/ports/trust.ts';
import { nodeKey } from './source-graph.ts';
import type { ContentNode, NodeKey } from './source-graph.ts';

/** A signature of a manifest; the envelope is read only where it is verified. */
export interface SignatureFact {
  readonly envelope: Uint8Array;
  readonly mediaType: string;
}

/** A manifest of the release with its signatures. */
export interface GatedManifest {
  /** Public name and digest: `dotnet/runtime@sha256:…`. */
  readonly name: string;
  readonly descriptor: Descriptor;
  /** What trust policy statements may be for: the repository that was read, then the public name. */
  readonly scopes: readonly string[];
  readonly signatures: readonly SignatureFact[];
}

/** Where the manifests of a release are, and what signs them. */
export interface Gated {
  readonly nodes: ReadonlyMap<NodeKey, ContentNode>;
  readonly signatures: ReadonlyMap<NodeKey, readonly SignatureFact[]>;
  readonly source: Location;
  readonly digests: readonly ReleasedDigest[];
}

/**
 * What must be signed: every digest of the release and every child of its lists. What BuildKit attests to about an image
 * is no image of its own: nobody can change it without changing the list, whose signature stands for it.
 */
export function gatedManifests({
  nodes,
  signatures,
  source,
  digests,
}: Gated): readonly GatedManifest[] {
  const gated = new Map<NodeKey, GatedManifest>();
  const add = (repo: string, digest: Digest, registry: string): void => {
    const key = nodeKey(repo, digest);
    const node = definite(nodes.get(key), `the manifest ${key}`);
    if (gated.has(key)) return;
    gated.set(key, {
      name: key,
      descriptor: node.document.descriptor,
      scopes: [formatRepository(repositoryAt(source, repo)), publicNameOf({ registry, repo })],
      signatures: signatures.get(key) ?? [],
    });
    const { children, attestations } = node;
    for (const child of children.filter((one) => !attestations.includes(one))) {
      add(repo, child, registry);
    }
  };
  for (const { repo, digest, registry } of digests) add(repo, digest, registry);
  return [...gated.values()];
}

/** The signatures that a trust policy will judge, each under its statement. */
export function signaturesInQuestion(
  manifests: readonly GatedManifest[],
  { policy, store }: TrustConfiguration,
): readonly SignatureInQuestion[] {
  return manifests.flatMap(({ scopes, signatures }) => {
    const statement = selectStatement(policy, scopes);
    if (statement === undefined) return [];
    return signatures.map(({ envelope, mediaType }) => ({
      envelope,
      mediaType,
      trust: { statement, store },
    }));
  });
}
