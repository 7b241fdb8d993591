// Lanes, passes, link, receiver, recorder and disk. What is wrong stands first.

import type { Status } from "../api.ts";
import { el, swap, table } from "../dom.ts";
import { bytes, count, number, UNKNOWN } from "../format.ts";
import { wind_text } from "../heading.ts";
import type { Picture } from "../picture.ts";

const EVERY_MS = 1000;

/** What wants an eye on it, in words, the gravest first. */
export function troubles(status: Status): string[] {
  const found = [...status.recorder.alarms];
  if (!status.sdr.alive) found.push("No samples arrive: is the SDR plugged in?");
  if (status.sdr.lost_samples_total > 0) found.push(`${count(status.sdr.lost_samples_total)} samples were lost`);
  for (const lane of status.lanes) if (lane.dropped_total > 0) found.push(`Lane ${lane.name} lost ${count(lane.dropped_total)}`);
  for (const pass of status.passes) if (pass.miss_total > 0) found.push(`${pass.name}: ${count(pass.miss_total)} late passes`);
  if (status.link.send_dropped_total > 0) found.push(`${count(status.link.send_dropped_total)} messages to the autopilot were not sent`);
  return [...found, ...status.refused.map((refused) => `The system refused: ${refused}`)];
}

export function health_panel(picture: Picture): HTMLElement {
  const node = el("div", { class: "health scroll", tabindex: 0, role: "region", "aria-label": "Health" });
  let shown_ms = -Infinity;
  picture.on(["state"], () => {
    const status = picture.status;
    // numbers that change ten times a second cannot be read
    if (!status || (performance.now() - shown_ms < EVERY_MS && !picture.is_replay)) return;
    shown_ms = performance.now();
    const scroll = node.scrollTop;
    swap(node, ...sections(status));
    node.scrollTop = scroll;
  });
  return node;
}

function sections(status: Status): HTMLElement[] {
  const { link, machine, recorder, sdr, vehicle } = status;
  const age = (age_s: number | null) => number(age_s, 1, "s");
  const wrong = troubles(status);
  return [
    wrong.length > 0 ? el("ul", { class: "locks" }, ...wrong.map((text) => el("li", { class: "missing" }, text))) : el("p", { class: "good" }, "Nothing is wrong."),
    part("Recorder and disk", [["state", recorder.state], ["file", recorder.file?.split("/").at(-1) ?? UNKNOWN],
      ["size", `${bytes(recorder.file_mb * 1e6)} + ${bytes(recorder.wal_mb * 1e6)} WAL`], ["rows", `${count(recorder.rows_total)}, ${count(recorder.rows_per_s)} a second`],
      ["grows", number(recorder.growth_mb_per_h, 1, "MB/h")], ["free", recorder.free_mb > 0 ? bytes(recorder.free_mb * 1e6) : UNKNOWN], ["disk lasts", number(recorder.left_h, 1, "h")],
      ["longest commit", number(recorder.commit_longest_ms, 0, "ms")], ["longest checkpoint", number(recorder.checkpoint_longest_ms, 0, "ms")]]),
    part("Machine", [["processor", machine.busy_ratio === null ? UNKNOWN : `${number(machine.busy_ratio * 100, 0)} % busy`], ["temperature", number(machine.temperature_c, 0, "°C")],
      ["power and clock", throttled(machine.throttled_bits)], ["memory free", machine.available_mb === null ? UNKNOWN : bytes(machine.available_mb * 1e6)]]),
    part("Process", [["memory", `${number(recorder.resident_mb, 0)} MB, of it database ${number(recorder.memory_mb, 0)} MB`], ["threads", count(recorder.threads)],
      ["version", status.version || UNKNOWN], ["process", status.pid ? String(status.pid) : UNKNOWN]]),
    part("SDR", [["source", sdr.source || UNKNOWN], ["samples", sdr.alive ? "arrive" : "do not arrive"], ["rate", number(sdr.rate_sps === null ? null : sdr.rate_sps / 1e6, 3, "MS/s")],
      ["lost", count(sdr.lost_samples_total)], ["opened again", count(sdr.reopen_total)]]),
    part("Autopilot", [["firmware", vehicle.firmware ?? UNKNOWN], ["system", vehicle.system === null ? UNKNOWN : String(vehicle.system)], ["heartbeat", `${age(vehicle.heartbeat_age_s)} old`],
      ["position", `${age(vehicle.position_age_s)} old`], ["attitude", `${age(vehicle.attitude_age_s)} old`], ["wind", wind_text(vehicle)]]),
    part("Link to the autopilot", [["address", link.address || UNKNOWN], ["frames in", count(link.received_total)], ["out", count(link.sent_total)], ["not sent", count(link.send_dropped_total)],
      ["wrong CRC", count(link.crc_error_total)], ["missing", count(link.sequence_lost_total)], ["late", count(link.late_total)], ["opened again", count(link.reconnect_total)],
      ["others", link.others.join(", ") || "none"]]),
    table("Passes", ["pass", "longest of the last second", "late"], status.passes.map((pass) => [pass.name, number(pass.longest_us / 1000, 1, "ms"), count(pass.miss_total)])),
    table("Lanes", ["lane", "passed", "lost"], status.lanes.map((lane) => [lane.name, count(lane.pushed_total), count(lane.dropped_total)])),
  ];
}

function part(title: string, facts: [string, string][]): HTMLElement {
  return el("section", {}, el("h3", {}, title), el("dl", {}, ...facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))));
}

const THROTTLED = ["under-voltage", "clock held down", "throttled", "near its temperature limit"];

/** Bits of a Raspberry Pi's get_throttled, in words: of now, else of earlier. */
export function throttled(bits: number | null): string {
  if (bits === null) return UNKNOWN;
  const told = (from: number): string => THROTTLED.filter((_, bit) => (bits >> (from + bit)) & 1).join(", ");
  return told(0) || (told(16) ? `well now; earlier ${told(16)}` : "well");
}
