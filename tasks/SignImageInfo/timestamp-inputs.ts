import { lines, optionalPath } from '../../shared/core/input-values.ts';
import { allOf, parsed, problem, problems } from '../../shared/core/result.ts';
import type { Parsed } from '../../shared/core/result.ts';
import { redactUrl } from '../../shared/core/text.ts';
import type { InputReader, RunFolders } from '../../shared/ports/host.ts';

/** Who stamps signatures. */
export interface TimestampSettings {
  /** Authorities in the order in which they are asked; at least one. */
  readonly urls: readonly URL[];
  /** Path of the roots that they must lead to. */
  readonly rootCertificate: string;
}

/** The inputs about timestamps; absent when none is wanted. One of them without the other is a problem. */
export function parseTimestamp(
  input: Pick<InputReader, 'text'>,
  { working }: Pick<RunFolders, 'working'>,
): Parsed<TimestampSettings | undefined> {
  const given = lines('timestampUrl', input.text('timestampUrl'));
  const urls = given.ok ? allOf(given.value.map(parseUrl)) : given;
  const root = optionalPath(
    'timestampRootCertificate',
    input.text('timestampRootCertificate'),
    working,
  );
  if (!urls.ok || !root.ok) {
    return problems([urls, root].flatMap((it) => (it.ok ? [] : it.problems)));
  }
  if (urls.value.length === 0) {
    return root.value === undefined
      ? parsed(undefined)
      : problem('timestampUrl', 'is required with timestampRootCertificate');
  }
  return root.value === undefined
    ? problem('timestampRootCertificate', 'is required with timestampUrl')
    : parsed({ urls: urls.value, rootCertificate: root.value });
}

function parseUrl(text: string): Parsed<URL> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:'
    ? parsed(url)
    : problem('timestampUrl', `is not an http or https address: ${redactUrl(text)}`);
}
