// A grid in metres north and east of home: what a map is when there is none.

import type L from "leaflet";
import { degree_m, moved, offset_m, type Place } from "../geo.ts";
import { colour } from "../theme.ts";
import type { Draw } from "./overlay.ts";

/** The spacing of 1, 2 or 5 × 10ⁿ m nearest above `least_m`. */
export function spacing_m(least_m: number): number {
  const decade = 10 ** Math.floor(Math.log10(least_m));
  return [1, 2, 5, 10].map((step) => step * decade).find((step) => step >= least_m * 0.999)!;
}

/** `+300 m`, `−2 km`. */
export function offset_text(metres: number): string {
  const sign = metres < 0 ? "−" : metres > 0 ? "+" : "";
  const size = Math.abs(metres);
  return size >= 1000 ? `${sign}${Number((size / 1000).toFixed(2))} km` : `${sign}${Number(size.toFixed(1))} m`;
}

const LEAST_PX = 70;

export const draw_grid = (origin: () => Place | null): Draw => (ctx, map, size) => {
  const zero = origin();
  if (!zero) return;
  const bounds = map.getBounds();
  const m_per_px = ((bounds.getEast() - bounds.getWest()) * degree_m(zero.lat_deg).east) / size.x;
  // beyond some 50 km about home the metres of one origin are no grid any more
  if (!(m_per_px > 0) || m_per_px * size.x > 100_000) return;
  const step = spacing_m(m_per_px * LEAST_PX);
  const low = offset_m(zero, { lat_deg: bounds.getSouth(), lon_deg: bounds.getWest() });
  const high = offset_m(zero, { lat_deg: bounds.getNorth(), lon_deg: bounds.getEast() });
  const at = (north_m: number, east_m: number): L.Point => {
    const place = moved(zero, north_m, east_m);
    return map.latLngToContainerPoint([place.lat_deg, place.lon_deg]);
  };
  ctx.font = "11px system-ui, sans-serif";
  ctx.lineWidth = 1;
  for (let east = Math.ceil(low.east_m / step) * step; east <= high.east_m; east += step) {
    const x = Math.round(at(0, east).x) + 0.5;
    stroke(ctx, [x, 0], [x, size.y], east === 0);
    // not under the scale
    if (x < size.x - 200) label(ctx, `${offset_text(east)} E`, x + 3, size.y - 6);
  }
  for (let north = Math.ceil(low.north_m / step) * step; north <= high.north_m; north += step) {
    const y = Math.round(at(north, 0).y) + 0.5;
    stroke(ctx, [0, y], [size.x, y], north === 0);
    if (y > 112 && y < size.y - 40) label(ctx, `${offset_text(north)} N`, 4, y - 4);
  }
};

function stroke(ctx: CanvasRenderingContext2D, from: [number, number], to: [number, number], is_zero: boolean): void {
  ctx.strokeStyle = colour(is_zero ? "grid-zero" : "grid");
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
}

function label(ctx: CanvasRenderingContext2D, text: string, x: number, y: number): void {
  ctx.lineWidth = 3;
  ctx.strokeStyle = colour("map");
  ctx.strokeText(text, x, y);
  ctx.lineWidth = 1;
  ctx.fillStyle = colour("soft");
  ctx.fillText(text, x, y);
}
