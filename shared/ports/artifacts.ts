/** Hands a folder to later stages. */
export interface ArtifactSink {
  /**
   * Offers a folder as a build artifact. Where the host has no artifact store (a classic release), says so and
   * leaves the folder where it is.
   */
  offer(name: string, folder: string): void;
}
