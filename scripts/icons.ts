import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderPng } from './icons/raster.ts';
import type { Colour, Layer, Point, Shape } from './icons/raster.ts';
import { arrowHead, diamond, roundedSquare, seal, stroke, without } from './icons/shapes.ts';
import { isMain, ROOT } from './layout.ts';

const WHITE: Colour = [255, 255, 255];

/** Colours of a tile, from its top to its bottom. */
type Tile = readonly [Colour, Colour];

const BLUE: Tile = [
  [45, 140, 240],
  [15, 84, 178],
];
const GREEN: Tile = [
  [38, 178, 117],
  [10, 115, 82],
];
const VIOLET: Tile = [
  [139, 97, 232],
  [86, 46, 168],
];
const NAVY: Tile = [
  [36, 75, 138],
  [16, 36, 72],
];

function tile([top, bottom]: Tile): Layer {
  const mix = (y: number, index: 0 | 1 | 2): number => top[index] * (1 - y) + bottom[index] * y;
  const fill = ({ y }: Point): Colour => [mix(y, 0), mix(y, 1), mix(y, 2)];
  return { shape: roundedSquare(0.5, 0.2), fill, opacity: 1 };
}

function plain(shape: Shape, colour: Colour, opacity = 1): Layer {
  return { shape, fill: () => colour, opacity };
}

/** Three layers on top of each other; of the lower two only their rims show. */
function stack(x: number, y: number, halfWidth: number): readonly Layer[] {
  const step = halfWidth * 0.42;
  const gap = halfWidth * 0.2;
  const at = (level: number): Point => ({ x, y: y + level * step });
  const rim = (level: number): Shape =>
    without(diamond(at(level), halfWidth), diamond(at(level - 1), halfWidth + gap));
  return [
    plain(rim(2), WHITE, 0.6),
    plain(rim(1), WHITE, 0.8),
    plain(diamond(at(0), halfWidth), WHITE),
  ];
}

/** A tick in a box of the given half width around a place. */
function tick({ x, y }: Point, half: number): Shape {
  const points = [
    { x: x - half, y: y + half * 0.05 },
    { x: x - half * 0.25, y: y + half * 0.75 },
    { x: x + half, y: y - half * 0.65 },
  ];
  return stroke(points, half * 0.5);
}

const MIDDLE: Point = { x: 0.5, y: 0.5 };
const CORNER: Point = { x: 0.7, y: 0.69 };

const PICTURES = {
  'tasks/CreateManifestLists/icon.png': {
    size: 32,
    layers: [tile(BLUE), ...stack(0.5, 0.36, 0.38)],
  },
  'tasks/SignImageInfo/icon.png': {
    size: 32,
    layers: [tile(GREEN), plain(seal(MIDDLE, 0.36), WHITE), plain(tick(MIDDLE, 0.18), GREEN[1])],
  },
  'tasks/PublishArtifacts/icon.png': {
    size: 32,
    layers: [
      tile(VIOLET),
      plain(arrowHead({ x: 0.5, y: 0.14 }, 0.2), WHITE),
      plain(
        stroke(
          [
            { x: 0.5, y: 0.3 },
            { x: 0.5, y: 0.58 },
          ],
          0.11,
        ),
        WHITE,
      ),
      plain(
        stroke(
          [
            { x: 0.2, y: 0.54 },
            { x: 0.2, y: 0.8 },
            { x: 0.8, y: 0.8 },
            { x: 0.8, y: 0.54 },
          ],
          0.11,
        ),
        WHITE,
      ),
    ],
  },
  'images/extension-icon.png': {
    size: 128,
    layers: [
      tile(NAVY),
      ...stack(0.46, 0.31, 0.35),
      plain(seal(CORNER, 0.235), NAVY[1]),
      plain(seal(CORNER, 0.195), GREEN[0]),
      plain(tick(CORNER, 0.1), WHITE),
    ],
  },
} satisfies Readonly<Record<string, { readonly size: number; readonly layers: readonly Layer[] }>>;

if (isMain(import.meta.url)) {
  for (const [path, { size, layers }] of Object.entries(PICTURES)) {
    writeFileSync(join(ROOT, path), renderPng(layers, size));
    console.log(`drew ${path}, ${size} x ${size}`);
  }
}
