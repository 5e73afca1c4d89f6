import { lines, missingOfPair, optionalPath } from '../../shared/core/input-values.ts';
import { allConsistent, allOf, parsed, problem } from '../../shared/core/result.ts';
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
  const pair = allConsistent<{ urls: readonly URL[]; root: string | undefined }>(
    { urls, root },
    () =>
      missingOfPair(
        { name: 'timestampUrl', text: input.text('timestampUrl') },
        { name: 'timestampRootCertificate', text: input.text('timestampRootCertificate') },
      ),
  );
  if (!pair.ok || pair.value.root === undefined) return pair.ok ? parsed(undefined) : pair;
  return parsed({ urls: pair.value.urls, rootCertificate: pair.value.root });
}

function parseUrl(text: string): Parsed<URL> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:'
    ? parsed(url)
    : problem('timestampUrl', `is not an http or https address: ${redactUrl(text)}`);
}
