/** One demand of a `WWW-Authenticate` header, e.g. `bearer` with `realm`, `service` and `scope`. */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  /** Names are in lower case, values as they were sent. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const UNQUOTED = "[!#$%&'*+.^_`|~0-9A-Za-z/:?@=-]+";
const SPACE = '[ \\t]*';
const SEPARATORS = new RegExp(`(?:${SPACE},)*${SPACE}`, 'y');
const PARAMETER = new RegExp(
  `(${TOKEN})${SPACE}=${SPACE}(?:"((?:[^"\\\\]|\\\\[^])*)"|(${UNQUOTED}))`,
  'y',
);
const SCHEME = new RegExp(`(${TOKEN})(?=[ \\t]|,|$)`, 'y');
const TOKEN68 = new RegExp(`[ \\t]+[A-Za-z0-9._~+/-]+=*(?=${SPACE}(?:,|$))`, 'y');

/** A header that is longer is not read: no registry needs more. */
const MAX_HEADER_LENGTH = 16_384;

/**
 * The challenges of all `WWW-Authenticate` headers in their order. What does not follow the grammar ends its header.
 *
 * Unquoted values may contain the characters of a URL, as some registries send them.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-www-authenticate
 */
export function parseChallenges(headers: readonly string[]): readonly Challenge[] {
  return headers.flatMap((header) =>
    header.length > MAX_HEADER_LENGTH ? [] : new ChallengeReader(header).read(),
  );
}

class ChallengeReader {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): readonly Challenge[] {
    const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
    for (;;) {
      this.#take(SEPARATORS);
      const parameter = this.#take(PARAMETER);
      const current = challenges.at(-1);
      if (parameter !== undefined) {
        const [, name = '', inQuotes, bare = ''] = parameter;
        const value = inQuotes === undefined ? bare : inQuotes.replace(/\\([^])/g, '$1');
        if (current === undefined) return challenges;
        current.parameters.set(name.toLowerCase(), value);
        continue;
      }
      const scheme = this.#take(SCHEME)?.[1];
      if (scheme === undefined) return challenges;
      challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
      this.#take(TOKEN68);
    }
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#position = pattern.lastIndex;
    return match;
  }
}
