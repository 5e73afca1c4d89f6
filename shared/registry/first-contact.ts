/**
 * Lets one request per host go ahead alone, so that what it learns (how to log in) serves all that wait.
 *
 * Without it, sixteen first requests would bring home sixteen refusals.
 */
export class FirstContact {
  readonly #hosts = new Map<string, Promise<void> | 'known'>();

  /** Whether a host has answered, so that nobody has to wait any more. */
  isKnown(host: string): boolean {
    return this.#hosts.get(host) === 'known';
  }

  /**
   * Waits while another request is the first; then gives the function that says how it went: whether the host
   * answered at all. Only the first call of that function counts.
   */
  async enter(host: string): Promise<(answered: boolean) => void> {
    for (;;) {
      const state = this.#hosts.get(host);
      if (state === 'known') return () => undefined;
      if (state === undefined) return this.#lead(host);
      await state;
    }
  }

  #lead(host: string): (answered: boolean) => void {
    let finish = (): void => undefined;
    const contact = new Promise<void>((resolve) => {
      finish = resolve;
    });
    this.#hosts.set(host, contact);
    return (answered) => {
      if (this.#hosts.get(host) !== contact) return;
      if (answered) this.#hosts.set(host, 'known');
      else this.#hosts.delete(host);
      finish();
    };
  }
}
