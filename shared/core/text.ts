/** Longest piece of outside text that we print, in characters. */
const MAX_OUTSIDE_TEXT = 500;

/** Query parameters of storage URLs that grant access. */
const SECRET_PARAMETERS =
  /^(sig|se|st|sp|token|access_token|refresh_token|signature|policy|key-pair-id|x-amz-.*|x-goog-.*)$/i;

/**
 * Text without anything that the agent could take for a command: no control or format characters, no `##`.
 *
 * The agent searches each line for `##vso[` with a culture-sensitive comparison that skips format characters,
 * so those are removed before the marks are broken up.
 *
 * @see https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
 */
export function withoutCommands(text: string): string {
  const visible = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]/gu, (character) =>
    character === '\n' || character === '\t' || character === '\r' ? ' ' : '',
  );
  return visible.replace(/#(?=#)/g, '# ');
}

/** Text from outside, made safe to print: without commands and at most 500 characters long. */
export function neutralise(text: string): string {
  const harmless = withoutCommands(text);
  return harmless.length <= MAX_OUTSIDE_TEXT
    ? harmless
    : `${harmless.slice(0, MAX_OUTSIDE_TEXT - 1)}…`;
}

/** A URL without user info and with the values of secret query parameters replaced by `***`. */
export function redactUrl(url: string): string {
  if (!URL.canParse(url)) return neutralise(url);
  const redacted = new URL(url);
  redacted.username = '';
  redacted.password = '';
  for (const name of new Set(redacted.searchParams.keys())) {
    if (SECRET_PARAMETERS.test(name)) redacted.searchParams.set(name, '***');
  }
  return neutralise(redacted.href);
}

/** `1 list`, `2 lists`: a count with its noun. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Bytes for people: `2.3 MB`. */
export function formatBytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Outside text as code in Markdown: it stays as it is, whatever it means there and in HTML. */
export function markdownCode(text: string): string {
  return `\`${neutralise(text).replaceAll('`', "'")}\``;
}
