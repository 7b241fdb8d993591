// What was heard; of one, the shape of its pulses.

import type { Door } from "../door.ts";
import { el, swap, table } from "../dom.ts";
import { clock, frequency, microseconds, number } from "../format.ts";
import type { Detection, Picture } from "../picture.ts";
import { colour } from "../theme.ts";

export function detections_panel(door: Door, picture: Picture): HTMLElement {
  const list = el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Detections" });
  const shape = el("div", { class: "shape" });
  let shown = "";
  picture.on(["detections"], () => {
    const key = JSON.stringify(picture.detections);
    if (key === shown) return;
    shown = key;
    if (picture.detections.length === 0) return swap(list, el("p", { class: "soft" }, "Nothing was heard so far."));
    swap(list, table("Detections, newest first", ["", "heard", "at", "for", "SNR", "what"], picture.detections.map((found) => [
      el("button", { type: "button", class: "small", title: `Pulses of detection ${found.id}`, click: () => void show_shape(door, picture, found, shape) }, String(found.id)),
      found.beacon ?? `channel ${found.channel}`, clock(found.confirmed_us / 1e6),
      found.ended_us === null ? "now" : clock((found.ended_us - found.began_us) / 1e6), number(found.snr_peak_db, 1, "dB"), what(found)])));
  });
  return el("div", { class: "fill" }, list, shape);
}

function what(found: Detection): string {
  const parts = [found.kind.replace("_", " ")];
  if (found.pulse_count > 0) parts.push(`${found.pulse_count} × ${microseconds(found.pulse_width_us)}`);
  if (found.pulse_period_us !== null) parts.push(`each ${microseconds(found.pulse_period_us)}`);
  if (found.heard_hz !== null) parts.push(frequency(found.heard_hz));
  if (found.cn0_peak_db_hz !== null) parts.push(`C/N0 ${number(found.cn0_peak_db_hz, 0, "dB-Hz")}`);
  if (found.false_alarm_probability !== null) parts.push(`false alarm ${found.false_alarm_probability.toExponential(0).replace("-", "−")}`);
  if (found.beacon_id) parts.push(`id ${found.beacon_id}`);
  return parts.join(", ");
}

interface PulseRow {
  start_us: number;
  width_us: number;
  height_db: number;
}

async function show_shape(door: Door, picture: Picture, found: Detection, host: HTMLElement): Promise<void> {
  swap(host, el("p", { class: "soft" }, "asking…"));
  const until = found.ended_us ?? found.began_us + 60_000_000;
  try {
    const pulses = await door.query<PulseRow>(picture.flight, `SELECT start_us, width_us, mean_dbfs - floor_dbfs AS height_db FROM pulse
WHERE channel = ${found.channel} AND start_us BETWEEN ${found.began_us} AND ${until} ORDER BY start_us LIMIT 2000`);
    if (pulses.length === 0) return swap(host, el("p", { class: "soft" }, `Detection ${found.id} has no pulses: it is a ${found.kind.replace("_", " ")}.`));
    const canvas = el("canvas", { role: "img", "aria-label": `${pulses.length} pulses of detection ${found.id}: height over the floor against time` });
    swap(host, el("div", { class: "row" }, el("span", {}, `Detection ${found.id}: ${pulse_words(pulses)}`), el("button", { type: "button", class: "small", click: () => swap(host) }, "Close")), canvas);
    paint(canvas, pulses);
  } catch (cause) {
    swap(host, el("p", { class: "bad" }, `The pulses of detection ${found.id} cannot be read: ${(cause as Error).message}`));
  }
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function pulse_words(pulses: PulseRow[]): string {
  const [width_us, height_db] = [median(pulses.map((pulse) => pulse.width_us)), median(pulses.map((pulse) => pulse.height_db))];
  const apart_us = pulses.slice(1).map((pulse, index) => pulse.start_us - pulses[index]!.start_us);
  const every = apart_us.length > 0 ? `, each ${microseconds(median(apart_us))}` : "";
  return `${pulses.length} pulses, by the median ${microseconds(width_us)} wide, ${number(height_db, 1, "dB")} high${every}`;
}

/** Each pulse as wide, as high over the floor and when it was. */
function paint(canvas: HTMLCanvasElement, pulses: PulseRow[]): void {
  const [width, height, scale] = [canvas.parentElement!.clientWidth, 76, devicePixelRatio || 1];
  [canvas.width, canvas.height] = [width * scale, height * scale];
  const ctx = canvas.getContext("2d")!;
  ctx.scale(scale, scale);
  ctx.font = "11px system-ui, sans-serif";
  const [left, base] = [40, height - 14];
  const top_db = Math.max(10, ...pulses.map((pulse) => pulse.height_db));
  const last = pulses.at(-1)!;
  const first_us = pulses[0]!.start_us;
  const span_us = Math.max(1, last.start_us + last.width_us - first_us);
  ctx.fillStyle = colour("power");
  for (const pulse of pulses) {
    const tall = Math.max(1, (pulse.height_db / top_db) * (base - 8));
    ctx.fillRect(left + ((pulse.start_us - first_us) / span_us) * (width - left - 4), base - tall, Math.max(1.5, (pulse.width_us / span_us) * (width - left)), tall);
  }
  ctx.fillStyle = colour("line");
  ctx.fillRect(left, base, width - left, 1);
  ctx.fillStyle = colour("soft");
  ctx.fillText(`${number(top_db, 0)} dB`, 2, 14);
  ctx.fillText("0", 2, base);
  ctx.textAlign = "right";
  ctx.fillText(`${(span_us / 1e6).toFixed(1)} s`, width - 4, height - 2);
}
