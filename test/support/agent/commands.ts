/** A logging command as the agent reads it: area, event and property names in lower case. */
export interface LoggingCommand {
  readonly area: string;
  readonly event: string;
  readonly properties: ReadonlyMap<string, string>;
  readonly data: string;
}

const PREFIX = '##vso[';

/** In the order in which the agent undoes them; the percent sign comes last. */
const ESCAPES = [
  ['%3B', ';'],
  ['%0D', '\r'],
  ['%0A', '\n'],
  ['%5D', ']'],
  ['%AZP25', '%'],
] as const;

/** `name=value`; the agent drops empty parts, and with them every `=` that the value starts with. */
const PROPERTY = /^=*([^=]+)=+([^=][^]*)$/;

/**
 * The first logging command in a line, absent when the line has none that is well formed.
 *
 * The command may start anywhere in the line and its header ends at the first `]`.
 */
export function parseCommand(line: string): LoggingCommand | undefined {
  const start = line.indexOf(PREFIX);
  if (start < 0) return undefined;
  const end = line.indexOf(']', start);
  if (end < 0) return undefined;
  const header = line.slice(start + PREFIX.length, end);
  const space = header.indexOf(' ');
  const name = (space < 0 ? header : header.slice(0, space)).toLowerCase();
  const [area, event, ...rest] = name.split('.').filter((part) => part !== '');
  if (area === undefined || event === undefined || rest.length > 0) return undefined;
  const properties =
    space < 0 ? new Map<string, string>() : parseProperties(header.slice(space + 1));
  return { area, event, properties, data: unescape(line.slice(end + 1)) };
}

/** Whether the agent warns about a line that has no well-formed command. */
export function looksLikeCommand(line: string): boolean {
  return line.includes('##vso');
}

function parseProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>();
  for (const part of text.split(';')) {
    const [, name, value] = PROPERTY.exec(part) ?? [];
    if (name !== undefined && value !== undefined) {
      properties.set(name.toLowerCase(), unescape(value));
    }
  }
  return properties;
}

function unescape(text: string): string {
  return ESCAPES.reduce((result, [escaped, plain]) => result.replaceAll(escaped, plain), text);
}

/** Text as a task writes it after the header of a command: percent sign and line ends escaped. */
export function escapeData(text: string): string {
  return text.replaceAll('%', '%AZP25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
