/** A tar header and its blocks have this size. */
const BLOCK_BYTES = 512;

/** Values that ustar wants in octal with a NUL at the end. */
function octal(value: number, length: number): string {
  return `${value.toString(8).padStart(length - 1, '0')}\0`;
}

/** A tar archive with one text file, the same bytes every time; paths have at most 100 characters. */
export function tarOf(path: string, text: string): Uint8Array {
  const content = Buffer.from(text);
  const padding = (BLOCK_BYTES - (content.byteLength % BLOCK_BYTES)) % BLOCK_BYTES;
  const end = Buffer.alloc(2 * BLOCK_BYTES);
  return Buffer.concat([header(path, content.byteLength), content, Buffer.alloc(padding), end]);
}

/**
 * A POSIX ustar header of a regular file.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
 */
function header(path: string, size: number): Uint8Array {
  const block = Buffer.alloc(BLOCK_BYTES);
  block.write(path, 0, 100);
  block.write(octal(0o644, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(0, 12), 136);
  // The checksum is taken with blanks in its own place.
  block.write(' '.repeat(8), 148);
  block.write('0', 156);
  block.write('ustar\x0000', 257);
  const checksum = block.reduce((sum, byte) => sum + byte, 0);
  block.write(`${octal(checksum, 7)} `, 148);
  return block;
}
