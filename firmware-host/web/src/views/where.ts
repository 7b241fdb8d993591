// Where the beacon is, in words that can be copied, and the way there from where one stands.

import { copy_text, el, mark, say } from "../dom.ts";
import { metres, number, UNKNOWN } from "../format.ts";
import { compass_point, degrees_text, mgrs_text, utm_text, way, type Place } from "../geo.ts";
import type { BeaconMessage, Picture } from "../picture.ts";
import type { KeptPlace } from "../kept_place.ts";
import { place_form } from "./place_form.ts";
import { failed, toast } from "./toast.ts";
import { truth_part } from "./truth.ts";

const FORMS: [string, (place: Place) => string | null][] = [["lat/lon", degrees_text], ["UTM", utm_text], ["MGRS", mgrs_text]];

export function where_panel(picture: Picture, watcher: KeptPlace, truth: KeptPlace): HTMLElement {
  const beacon = el("h2", {}, "Beacon");
  const sure = el("span", { class: "sure" });
  const climb = el("span", { class: "soft" });
  const says = el("p", { class: "says" });
  const forms = FORMS.map(([name]) => el("button", { type: "button", class: "copy", title: `Copy as ${name}`, click: (event: Event) => void copy(event, name) },
    el("small", {}, name), el("span", {}, UNKNOWN)));
  const there = el("strong", { class: "there" }, UNKNOWN);
  const told = el("span", { class: "soft", id: "standing" });
  const form = place_form("Your place", watcher, el("button", { type: "button", title: "This device's own position", click: () => watcher.locate() }, "Here"));
  mark(form.firstElementChild!, "aria-describedby", "standing");
  const node = el("section", { class: "panel where", "aria-label": "Where the beacon is" },
    el("div", { class: "row" }, beacon, sure, climb, truth_part(picture, truth)), says,
    el("div", { class: "row forms" }, ...forms),
    el("div", { class: "row" }, el("span", { class: "soft" }, "from you"), there, form), told);
  const show = () => {
    const estimate = picture.estimate;
    const name = picture.beacon;
    say(beacon, name && !/^beacon$/i.test(name) ? `Beacon ${name}` : "Beacon");
    say(climb, bearing_text(picture));
    const message = picture.message;
    says.hidden = !message;
    if (message) say(says, message_text(message, watcher.place));
    const age_s = estimate && picture.at_us !== null ? Math.max(0, (picture.at_us - estimate.at_us) / 1e6) : 0;
    say(sure, estimate
      ? `50 % within ${metres(estimate.radius_50_m)}, 95 % within ${metres(estimate.radius_95_m)}${age_s > 5 ? `; ${age_s.toFixed(0)} s old` : ""}`
      : "no estimate yet: it comes once the beacon is heard");
    FORMS.forEach(([, text], index) => {
      const value = estimate ? (text(estimate) ?? "no grid so near the pole") : UNKNOWN;
      say(forms[index]!.lastElementChild!, value);
      mark(forms[index]!, "disabled", !estimate);
    });
    if (estimate && watcher.place) {
      const { distance_m, bearing_deg } = way(watcher.place, estimate);
      say(there, `${metres(distance_m)} to ${bearing_deg.toFixed(0).padStart(3, "0")}° (${compass_point(bearing_deg)})`);
    } else {
      say(there, watcher.place ? UNKNOWN : "say where you are");
    }
    say(told, watcher.place ? `${degrees_text(watcher.place)}, ${watcher.told}` : watcher.told);
  };
  picture.on(["estimate", "chosen", "state", "detections"], show);
  watcher.on(show);
  return node;
}

/** What a distress beacon says of itself, and the way to where it says it is. */
export function message_text(message: BeaconMessage, from: Place | null): string {
  const parts = [message.test ? "TEST, nobody is in distress" : "DISTRESS", message.beacon, message.id, message.country ?? "", message.identity ?? ""];
  const { says_lat_deg: lat_deg, says_lon_deg: lon_deg } = message;
  if (lat_deg !== null && lon_deg !== null) {
    const place = { lat_deg, lon_deg };
    // a second of arc is 31 m
    const within = message.resolution_arcsec === null ? "" : `, to ${metres(message.resolution_arcsec * 31)}`;
    const there = from ? `, ${metres(way(from, place).distance_m)} to ${way(from, place).bearing_deg.toFixed(0).padStart(3, "0")}°` : "";
    parts.push(`says it is at ${degrees_text(place)} (${mgrs_text(place) ?? "no grid"}${within}${there})`);
  }
  return parts.filter((part) => part !== "").join(" · ");
}

/** Whither it grows stronger, by what was heard of late. */
function bearing_text(picture: Picture): string {
  const channel = picture.status?.channels[picture.channel];
  if (!channel || channel.bearing_deg === null) return "";
  const turned = ((channel.bearing_deg % 360) + 360) % 360;
  return `grows stronger to ${turned.toFixed(0).padStart(3, "0")}° ± ${number(channel.bearing_sigma_deg, 0)}°`;
}

async function copy(event: Event, name: string): Promise<void> {
  const text = (event.currentTarget as HTMLElement).lastElementChild!.textContent ?? "";
  if (await copy_text(text)) toast(`${name} copied: ${text}`);
  else failed("copy", new Error("the browser does not let this page copy: mark the text and copy it"));
}
