import { describeBlob } from '../notary/blob-signature.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { DigestAlgorithm } from '../oci/digest.ts';
import type { SigningJob } from '../ports/signer.ts';

/** What the signature of a job binds, when the signing key signs with a hash. */
export function subjectOf(job: SigningJob, hash: DigestAlgorithm): Descriptor {
  return job.kind === 'manifest' ? job.subject : describeBlob(job.blob, hash);
}
