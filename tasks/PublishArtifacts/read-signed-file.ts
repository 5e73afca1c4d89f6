import { dirname, join } from 'node:path';
import { isJsonObject, parseJson } from '../../shared/core/json.ts';
import type { JsonValue } from '../../shared/core/json.ts';
import { formatImageDigest } from '../../shared/image-info/image-digest.ts';
import type { ImageInfo } from '../../shared/image-info/model.ts';
import { digestsOf, tagDigestsOf } from '../../shared/image-info/select.ts';
import { SIGNATURE_SUFFIXES } from '../../shared/notary/blob-signature.ts';
import type { EnvelopeFormat } from '../../shared/notary/payload.ts';
import type { FileReader } from '../../shared/ports/files.ts';
import type { DetachedEnvelope, SignedFile } from './signed-file.ts';

const FORMATS: readonly EnvelopeFormat[] = ['cose', 'jws'];

/** What SignImageInfo leaves beside the file. */
const REPORT = 'signing-report.json';

/** The hand-over file with the signatures and the report beside it. */
export async function readSignedFile(
  {
    path,
    bytes,
    info,
  }: { readonly path: string; readonly bytes: Uint8Array; readonly info: ImageInfo },
  files: FileReader,
  signal: AbortSignal,
): Promise<SignedFile> {
  const signatures: DetachedEnvelope[] = [];
  for (const format of FORMATS) {
    const name = `${path}${SIGNATURE_SUFFIXES[format]}`;
    if (!(await files.isFile(name))) continue;
    signatures.push({ name, envelope: await files.read(name, signal), format });
  }
  const report = await readReport(join(dirname(path), REPORT), files, signal);
  const digests = digestsOf(info).map(formatImageDigest);
  return { path, bytes, signatures, tags: tagDigestsOf(info), digests, ...report };
}

/** Tags and digests as the report has them; it only helps to explain, so what is no such report is none. */
async function readReport(
  path: string,
  files: FileReader,
  signal: AbortSignal,
): Promise<Pick<SignedFile, 'signedTags' | 'signedDigests'>> {
  const nothing = { signedTags: undefined, signedDigests: undefined };
  if (!(await files.isFile(path))) return nothing;
  const report = parseJson(await files.read(path, signal), path);
  if (!report.ok || !isJsonObject(report.value)) return nothing;
  const { imageInfo, signatures } = report.value;
  return { signedTags: tagsIn(imageInfo), signedDigests: digestsIn(signatures) };
}

function digestsIn(signatures: JsonValue | undefined): SignedFile['signedDigests'] {
  if (!Array.isArray(signatures)) return undefined;
  const subjects = signatures.map((one: JsonValue) => isJsonObject(one) && one['subject']);
  return new Set(subjects.filter((subject) => typeof subject === 'string'));
}

function tagsIn(file: JsonValue | undefined): SignedFile['signedTags'] {
  const tags = isJsonObject(file) ? file['tags'] : undefined;
  if (!isJsonObject(tags)) return undefined;
  return Object.fromEntries(
    Object.entries(tags).flatMap(([tag, digest]) =>
      typeof digest === 'string' ? [[tag, digest]] : [],
    ),
  );
}
