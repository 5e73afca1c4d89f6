/**
 * A URL with parameters added at its end. What was in its query stays as it is, byte for byte: registries sign it.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#post-then-put
 */
export function withQuery(url: URL, parameters: Readonly<Record<string, string>>): URL {
  const [base = ''] = url.href.split('#', 1);
  const added = new URLSearchParams(parameters).toString();
  return new URL(`${base}${separatorAfter(base)}${added}`);
}

function separatorAfter(base: string): string {
  const query = base.indexOf('?') + 1;
  if (query === 0) return '?';
  return query === base.length || base.endsWith('&') ? '' : '&';
}
