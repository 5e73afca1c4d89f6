import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { zipSync } from 'fflate';

/** An artifact of a run. */
export interface StoredArtifact {
  readonly name: string;
  /** `Container` is what tasks upload, `PipelineArtifact` what `publish:` does; `FilePath` is a file share. */
  readonly type: 'Container' | 'PipelineArtifact' | 'FilePath';
  /** What is downloaded. */
  readonly archive: () => Uint8Array;
}

/** An artifact of texts by their paths, as the service packs it: all in one folder with its name. */
export function textArtifact(
  name: string,
  texts: Readonly<Record<string, string>>,
  type: StoredArtifact['type'] = 'PipelineArtifact',
): StoredArtifact {
  const files = Object.entries(texts).map(([path, text]) => [`${name}/${path}`, Buffer.from(text)]);
  return { name, type, archive: () => zipSync(Object.fromEntries(files) as ZipContent) };
}

type ZipContent = Record<string, Uint8Array>;

/** The artifacts that an agent has uploaded, by the folders that it keeps. */
export function uploadedArtifacts(folders: ReadonlyMap<string, string>): readonly StoredArtifact[] {
  return [...folders].map(([name, folder]) => ({
    name,
    type: 'Container',
    archive: () => zipSync(filesOf(name, folder)),
  }));
}

function filesOf(name: string, folder: string): ZipContent {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name: file }) => join(parentPath, file));
  return Object.fromEntries(
    paths.map((path) => [`${name}/${relative(folder, path)}`, readFileSync(path)]),
  );
}
