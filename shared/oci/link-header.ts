/** Angle brackets around the target, then parameters up to the comma that ends the link. */
const LINK = /<([^<>]{0,8192})>((?:[^,"]|"[^"]{0,1024}")*)/g;
const NEXT = /;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next\b)/i;

/**
 * The target of the link with `rel="next"` as it was sent, absolute or relative; absent when there is none.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8288#section-3
 */
export function nextLink(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  for (const [, target, parameters = ''] of header.matchAll(LINK)) {
    if (NEXT.test(parameters)) return target;
  }
  return undefined;
}
