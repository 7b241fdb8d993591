// What if a setting had been another: the flight is computed again by the server, and stands beside the one that was flown.

import uPlot from "uplot";
import { COMPARE_SQL, compared_rows, type Facts } from "../compare.ts";
import type { WhatIf } from "../api.ts";
import type { Door } from "../door.ts";
import { el, mark, say, swap, svg, table } from "../dom.ts";
import { clock, metres } from "../format.ts";
import { way, type Place } from "../geo.ts";
import type { Picture } from "../picture.ts";
import { beside, load_course, Other, read_sets, type Beside, type Course } from "../replay/other.ts";
import type { Whole } from "../replay/load.ts";
import { colour, on_theme } from "../theme.ts";
import { AXIS_PX, range } from "./signal.ts";

/** Right of the plots: nothing there but the end of the last number of the axis. */
const RIGHT_PX = 14;

interface Doors {
  truth: () => Place | null;
  /** The other flight that the map shows too; null: none. */
  shows: (other: Other | null) => void;
  seek: (at_us: number) => void;
  closed: () => void;
}

export class WhatIfPanel {
  readonly node: HTMLElement;
  private readonly sets = el("textarea", { rows: 2, spellcheck: "false", autocapitalize: "off", placeholder: "analytics.trigger_db=9", "aria-label": "Settings, one a line: section.key=value", "aria-describedby": "whatif-told", maxlength: 2000 });
  private readonly run = el("button", { type: "submit", class: "main" }, "Compute");
  private readonly told = el("p", { class: "outcome", id: "whatif-told", role: "status" },
    "The flight is computed again from what it was given, as if these had been its settings.");
  private readonly made = el("div", { class: "row made", role: "group", "aria-label": "Computed so far", hidden: true });
  private readonly drawn = el("div", { class: "drawn", hidden: true });
  private readonly axes = el("div", { class: "axes", title: "A click goes to that moment" });
  private readonly hosts = [el("div", { class: "plot" }), el("div", { class: "plot" })] as const;
  private readonly strips = [el("div", { class: "heard" }), el("div", { class: "heard" })] as const;
  private readonly now = el("div", { class: "now", "aria-hidden": "true" });
  private readonly facts = el("details", { class: "facts-beside" });
  private readonly apart = el("span", { class: "apart" });
  private plots: (uPlot | null)[] = [null, null];
  private flown: Course | null = null;
  private other: Other | null = null;
  private lines: Beside | null = null;
  private beacon: string | null = null;
  private at_us = 0;

  constructor(private readonly door: Door, private readonly picture: Picture, private readonly whole: Whole, private readonly doors: Doors) {
    const form = el("form", { class: "asks", submit: (event: Event) => {
      event.preventDefault();
      void this.compute();
    } }, this.sets, this.run, el("button", { type: "button", click: () => this.doors.closed() }, "Close"));
    this.sets.addEventListener("keydown", (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && void this.compute());
    const key = el("div", { class: "row" }, sample("flown", "as flown"), sample("other", "what if"));
    this.axes.append(el("h3", {}, "SNR, dB"), this.hosts[0], el("h3", {}, "Heard"), ...this.strips, el("h3", {}, "95 % within, m", this.apart), this.hosts[1], this.now);
    this.axes.addEventListener("click", (event) => this.clicked(event));
    this.drawn.append(key, this.axes, this.facts);
    this.node = el("section", { class: "panel whatif", "aria-label": "What if", hidden: true }, el("h2", { class: "unseen" }, "What if"), form, this.told, this.made, this.drawn);
    for (const host of this.hosts) new ResizeObserver(() => this.build()).observe(host);
    on_theme(() => this.build());
    picture.on(["chosen", "state"], () => this.other && picture.beacon !== this.beacon && this.draw());
  }

  open(): void {
    this.node.hidden = false;
    this.sets.focus();
    this.doors.shows(this.other);
  }

  close(): void {
    this.node.hidden = true;
    this.doors.shows(null);
  }

  /** The moment that is shown. */
  seek(at_us: number): void {
    this.at_us = at_us;
    if (!this.other || this.node.hidden) return;
    this.other.seek(at_us, this.picture.beacon);
    this.doors.shows(this.other);
    const share = (at_us - this.whole.first_us) / Math.max(1, this.whole.last_us - this.whole.first_us);
    this.now.style.left = `calc(${AXIS_PX}px + ${share} * (100% - ${AXIS_PX + RIGHT_PX}px))`;
    const [a, b] = [this.picture.estimate, this.other.estimate];
    const radius = (estimate: { radius_95_m: number } | null) => (estimate ? metres(estimate.radius_95_m) : "no estimate");
    say(this.apart, a || b ? `now ${radius(a)}, what if ${radius(b)}${a && b ? `; ${metres(way(a, b).distance_m)} apart` : ""}` : "");
  }

  private async compute(): Promise<void> {
    const began = performance.now();
    const running = (): void => this.tell(`computing for ${clock((performance.now() - began) / 1000)}…`);
    let timer: ReturnType<typeof setInterval> | undefined;
    try {
      const sets = read_sets(this.sets.value);
      this.run.disabled = true;
      running();
      timer = setInterval(running, 1000);
      const answer = await this.door.what_if(this.picture.flight, sets);
      if (!answer.ok) throw new Error(answer.said ?? "refused");
      const words = sets.join("; ");
      const choose = el("button", { type: "button", click: () => void this.show(answer, choose) }, words);
      this.made.append(choose);
      this.made.hidden = this.made.childElementCount < 2;
      if (await this.show(answer, choose)) this.tell(`computed in ${((performance.now() - began) / 1000).toFixed(1)} s`);
    } catch (cause) {
      this.tell((cause as Error).message, true);
    } finally {
      clearInterval(timer);
      this.run.disabled = false;
    }
  }

  private tell(words: string, is_bad = false): void {
    say(this.told, words);
    this.told.classList.toggle("bad", is_bad);
    mark(this.sets, "aria-invalid", is_bad ? "true" : null);
  }

  /** Whether what was computed could be read. */
  private async show(answer: WhatIf, button: HTMLElement): Promise<boolean> {
    this.tell("reading…");
    const { first_us, last_us } = this.whole;
    try {
      this.flown ??= await load_course(this.door, this.picture.flight, first_us, last_us);
      this.other = new Other(this.door, await load_course(this.door, answer.name, first_us, last_us), () => this.doors.shows(this.other));
    } catch (cause) {
      this.tell(`it cannot be read: ${(cause as Error).message}`, true);
      return false;
    }
    for (const each of this.made.children) mark(each, "aria-pressed", String(each === button));
    this.tell("");
    this.drawn.hidden = false;
    this.draw();
    this.seek(this.at_us);
    await this.show_facts(answer);
    return true;
  }

  private async show_facts({ name, said }: WhatIf): Promise<void> {
    const [flown, other] = await Promise.all([this.picture.flight, name].map((flight) => this.door.query<Facts>(flight, COMPARE_SQL).then(([facts]) => facts ?? null, () => null)));
    const truth = this.doors.truth();
    const rows = compared_rows([{ name: "as flown", facts: flown ?? null, truth }, { name: "what if", facts: other ?? null, truth }]);
    const made = table("As flown and what if", ["", "as flown", "what if", "difference"], rows);
    for (const line of made.rows) for (const cell of [...line.cells].slice(1)) cell.classList.add("number");
    swap(this.facts, el("summary", {}, "In numbers"), el("div", { class: "scroll" }, made, el("pre", {}, said ?? "")));
  }

  private draw(): void {
    if (!this.flown || !this.other) return;
    this.beacon = this.picture.beacon;
    const { first_us, last_us } = this.whole;
    this.lines = beside([this.flown, this.other.course], this.beacon ?? "", first_us, last_us);
    const length_s = Math.max(1, (last_us - first_us) / 1e6);
    this.strips.forEach((strip, index) => {
      const heard = this.lines!.heard_s[index]!;
      const total_s = heard.reduce((sum, [from, until]) => sum + until - from, 0);
      const words = `${index === 0 ? "as flown" : "what if"}: ${heard.length} ${heard.length === 1 ? "detection" : "detections"}, ${clock(total_s)}`;
      swap(strip, el("span", { class: "bar" }, ...heard.map(([from, until]) => {
        const piece = el("i", { class: index === 0 ? "of-flown" : "of-other", title: `${clock(from)} to ${clock(until)}` });
        [piece.style.left, piece.style.width] = [`${(from / length_s) * 100}%`, `max(2px, ${((until - from) / length_s) * 100}%)`];
        return piece;
      })), el("small", {}, words));
    });
    this.build();
  }

  private build(): void {
    for (const plot of this.plots) plot?.destroy();
    this.plots = [null, null];
    const lines = this.lines;
    if (!lines || this.hosts[0].clientWidth === 0) return;
    const snr = range([0, 10, ...lines.snr_db.flat()], 0);
    const radii = lines.radius_95_m.flat().filter((value): value is number => (value ?? 0) > 0);
    const ends = radii.length > 0 ? [10 ** Math.floor(Math.log10(Math.min(...radii))), 10 ** Math.ceil(Math.log10(Math.max(...radii) * 1.01))] : [1, 1000];
    this.plots = [
      new uPlot(this.options(this.hosts[0], { range: [snr.min, snr.max] }, ["snr", "other"]), [lines.at_s, ...lines.snr_db] as uPlot.AlignedData, this.hosts[0]),
      new uPlot(this.options(this.hosts[1], { distr: 3, range: [ends[0]!, ends[1]!] }, ["estimate", "other"]), [lines.at_s, ...lines.radius_95_m] as uPlot.AlignedData, this.hosts[1]),
    ];
  }

  private options(host: HTMLElement, y: uPlot.Scale, inks: [string, string]): uPlot.Options {
    const [ink, line] = [colour("soft"), colour("line")];
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1, size: 4 }, font: "12px system-ui, sans-serif" };
    const length_s = (this.whole.last_us - this.whole.first_us) / 1e6;
    // of decades all nine lines are too many
    const steps = host.clientHeight > 130 ? [1, 2, 5] : [1];
    const splits = y.distr === 3 ? { splits: (_: uPlot, __: number, least: number, most: number) => decades(least, most, steps) } : {};
    return {
      width: Math.max(160, host.clientWidth), height: Math.max(56, host.clientHeight), padding: [6, RIGHT_PX, 0, 0], cursor: { show: false }, legend: { show: false },
      scales: { x: { time: false, range: [0, length_s] }, y: { ...y, auto: false } },
      axes: [{ ...axis, size: 22, values: (_, ticks) => ticks.map((tick) => clock(tick)) }, { ...axis, size: AXIS_PX, space: 22, values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : String(tick).replace("-", "−"))), ...splits }],
      series: [{}, { stroke: colour(inks[0]), width: 2, points: { show: false } }, { stroke: colour(inks[1]), width: 2, dash: [7, 5], points: { show: false } }],
    };
  }

  private clicked(event: MouseEvent): void {
    const box = this.axes.getBoundingClientRect();
    const share = (event.clientX - box.left - AXIS_PX) / (box.width - AXIS_PX - RIGHT_PX);
    if (share < 0 || share > 1) return;
    this.doors.seek(this.whole.first_us + share * (this.whole.last_us - this.whole.first_us));
  }
}

/** These steps of each power of ten from the least to the most. */
export function decades(least: number, most: number, steps: number[]): number[] {
  const found: number[] = [];
  for (let power = Math.floor(Math.log10(least)); 10 ** power <= most * 1.001; power += 1) found.push(...steps.map((step) => step * 10 ** power));
  return found.filter((value) => value >= least * 0.999 && value <= most * 1.001);
}

/** How a line of the plots looks, with its name. */
function sample(kind: "flown" | "other", word: string): HTMLElement {
  return el("span", { class: "sample" }, svg("svg", { class: `line-${kind}`, viewBox: "0 0 34 10", width: 34, height: 10, "aria-hidden": "true" }, svg("path", { d: "M1 5 H33" })), word);
}
