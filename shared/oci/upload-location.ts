/**
 * A URL with parameters added at its end. What was in its query stays as it is, byte for byte: registries sign it.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#post-then-put
 */
export function withQuery(url: URL, parameters: Readonly<Record<string, string>>): URL {
  const base = new URL(url);
  base.hash = '';
  const added = new URLSearchParams(parameters).toString();
  return new URL(`${base.href}${separatorAfter(base)}${added}`);
}

function separatorAfter({ href, search }: URL): string {
  if (search === '') return href.endsWith('?') ? '' : '?';
  return href.endsWith('&') ? '' : '&';
}
