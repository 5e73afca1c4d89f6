import { formatRepository } from '../../shared/oci/reference.ts';
import { readBack } from './attach.ts';
import type { AttachTools, Attached, Target } from './attach.ts';

/**
 * Sees to it that registries show new signatures as consumers will look for them: one of each repository is read back,
 * and all of a repository that does not show it.
 */
export class Confirmation {
  readonly #tools: Pick<AttachTools, 'writers' | 'signal'>;
  readonly #begun = new Set<string>();
  readonly #doubtful = new Set<string>();

  constructor(tools: Pick<AttachTools, 'writers' | 'signal'>) {
    this.#tools = tools;
  }

  /**
   * Reads a signature back that was just pushed, when it is the first of its repository.
   *
   * @throws TaskError `SIGNATURE_MISSING`
   */
  async checkFirst(attached: Attached): Promise<void> {
    const repository = formatRepository(attached.place.repository);
    if (this.#begun.has(repository)) return;
    this.#begun.add(repository);
    this.#doubtful.add(repository);
    await readBack(attached, this.#tools);
    this.#doubtful.delete(repository);
  }

  /** Whether the first signature of a repository could not be read back. */
  doubts({ place }: Target): boolean {
    return this.#doubtful.has(formatRepository(place.repository));
  }
}
