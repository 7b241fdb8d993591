// The strip that is always there: our state, why, and the aircraft.

import type { State } from "../api.ts";
import { el, mark, say } from "../dom.ts";
import { number, percent } from "../format.ts";
import { direction_text, heading_of, wind_text } from "../heading.ts";
import type { Picture } from "../picture.ts";

/** What each state means, for those who see it for the first time. */
const MEANING: Record<string, string> = {
  IDLE: "not commanding, homing is off",
  SEARCHING: "listening for the beacon",
  DETECTING: "something is heard, it must last",
  HOMING: "leading the aircraft to the beacon",
  HOLDING: "over the beacon",
};

export function flying_strip(host: HTMLElement, what: string): (picture: Picture) => void {
  const state = el("strong", { class: "state" });
  const reason = el("span", { class: "reason" });
  const facts = el("dl", { class: "facts" });
  host.replaceChildren(el("div", { class: "headline" }, state, reason), facts);
  host.setAttribute("aria-label", what);
  return (picture) => {
    const told = picture.state;
    const status = told?.status;
    say(state, status?.state || (told ? "no flight" : "…"));
    mark(state, "data-state", status?.state ?? "none");
    say(reason, reason_of(told));
    mark(reason, "title", reason.textContent);
    const shown = status ? vehicle_facts(picture) : [];
    while (facts.childElementCount > shown.length) facts.lastElementChild!.remove();
    shown.forEach(([name, value, is_bad], index) => {
      const pair = facts.children[index] ?? facts.appendChild(el("div", {}, el("dt"), el("dd")));
      say(pair.children[0]!, name);
      say(pair.children[1]!, value);
      mark(pair, "data-bad", is_bad ?? false);
    });
  };
}

function reason_of(told: State | null): string {
  if (!told) return "waiting for the first picture";
  const status = told.status;
  if (!status) return told.live ? "the flight is starting" : "only past flights here: see Flights";
  const parts = [status.is_bench ? "BENCH: a recording may steer" : "", status.latched ? `stopped: ${status.latched}` : "",
    status.course ?? MEANING[status.state] ?? ""].filter((part) => part !== "");
  const search = status.search;
  if (search) parts.push(`search ${search.pattern} ${percent(search.progress)}${search.flown ? " flown by us" : ""}, POS ${percent(search.pos)}`);
  return parts.join(" · ");
}

const OLD_S = 2;

function vehicle_facts(picture: Picture): [string, string, boolean?][] {
  const status = picture.status!;
  const { vehicle } = status;
  const ages: [string, number | null][] = [["heartbeat", vehicle.heartbeat_age_s], ["position", vehicle.position_age_s], ["attitude", vehicle.attitude_age_s]];
  const heading = heading_of(vehicle, picture.track);
  const old = ages.filter(([, age_s]) => age_s !== null && age_s > OLD_S);
  return [
    ["mode", `${vehicle.mode ?? "?"}${vehicle.armed === null ? "" : vehicle.armed ? ", armed" : ", disarmed"}`, vehicle.mode === null],
    ["battery", percent(vehicle.battery_ratio), vehicle.battery_ratio !== null && vehicle.battery_ratio < 0.25],
    ["over home", number(vehicle.alt_rel_m, 0, "m")],
    ["ground", number(vehicle.height_m, 0, "m")],
    ["sats", vehicle.satellites === null ? "?" : String(vehicle.satellites), vehicle.satellites !== null && vehicle.satellites < 8],
    [heading.of, direction_text(heading.deg)],
    ["wind", wind_text(vehicle)],
    ...(status.profile || status.channels.length > 1 ? [["seeks", status.profile ? `${status.target} (${status.profile})` : status.target] as [string, string]] : []),
    ...old.map(([name, age_s]): [string, string, boolean] => [name, `${number(age_s, 0)} s old`, true]),
  ];
}
