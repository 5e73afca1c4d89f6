import type { Point, Shape } from './raster.ts';

/** A square around the middle with round corners; `half` is half its side. */
export function roundedSquare(half: number, radius: number): Shape {
  return ({ x, y }) => {
    const dx = Math.max(Math.abs(x - 0.5) - (half - radius), 0);
    const dy = Math.max(Math.abs(y - 0.5) - (half - radius), 0);
    return Math.hypot(dx, dy) <= radius;
  };
}

/** A lying diamond, twice as wide as it is high: one layer seen from above. */
export function diamond(centre: Point, halfWidth: number): Shape {
  return ({ x, y }) => Math.abs(x - centre.x) + 2 * Math.abs(y - centre.y) <= halfWidth;
}

/** A disc whose edge waves, as the edge of a seal. */
export function seal(centre: Point, radius: number): Shape {
  return ({ x, y }) => {
    const angle = Math.atan2(y - centre.y, x - centre.x);
    const edge = radius * (1 + 0.07 * Math.cos(10 * angle));
    return Math.hypot(x - centre.x, y - centre.y) <= edge;
  };
}

/** A line through the points with round ends and joints. */
export function stroke(points: readonly Point[], width: number): Shape {
  return (point) =>
    points.slice(1).some((to, index) => distance(point, points[index] ?? to, to) <= width / 2);
}

/** A filled triangle that points up, as wide at its foot as twice its height. */
export function arrowHead(tip: Point, height: number): Shape {
  return ({ x, y }) => y >= tip.y && y <= tip.y + height && Math.abs(x - tip.x) <= y - tip.y;
}

/** What is in the first shape and not in the second. */
export function without(shape: Shape, hole: Shape): Shape {
  return (point) => shape(point) && !hole(point);
}

function distance(point: Point, from: Point, to: Point): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const along = ((point.x - from.x) * dx + (point.y - from.y) * dy) / (dx * dx + dy * dy);
  const clamped = Math.min(Math.max(along, 0), 1);
  return Math.hypot(point.x - from.x - clamped * dx, point.y - from.y - clamped * dy);
}
