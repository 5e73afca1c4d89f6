import type { FoundFragment } from '../image-info/attempts.ts';
import type { ImageInfoSource } from '../image-info/source.ts';

/** Hands a folder to later stages. */
export interface ArtifactSink {
  /**
   * Offers a folder as a build artifact; a later attempt of a job gets a name of its own, e.g. `image-info-2`. Where
   * the host has no artifact store (a classic release), says so and leaves the folder where it is.
   */
  offer(name: string, folder: string): void;
}

/** An artifact of a run. */
export interface FoundArtifact {
  readonly name: string;
  /** Where it was found, for people: `run 4711`, or the folder of an alias in a classic release. */
  readonly origin: string;
}

/** The artifacts of one run. */
export interface ArtifactSource {
  /** Where they are, for people: `run 4711`, or the artifacts directory of a classic release. */
  readonly place: string;
  /** Artifacts whose names one of the patterns describes (`*` is any text), in any order. */
  find(patterns: readonly string[], signal: AbortSignal): Promise<readonly FoundArtifact[]>;
  /**
   * The folder with the documents (`.json`, `.sig`) of an artifact, absolute.
   *
   * @throws TaskError `ARTIFACT_INVALID` when it cannot be unpacked
   */
  fetch(artifact: FoundArtifact, signal: AbortSignal): Promise<string>;
}

/** Finds what earlier stages handed over. */
export interface HandOverReader {
  /**
   * Path of the image-info of a source, absolute; what lies beside it in its artifact is there too.
   *
   * @throws TaskError `ARTIFACT_NOT_FOUND`, `ARTIFACT_INVALID`, `RUN_NOT_FOUND` or `SERVICE_DENIED`
   */
  imageInfo(source: ImageInfoSource, signal: AbortSignal): Promise<string>;
  /** The fragments in all artifacts of this run that a pattern describes; none when there is no such artifact. */
  fragments(pattern: string, signal: AbortSignal): Promise<readonly FoundFragment[]>;
  /**
   * Path of a file, e.g. `receipt.json`, in what the last attempt before this one uploaded under one of the names, the
   * first of them where it has several; absent when there is none.
   */
  earlierAttempt(
    artifacts: readonly string[],
    file: string,
    signal: AbortSignal,
  ): Promise<string | undefined>;
}
