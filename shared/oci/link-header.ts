/** Angle brackets around the target, then parameters up to the comma that ends the link. */
const LINK = /<([^<>]{0,8192})>((?:[^,"]|"[^"]{0,1024}")*)/g;
const PARAMETER = /;\s*([^\s;="]+)\s*(?:=\s*(?:"([^"]*)"|([^\s;"]*)))?/g;

/**
 * The target of the link with `rel="next"` as it was sent, absolute or relative; absent when there is none.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8288#section-3
 */
export function nextLink(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  for (const [, target, parameters = ''] of header.matchAll(LINK)) {
    if (isNext(parameters)) return target;
  }
  return undefined;
}

/** Whether one of the relations, which are in any case and separated by spaces, is `next`. */
function isNext(parameters: string): boolean {
  return [...parameters.matchAll(PARAMETER)].some(
    ([, name = '', quoted, plain]) =>
      name.toLowerCase() === 'rel' &&
      (quoted ?? plain ?? '').toLowerCase().split(/\s+/).includes('next'),
  );
}
