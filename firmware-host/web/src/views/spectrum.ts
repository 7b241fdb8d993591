// The newest spectrum, and below it the waterfall: the newest row on top.

import type { SpectrumRow } from "../api.ts";
import { el, mark, say } from "../dom.ts";
import { levels_e1, PALETTE } from "../palette.ts";
import { SPECTRUM_ROWS, type Picture } from "../picture.ts";
import { colour, on_theme } from "../theme.ts";
import { AXIS_PX } from "./signal.ts";

const LINE_PX = 84;
const LEVELS_FROM_ROWS = 12;

export function spectrum_panel(picture: Picture): HTMLElement {
  const canvas = el("canvas", { role: "img", "aria-label": "Spectrum and waterfall" });
  const host = el("div", { class: "plot" }, canvas);
  const caption = el("span", { class: "soft" });
  const node = el("section", { class: "panel spectrum", "aria-label": "Spectrum and waterfall" },
    el("div", { class: "row" }, el("h2", {}, "Spectrum"), caption), host);
  const fall = document.createElement("canvas");
  const draw = () => paint(picture, canvas, fall, host, caption);
  new ResizeObserver(draw).observe(host);
  on_theme(draw);
  picture.on(["spectrum", "chosen"], draw);
  return node;
}

function paint(picture: Picture, canvas: HTMLCanvasElement, fall: HTMLCanvasElement, host: HTMLElement, caption: HTMLElement): void {
  const [width, height] = [host.clientWidth, host.clientHeight];
  if (width < 80 || height < 60) return;
  const scale = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const ctx = canvas.getContext("2d")!;
  ctx.setTransform(scale, 0, 0, scale, 0, 0);
  ctx.clearRect(0, 0, width, height);
  ctx.font = "12px system-ui, sans-serif";
  const newest = picture.spectrum.at(-1);
  if (!newest) {
    ctx.fillStyle = colour("soft");
    ctx.fillText("no spectrum yet", AXIS_PX, 24);
    say(caption, "");
    return;
  }
  // only rows of the same bins stand under each other: after a retune the waterfall begins anew
  const rows = picture.spectrum.filter((row) => row.first_bin_hz === newest.first_bin_hz && row.bin_hz === newest.bin_hz
    && row.power_e1.length === newest.power_e1.length);
  const levels = levels_e1(rows.slice(-LEVELS_FROM_ROWS).map((row) => row.power_e1));
  const plot_width = width - AXIS_PX - 4;
  const [line_px, axis_px] = [Math.min(LINE_PX, height * 0.45), 18];
  line(ctx, newest, levels, { left: AXIS_PX, width: plot_width, height: line_px - axis_px });
  channels(ctx, picture, newest, { left: AXIS_PX, width: plot_width, height: line_px - axis_px, axis: axis_px });
  const fall_height = height - line_px;
  const shown = rows_shown(rows, fall_height);
  waterfall(fall, rows, levels, shown);
  // rows that must share a pixel are mixed, so that a pulse in one of them is not lost
  ctx.imageSmoothingEnabled = shown > fall_height;
  ctx.drawImage(fall, 0, 0, fall.width, fall.height, AXIS_PX, line_px, plot_width, fall_height);
  ages(ctx, rows, shown, line_px, fall_height);
  const span_s = rows.length > 1 ? (newest.at_us - rows[0]!.at_us) / 1e6 : 0;
  const bins = newest.power_e1.length;
  say(caption, `${((bins * newest.bin_hz) / 1e3).toFixed(0)} kHz, ${(newest.bin_hz / 1e3).toFixed(2)} kHz a bin, ${span_s.toFixed(0)} s`);
  mark(canvas, "aria-label", `Spectrum and waterfall, ${caption.textContent}; strongest ${(Math.max(...newest.power_e1) / 10).toFixed(1)} dBFS`);
}

interface Levels { low: number; high: number }
interface Box { left: number; width: number; height: number }

function line(ctx: CanvasRenderingContext2D, row: SpectrumRow, { low, high }: Levels, box: Box): void {
  const y = (level_e1: number) => 6 + (1 - (level_e1 - low) / (high - low)) * (box.height - 8);
  ctx.strokeStyle = colour("line");
  ctx.fillStyle = colour("soft");
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  ctx.lineWidth = 1;
  const step = high - low > 500 ? 300 : high - low > 250 ? 200 : 100;
  for (let level = Math.ceil(low / step) * step; level <= high; level += step) {
    ctx.beginPath();
    ctx.moveTo(box.left, y(level));
    ctx.lineTo(box.left + box.width, y(level));
    ctx.stroke();
    ctx.fillText(String(level / 10).replace("-", "−"), box.left - 6, Math.max(7, y(level)));
  }
  ctx.strokeStyle = colour("power");
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  row.power_e1.forEach((level, bin) => ctx.lineTo(box.left + ((bin + 0.5) / row.power_e1.length) * box.width, y(Math.max(low, level))));
  ctx.stroke();
}

function channels(ctx: CanvasRenderingContext2D, picture: Picture, row: SpectrumRow, box: Box & { axis: number }): void {
  const bins = row.power_e1.length;
  const x = (hz: number) => box.left + (((hz - row.first_bin_hz) / row.bin_hz + 0.5) / bins) * box.width;
  ctx.textBaseline = "top";
  ctx.fillStyle = colour("soft");
  const [first, last] = [row.first_bin_hz, row.first_bin_hz + (bins - 1) * row.bin_hz];
  for (const [hz, align] of [[first, "left"], [(first + last) / 2, "center"], [last, "right"]] as const) {
    ctx.textAlign = align;
    ctx.fillText(`${(hz / 1e6).toFixed(3)}${align === "right" ? " MHz" : ""}`, x(hz), box.height + 2);
  }
  picture.status?.channels.forEach((channel, index) => {
    const at = x(channel.frequency_hz);
    if (at < box.left || at > box.left + box.width) return;
    ctx.strokeStyle = colour(index === picture.channel ? "snr" : "soft");
    ctx.setLineDash([3, 3]);
    ctx.beginPath();
    ctx.moveTo(at, 0);
    ctx.lineTo(at, box.height);
    ctx.stroke();
    ctx.setLineDash([]);
  });
}

/** About two minutes of a row each second, else all there are. */
function rows_shown(rows: SpectrumRow[], height_px: number): number {
  const [first, last] = [rows[0]!, rows.at(-1)!];
  const each_us = rows.length > 1 ? (last.at_us - first.at_us) / (rows.length - 1) : 1e6;
  return Math.max(20, Math.min(SPECTRUM_ROWS, each_us > 3e5 ? 120 : SPECTRUM_ROWS, Math.floor(height_px * 1.5)));
}

function waterfall(fall: HTMLCanvasElement, rows: SpectrumRow[], { low, high }: Levels, shown: number): void {
  const bins = rows.at(-1)!.power_e1.length;
  if (fall.width !== bins || fall.height !== shown) [fall.width, fall.height] = [bins, shown];
  const ctx = fall.getContext("2d")!;
  const image = ctx.createImageData(bins, shown);
  const words = new Uint32Array(image.data.buffer);
  const scale = 255 / (high - low);
  for (let y = 0; y < Math.min(shown, rows.length); y += 1) {
    const powers = rows[rows.length - 1 - y]!.power_e1;
    for (let bin = 0; bin < bins; bin += 1) {
      words[y * bins + bin] = PALETTE[Math.max(0, Math.min(255, Math.round((powers[bin]! - low) * scale)))]!;
    }
  }
  ctx.putImageData(image, 0, 0);
}

/** How long ago a row was, at its height. */
function ages(ctx: CanvasRenderingContext2D, rows: SpectrumRow[], shown: number, top: number, height: number): void {
  const newest_us = rows.at(-1)!.at_us;
  ctx.fillStyle = colour("soft");
  ctx.textAlign = "right";
  ctx.textBaseline = "top";
  for (let y = 0; y < height - 14; y += 34) {
    const row = rows[rows.length - 1 - Math.floor((y / height) * shown)];
    if (row) ctx.fillText(y === 0 ? "now" : `−${((newest_us - row.at_us) / 1e6).toFixed(0)} s`, AXIS_PX - 6, top + y);
  }
}
