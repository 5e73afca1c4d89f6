/** Reads files; paths are absolute. */
export interface FileReader {
  /** The bytes of a file. Throws TaskError `FILE_NOT_FOUND` or `FILE_UNREADABLE`, also above 64 MiB. */
  read(path: string, signal: AbortSignal): Promise<Uint8Array>;
  /**
   * Paths of the files below a root that match glob patterns, sorted, `/` between segments. A leading `!` excludes.
   * Throws TaskError `FILE_UNREADABLE` when a folder on the way cannot be read.
   */
  find(root: string, patterns: readonly string[]): Promise<readonly string[]>;
  /** Whether there is a regular file at the path. */
  isFile(path: string): Promise<boolean>;
}

/** Writes whole files. */
export interface FileWriter {
  /** Writes a file through a temporary name, so that it is there whole or not at all; makes its folder. */
  write(path: string, bytes: Uint8Array): Promise<void>;
}
