import { mapLimit } from '../core/concurrency.ts';
import { TaskError } from '../core/errors.ts';
import type { ErrorCode } from '../core/errors.ts';
import { counted } from '../core/text.ts';
import { MAX_ENVELOPE_BYTES } from '../notary/envelope.ts';
import type { Digest } from '../oci/digest.ts';
import { readManifest } from '../oci/manifest-document.ts';
import type { ManifestDocument } from '../oci/manifest-document.ts';
import { MediaType } from '../oci/media-types.ts';
import { formatReference } from '../oci/reference.ts';
import type { Repository } from '../oci/reference.ts';
import { readSignatureManifest } from '../oci/signature-manifest.ts';
import type { Log } from '../ports/host.ts';
import type { RegistryReader } from '../ports/registry.ts';
import type { FoundSignature, ListedSignature, SignatureReader } from '../ports/signatures.ts';

/** How many signatures of a manifest are looked at: as many as the notation CLI looks at. */
const MAX_SIGNATURES = 100;

/** Signatures of one subject read at once. */
const SIGNATURES_AT_ONCE = 4;

/** These say that what is there is no signature; any other failure says that nobody knows what is there. */
const NO_SIGNATURE: ReadonlySet<ErrorCode> = new Set([
  'CONTENT_NOT_FOUND',
  'CONTENT_TOO_LARGE',
  'DIGEST_MISMATCH',
]);

/** Reads signatures through a registry reader; warns of what looks like a signature and is none. */
export function createSignatureReader(
  registry: RegistryReader,
  log: Pick<Log, 'warn'>,
): SignatureReader {
  return new ReferrerSignatures(registry, log);
}

/** Anybody who may push can attach a referrer: one that is no well-formed signature signs nothing, and fails nothing. */
class ReferrerSignatures implements SignatureReader {
  readonly #registry: RegistryReader;
  readonly #log: Pick<Log, 'warn'>;

  constructor(registry: RegistryReader, log: Pick<Log, 'warn'>) {
    this.#registry = registry;
    this.#log = log;
  }

  async find(
    repository: Repository,
    { digest: subject }: { readonly digest: Digest },
    signal: AbortSignal,
  ): Promise<readonly FoundSignature[]> {
    const candidates = await this.#list(repository, subject, signal);
    const found = await mapLimit(
      this.lookedAt(repository, subject, candidates),
      async (signature) => this.#readReferrer(repository, { subject, signature }, signal),
      { limit: SIGNATURES_AT_ONCE, signal },
    );
    return found.filter((signature) => signature !== undefined);
  }

  lookedAt<T>(repository: Repository, subject: Digest, listed: readonly T[]): readonly T[] {
    if (listed.length > MAX_SIGNATURES) {
      const name = formatReference(repository, subject);
      this.#log.warn(
        `${name} has ${counted(listed.length, 'signature')}: only the first ${MAX_SIGNATURES} are looked at. Remove those that are not needed.`,
      );
    }
    return listed.slice(0, MAX_SIGNATURES);
  }

  async findOne(
    repository: Repository,
    wanted: ListedSignature,
    signal: AbortSignal,
  ): Promise<FoundSignature | undefined> {
    const candidates = await this.#list(repository, wanted.subject, signal);
    if (!candidates.includes(wanted.signature)) return undefined;
    return this.#readReferrer(repository, wanted, signal);
  }

  async read(
    repository: Repository,
    manifest: ManifestDocument,
    signal: AbortSignal,
  ): Promise<FoundSignature | undefined> {
    const name = formatReference(repository, manifest.descriptor.digest);
    const signature = readSignatureManifest(manifest);
    if (!signature.ok) {
      const faults = signature.problems.map(({ path, message }) => `${path} ${message}`);
      this.#passOver(name, faults.join('; '));
      return undefined;
    }
    if (signature.value === undefined) return undefined;
    const { envelope } = signature.value;
    if (envelope.size > MAX_ENVELOPE_BYTES) {
      this.#passOver(name, `its envelope has ${envelope.size} bytes`);
      return undefined;
    }
    const content = this.#registry.getBlob(repository, envelope, signal);
    const bytes = await this.#unlessUnsound(name, content);
    if (bytes === undefined) return undefined;
    return { manifest, envelope: bytes, mediaType: envelope.mediaType };
  }

  /** The manifests that are listed as signatures of a subject. */
  async #list(
    repository: Repository,
    subject: Digest,
    signal: AbortSignal,
  ): Promise<readonly Digest[]> {
    const referrers = await this.#registry.listReferrers(repository, subject, signal);
    return (
      referrers
        // Entries of old fallback indexes lack the type; the manifest itself tells.
        .filter(
          ({ artifactType = MediaType.notarySignature }) =>
            artifactType === MediaType.notarySignature,
        )
        .map(({ digest }) => digest)
    );
  }

  async #readReferrer(
    repository: Repository,
    { subject, signature }: ListedSignature,
    signal: AbortSignal,
  ): Promise<FoundSignature | undefined> {
    const content = this.#registry.getManifest(repository, signature, signal);
    const manifest = await this.#unlessUnsound(formatReference(repository, signature), content);
    // A list under a tag may name anything: what refers to something else is no signature of the subject.
    const isOfSubject = manifest !== undefined && refersTo(manifest, subject);
    return isOfSubject ? this.read(repository, manifest, signal) : undefined;
  }

  /** Content of a candidate, absent when it shows that the candidate is none. */
  async #unlessUnsound<T>(name: string, content: Promise<T>): Promise<T | undefined> {
    try {
      return await content;
    } catch (error) {
      if (!(error instanceof TaskError && NO_SIGNATURE.has(error.code))) throw error;
      this.#passOver(name, error.message);
      return undefined;
    }
  }

  #passOver(name: string, reason: string): void {
    this.#log.warn(`Passed over ${name}, which is no signature: ${reason}`);
  }
}

function refersTo(manifest: ManifestDocument, subject: string): boolean {
  const links = readManifest(manifest);
  return links.ok && links.value.subject?.digest === subject;
}
