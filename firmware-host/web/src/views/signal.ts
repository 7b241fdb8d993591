// Power and floor, and the SNR, of the last minute.

import uPlot from "uplot";
import { el, mark, say, swap } from "../dom.ts";
import { frequency, microseconds, number } from "../format.ts";
import type { Picture } from "../picture.ts";
import { colour, on_theme } from "../theme.ts";
import { TRACE_S } from "../trace.ts";

/** Room for the axis at the left: the same as in spectrum.ts, so that both stand in line. */
export const AXIS_PX = 46;

/** Where the two parts of the plot end: beyond, their axes have no numbers. */
const shown = { power_min: -Infinity, snr_max: Infinity };

export function signal_panel(picture: Picture): HTMLElement {
  const picker = el("div", { class: "picker", role: "group", "aria-label": "Channel" });
  const readout = el("dl", { class: "readout" });
  const host = el("div", { class: "plot" });
  const node = el("section", { class: "panel signal", "aria-label": "Signal of the last 60 s" }, el("div", { class: "row" }, picker, readout), host);
  let plot: uPlot | null = null;
  const build = () => {
    plot?.destroy();
    plot = host.clientWidth > 0 ? new uPlot(options(host), [[], [], [], []], host) : null;
    draw();
  };
  const draw = () => {
    const trace = picture.trace(picture.channel);
    if (!plot) return;
    const end_s = Math.max(trace.at_s.at(-1) ?? 0, picture.is_replay && picture.at_us !== null ? picture.at_us / 1e6 : 0);
    plot.setData([trace.at_s.map((at_s) => at_s - end_s), trace.snr_db, trace.floor_dbfs, trace.power_dbfs], false);
    const [power, snr] = [range([...trace.power_dbfs, ...trace.floor_dbfs], -100), range([0, 10, ...trace.snr_db], 0)];
    // power and floor in the upper part, the SNR in the lower: drawn over each other they are the same line
    plot.batch(() => {
      plot!.setScale("x", { min: -TRACE_S, max: 0 });
      plot!.setScale("dbfs", { min: power.min - (power.max - power.min) * 0.8, max: power.max });
      plot!.setScale("db", { min: snr.min, max: snr.max + (snr.max - snr.min) * 1.4 });
    });
    [shown.power_min, shown.snr_max] = [power.min, snr.max];
  };
  new ResizeObserver(() => (plot ? plot.setSize(size(host)) : build())).observe(host);
  on_theme(build);
  picture.on(["state", "chosen"], () => {
    const channels = picture.status?.channels ?? [];
    if (picker.childElementCount !== channels.length) {
      swap(picker, ...channels.map((_, index) => el("button", { type: "button", click: () => picture.choose(index) })));
    }
    channels.forEach((channel, index) => {
      const button = picker.children[index]!;
      say(button, `${channel.heard ? "● " : ""}${channel.name} ${channel.frequency_hz > 0 ? frequency(channel.frequency_hz) : ""}`);
      mark(button, "aria-pressed", String(index === picture.channel));
    });
    const channel = channels[picture.channel];
    const facts: [string, string][] = channel
      ? [["SNR", number(channel.snr_db, 1, "dB")], ["power", number(channel.power_dbfs, 1, "dBFS")], ["floor", number(channel.floor_dbfs, 1, "dBFS")],
        ...pulses(channel)]
      : [["SNR", number(null, 1)]];
    while (readout.childElementCount > facts.length) readout.lastElementChild!.remove();
    facts.forEach(([name, value], index) => {
      const pair = readout.children[index] ?? readout.appendChild(el("div", {}, el("dt"), el("dd")));
      say(pair.children[0]!, name);
      say(pair.children[1]!, value);
    });
  });
  picture.on(["signal", "chosen"], draw);
  return node;
}

function pulses(channel: { pulse_count: number; pulse_width_us: number | null; pulse_period_us: number | null }): [string, string][] {
  return channel.pulse_count > 0 ? [[`${channel.pulse_count} pulses`, `${microseconds(channel.pulse_width_us)} each ${microseconds(channel.pulse_period_us)}`]] : [];
}

/** From the least to the most in whole steps of 5, at least 10 wide; without a value, from `without` on. */
export function range(values: (number | null)[], without: number): { min: number; max: number } {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value === null || !Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) [low, high] = [without, without];
  const pad = Math.max(0, 10 - (high - low)) / 2;
  return { min: Math.floor((low - pad) / 5) * 5, max: Math.ceil((high + pad) / 5) * 5 };
}

function size(host: HTMLElement): { width: number; height: number } {
  return { width: Math.max(160, host.clientWidth), height: Math.max(60, host.clientHeight) };
}

function options(host: HTMLElement): uPlot.Options {
  const [ink, line] = [colour("soft"), colour("line")];
  const font = "12px system-ui, sans-serif";
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1, size: 4 }, font };
  return {
    ...size(host),
    padding: [6, 4, 0, 0],
    cursor: { show: false },
    legend: { show: false },
    scales: { x: { time: false }, dbfs: { auto: false }, db: { auto: false } },
    axes: [
      { ...axis, size: 24, values: (_, ticks) => ticks.map((tick) => (tick === 0 ? "now" : `${tick} s`.replace("-", "−"))) },
      { ...axis, scale: "dbfs", size: AXIS_PX, space: 22, values: (_, ticks) => ticks.map((tick) => (tick < shown.power_min ? "" : String(tick).replace("-", "−"))) },
      { ...axis, scale: "db", side: 1, size: 36, space: 22, stroke: colour("snr"), grid: { show: false }, values: (_, ticks) => ticks.map((tick) => (tick > shown.snr_max ? "" : String(tick))) },
    ],
    series: [
      {},
      { label: "SNR", scale: "db", stroke: colour("snr"), width: 1.5, points: { show: false } },
      { label: "floor", scale: "dbfs", stroke: colour("floor"), width: 1.5, dash: [6, 4], points: { show: false } },
      { label: "power", scale: "dbfs", stroke: colour("power"), width: 2, points: { show: false } },
    ],
  };
}
