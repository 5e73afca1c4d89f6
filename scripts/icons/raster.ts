import { crc32, deflateSync } from 'node:zlib';

/** A place in the picture; both run from 0 to 1, y downwards. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Red, green and blue, each 0 to 255. */
export type Colour = readonly [number, number, number];

/** Whether a place belongs to a shape. */
export type Shape = (point: Point) => boolean;

/** A shape and how it is filled; later layers cover earlier ones. */
export interface Layer {
  readonly shape: Shape;
  readonly fill: (point: Point) => Colour;
  /** 0 (invisible) to 1. */
  readonly opacity: number;
}

/** Samples a pixel and side: enough for smooth edges at 32 pixels. */
const SAMPLES = 8;

/** The layers as a square PNG (8 bits, RGBA) of `size` pixels a side. */
export function renderPng(layers: readonly Layer[], size: number): Uint8Array {
  const rows = Array.from({ length: size }, (_, row) =>
    Array.from({ length: size }, (_, column) => pixel(layers, { column, row, size })),
  );
  // Each row starts with its filter: 0, none.
  const raw = Buffer.concat(rows.map((row) => Buffer.from([0, ...row.flat()])));
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(raw, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

interface Pixel {
  readonly column: number;
  readonly row: number;
  readonly size: number;
}

/** Mean of the samples of one pixel as red, green, blue, alpha; colours weigh as much as they cover. */
function pixel(layers: readonly Layer[], { column, row, size }: Pixel): readonly number[] {
  const sum = [0, 0, 0, 0];
  for (let sample = 0; sample < SAMPLES * SAMPLES; sample += 1) {
    const x = (column + ((sample % SAMPLES) + 0.5) / SAMPLES) / size;
    const y = (row + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES) / size;
    composite(layers, { x, y }).forEach((part, index) => (sum[index] = (sum[index] ?? 0) + part));
  }
  const alpha = sum[3] ?? 0;
  const colour = sum.slice(0, 3).map((part) => (alpha === 0 ? 0 : Math.round(part / alpha)));
  return [...colour, Math.round((alpha / (SAMPLES * SAMPLES)) * 255)];
}

/** What is seen at one place: colour times coverage, then coverage (0 to 1). */
function composite(layers: readonly Layer[], point: Point): readonly number[] {
  let seen: readonly [number, number, number, number] = [0, 0, 0, 0];
  for (const { shape, fill, opacity } of layers) {
    if (!shape(point)) continue;
    const [red, green, blue] = fill(point);
    const rest = 1 - opacity;
    seen = [
      red * opacity + seen[0] * rest,
      green * opacity + seen[1] * rest,
      blue * opacity + seen[2] * rest,
      opacity + seen[3] * rest,
    ];
  }
  return seen;
}

/** A PNG chunk: length, type, data, checksum of type and data. */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.byteLength + 8);
  framed.writeUInt32BE(data.byteLength, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.byteLength + 4);
  return framed;
}
