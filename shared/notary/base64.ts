/** The bytes of base64 in its one canonical form (RFC 4648, section 4, with padding); absent for any other text. */
export function decodeBase64(text: string): Uint8Array | undefined {
  return decodeCanonical(text, 'base64');
}

/** The bytes of base64url in its one canonical form (RFC 4648, section 5, without padding); absent for any other text. */
export function decodeBase64Url(text: string): Uint8Array | undefined {
  return decodeCanonical(text, 'base64url');
}

/** Bytes as base64 with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

/** Bytes as base64url without padding. */
export function encodeBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

/** Node reads over foreign characters and loose bits; writing it again shows whether there were any. */
function decodeCanonical(text: string, alphabet: 'base64' | 'base64url'): Uint8Array | undefined {
  const bytes = Buffer.from(text, alphabet);
  return bytes.toString(alphabet) === text ? bytes : undefined;
}
