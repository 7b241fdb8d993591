// The route of a search pattern: a line with the way it is flown, its begin and its end.

import type L from "leaflet";
import { colour } from "../theme.ts";
import type { Draw } from "./overlay.ts";

/** A leg that is shorter on the screen has no arrow. */
const ARROW_PX = 44;
/** So far inside the route its ends are marked: at them a corner may be. */
const INSIDE_PX = 24;

export const draw_route = (route: () => [number, number][], is_old: () => boolean): Draw => (ctx, map) => {
  const points = route().map((place) => map.latLngToContainerPoint(place));
  if (points.length < 2) return;
  ctx.globalAlpha = is_old() ? 0.4 : 1;
  [ctx.lineJoin, ctx.lineCap] = ["round", "round"];
  // a casing in the map's colour keeps it apart from all that lies below
  for (const [ink, width] of [["map", 6], ["track", 2.5]] as const) {
    [ctx.strokeStyle, ctx.lineWidth] = [colour(ink), width];
    ctx.beginPath();
    points.forEach((point, index) => (index === 0 ? ctx.moveTo(point.x, point.y) : ctx.lineTo(point.x, point.y)));
    ctx.stroke();
  }
  for (let index = 0; index + 1 < points.length; index += 1) arrow(ctx, points[index]!, points[index + 1]!);
  end(ctx, along([...points].reverse(), INSIDE_PX), "E");
  end(ctx, along(points, INSIDE_PX), "S");
  ctx.globalAlpha = 1;
};

function arrow(ctx: CanvasRenderingContext2D, from: L.Point, to: L.Point): void {
  const [x, y] = [to.x - from.x, to.y - from.y];
  if (Math.hypot(x, y) < ARROW_PX) return;
  ctx.save();
  ctx.translate(from.x + x / 2, from.y + y / 2);
  ctx.rotate(Math.atan2(y, x));
  ctx.beginPath();
  for (const [along, across] of [[7, 0], [-5, 5.5], [-5, -5.5]] as const) ctx.lineTo(along, across);
  ctx.closePath();
  ctx.fillStyle = colour("track");
  ctx.fill();
  ctx.restore();
}

/** The place so far along a line; its end where it is shorter. */
function along(points: L.Point[], way_px: number): L.Point {
  let left_px = way_px;
  for (let index = 0; index + 1 < points.length; index += 1) {
    const [from, to] = [points[index]!, points[index + 1]!];
    const leg_px = from.distanceTo(to);
    if (leg_px >= left_px) return from.add(to.subtract(from).multiplyBy(left_px / leg_px));
    left_px -= leg_px;
  }
  return points.at(-1)!;
}

/** S where it begins, E where it ends. */
function end(ctx: CanvasRenderingContext2D, at: L.Point, letter: string): void {
  ctx.beginPath();
  ctx.arc(at.x, at.y, 10, 0, 2 * Math.PI);
  ctx.fillStyle = colour("panel");
  ctx.fill();
  [ctx.strokeStyle, ctx.lineWidth] = [colour("track"), 2.5];
  ctx.stroke();
  ctx.fillStyle = colour("ink");
  ctx.font = "bold 12px system-ui, sans-serif";
  [ctx.textAlign, ctx.textBaseline] = ["center", "middle"];
  ctx.fillText(letter, at.x, at.y + 0.5);
  [ctx.textAlign, ctx.textBaseline] = ["start", "alphabetic"];
}
