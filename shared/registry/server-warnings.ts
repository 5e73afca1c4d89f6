import { neutralise } from '../core/text.ts';
import type { Log } from '../ports/host.ts';

/** `299 - "text"`: only this code and this agent are for people. */
const WARNING = /^299 (?:-|\S+) "(?<text>(?:[^"\\]|\\.)*)"/;

/** Longer headers are not read; the specification allows no more. */
const MAX_HEADER_BYTES = 4096;

/** A registry that has more to say is talking to somebody else. */
const MAX_WARNINGS_PER_HOST = 10;

/**
 * Shows what registries warn about, each text once per registry.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#warnings
 */
export class ServerWarnings {
  readonly #log: Pick<Log, 'warn'>;
  readonly #shown = new Map<string, Set<string>>();

  constructor(log: Pick<Log, 'warn'>) {
    this.#log = log;
  }

  /** Takes note of the `Warning` headers of a response. */
  note(registry: string, headers: readonly string[]): void {
    for (const header of headers) {
      const text = Buffer.byteLength(header) > MAX_HEADER_BYTES ? undefined : textOf(header);
      if (text !== undefined) this.#show(registry, text);
    }
  }

  #show(registry: string, text: string): void {
    const shown = this.#shown.get(registry) ?? new Set<string>();
    this.#shown.set(registry, shown);
    if (shown.has(text) || shown.size >= MAX_WARNINGS_PER_HOST) return;
    shown.add(text);
    this.#log.warn(`${registry} warns: ${text}`);
  }
}

function textOf(header: string): string | undefined {
  const text = WARNING.exec(header)?.groups?.['text'];
  return text === undefined ? undefined : neutralise(text.replace(/\\(.)/g, '$1'));
}
