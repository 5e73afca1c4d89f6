import { StringDecoder } from 'node:string_decoder';

/** Cuts a byte stream into lines as the agent does: a line ends with LF, CR or CR LF. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** Takes the next bytes; returns them as text. */
  write(chunk: Uint8Array): string {
    const text = this.#decoder.write(Buffer.from(chunk));
    this.#cut(this.#rest + text);
    return text;
  }

  /** Ends the stream: what follows the last line end is a line too. */
  end(): string {
    const text = this.#decoder.end();
    const last = (this.#rest + text).replace(/\r$/, '');
    if (this.#rest + text !== '') this.#onLine(last);
    this.#rest = '';
    return text;
  }

  #cut(text: string): void {
    // A CR at the very end may be the first half of CR LF: it waits for the next bytes.
    const open = text.endsWith('\r') ? text.slice(0, -1) : text;
    const lines = open.split(/\r\n|\r|\n/);
    this.#rest = (lines.pop() ?? '') + text.slice(open.length);
    for (const line of lines) this.#onLine(line);
  }
}
