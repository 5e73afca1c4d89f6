import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

/** Text in a format, or as it is where formats are not shown. */
export type Style = (format: Format, text: string) => string;

/** Colours on a terminal, none elsewhere or when `NO_COLOR` is set. See https://no-color.org. */
export function styleOf(isTerminal: boolean, env: NodeJS.ProcessEnv): Style {
  const isPlain = !isTerminal || (env['NO_COLOR'] ?? '') !== '';
  if (isPlain) return (_format, text) => text;
  // Newer versions of Node would look at the terminal and the environment once more.
  return (format, text) => styleText(format, text, { validateStream: false });
}
