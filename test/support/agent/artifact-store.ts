import { cp, mkdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** The artifacts of one build: each name is taken once, nothing is ever replaced. */
export class ArtifactStore {
  readonly #folder: string;
  /** The folder with a copy of each artifact, by name. */
  readonly folders = new Map<string, string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Copies a file or the content of a folder.
   *
   * @throws Error when the name is taken or the path is gone
   */
  async add(name: string, path: string): Promise<void> {
    const taken = [...this.folders.keys()].some((key) => key.toLowerCase() === name.toLowerCase());
    if (taken) throw new Error(`Artifact ${name} already exists for this build.`);
    const target = join(this.#folder, name);
    const isFolder = (await stat(path)).isDirectory();
    await mkdir(target, { recursive: true });
    await cp(path, isFolder ? target : join(target, basename(path)), { recursive: true });
    this.folders.set(name, target);
  }

  /** Copies the content of an artifact to a folder, as a download step does. */
  async download(name: string, folder: string): Promise<void> {
    const source = this.folders.get(name);
    if (source === undefined) throw new Error(`There is no artifact ${name} in this build.`);
    await mkdir(folder, { recursive: true });
    await cp(source, folder, { recursive: true });
  }
}
