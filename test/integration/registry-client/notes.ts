import { documentOf } from '../../../shared/oci/manifest-document.ts';
import type { Descriptor } from '../../../shared/oci/descriptor.ts';
import type { ManifestDocument } from '../../../shared/oci/manifest-document.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';

/** A small artifact about a subject, told apart by its text. */
export function aNote(text: string, subject: Descriptor): ManifestDocument {
  const document = {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    artifactType: 'application/vnd.example.note',
    layers: [],
    subject,
    annotations: { text },
  };
  return documentOf(Buffer.from(JSON.stringify(document)), MediaType.ociManifest);
}

/** The digests of documents, sorted. */
export function digestsOf(...documents: readonly ManifestDocument[]): readonly string[] {
  return documents.map(({ descriptor }) => descriptor.digest).sort();
}
