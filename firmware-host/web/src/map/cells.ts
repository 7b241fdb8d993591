// Squares in rows: the regions of 50 and 95 %, and the probability of detection of a search.

import type L from "leaflet";
import type { CellRow, Region } from "../api.ts";
import { degree_m } from "../geo.ts";
import type { CoverageRow } from "../picture.ts";
import { colour } from "../theme.ts";
import type { Draw } from "./overlay.ts";

interface Box { left: number; top: number; width: number; height: number }

function box(map: L.Map, row: CellRow): Box {
  const degree = degree_m(row.lat_deg);
  const [north, east] = [row.size_m / 2 / degree.north, row.size_m / 2 / degree.east];
  const corner = map.latLngToContainerPoint([row.lat_deg + north, row.lon_deg - east]);
  const far = map.latLngToContainerPoint([row.lat_deg - north, row.lon_deg + east * (2 * row.square_count - 1)]);
  // whole pixels, so that neighbours meet without a seam
  const [left, top] = [Math.round(corner.x), Math.round(corner.y)];
  return { left, top, width: Math.max(1, Math.round(far.x) - left), height: Math.max(1, Math.round(far.y) - top) };
}

/** The region of 95 % hatched, that of 50 % full: they differ by more than a colour. */
export const draw_regions = (regions: () => Region[]): Draw => (ctx, map) => {
  for (const region of [...regions()].sort((a, b) => b.percent - a.percent)) {
    ctx.fillStyle = region.percent > 60 ? pattern(ctx, colour("estimate"), SLANTED) : colour("estimate");
    ctx.globalAlpha = region.percent > 60 ? 0.38 : 0.32;
    fill(ctx, map, region);
  }
  ctx.globalAlpha = 1;
};

/** Those of the flight with other settings: hatched the other way, and dots for 50 %. */
export const draw_other_regions = (regions: () => Region[]): Draw => (ctx, map) => {
  for (const region of [...regions()].sort((a, b) => b.percent - a.percent)) {
    ctx.globalAlpha = region.percent > 60 ? 0.4 : 0.8;
    ctx.fillStyle = pattern(ctx, colour("other"), region.percent > 60 ? ACROSS : DOTTED);
    fill(ctx, map, region);
  }
  ctx.globalAlpha = 1;
};

function fill(ctx: CanvasRenderingContext2D, map: L.Map, region: Region): void {
  for (const row of region.rows) {
    const { left, top, width, height } = box(map, row);
    ctx.fillRect(left, top, width, height);
  }
}

const TILE_PX = 8;

function lines(pen: CanvasRenderingContext2D, falls: boolean): void {
  pen.lineWidth = falls ? 1.3 : 1.6;
  for (const shift of [-TILE_PX, 0, TILE_PX]) {
    pen.moveTo(shift - 1, falls ? -1 : 9);
    pen.lineTo(shift + 9, falls ? 9 : -1);
  }
  pen.stroke();
}

const SLANTED = (pen: CanvasRenderingContext2D): void => lines(pen, false);
const ACROSS = (pen: CanvasRenderingContext2D): void => lines(pen, true);
const DOTTED = (pen: CanvasRenderingContext2D): void => {
  for (const [x, y] of [[2, 2], [6, 6]] as const) {
    pen.moveTo(x, y);
    pen.arc(x, y, 1.7, 0, 2 * Math.PI);
  }
  pen.fill();
};

function pattern(ctx: CanvasRenderingContext2D, ink: string, draw: (pen: CanvasRenderingContext2D) => void): CanvasPattern | string {
  const tile = document.createElement("canvas");
  [tile.width, tile.height] = [TILE_PX, TILE_PX];
  const pen = tile.getContext("2d")!;
  [pen.strokeStyle, pen.fillStyle] = [ink, ink];
  draw(pen);
  return ctx.createPattern(tile, "repeat") ?? ink;
}

/** The likelier something there had been heard, the fuller. */
export const draw_coverage = (rows: () => CoverageRow[]): Draw => (ctx, map) => {
  ctx.fillStyle = colour("coverage");
  for (const row of rows()) {
    if (!(row.pod > 0)) continue;
    const { left, top, width, height } = box(map, row);
    ctx.globalAlpha = 0.06 + 0.44 * row.pod;
    ctx.fillRect(left, top, width, height);
  }
  ctx.globalAlpha = 1;
};
