// A search pattern as it is being drawn: what is asked of the server, and what is not asked because it cannot be. Pure.

import { PATTERNS, type Pattern, type PlanAsked } from "./api.ts";
import { percent, UNKNOWN } from "./format.ts";
import { degrees_text, type Place } from "./geo.ts";
import { read_place } from "./place.ts";

/** As it stands in the form: all of it text. */
export interface Draft {
  shape: "polygon" | "disc";
  /** A place each line. */
  corners: string;
  centre: string;
  radius_m: string;
  pattern: string;
  spacing_m: string;
  power_dbm: string;
  height_m: string;
  speed_mps: string;
  heading_deg: string;
}

export const NEW_DRAFT: Draft = { shape: "polygon", corners: "", centre: "", radius_m: "300", pattern: "ps", spacing_m: "60", power_dbm: "", height_m: "", speed_mps: "", heading_deg: "" };

/** Where in the form a word belongs. */
export type Field = keyof Draft | "area" | "all";
export type Troubles = Map<Field, string>;

/** The program's own bounds of each number. */
export const BOUNDS: [keyof Draft & keyof PlanAsked, number, number, string][] = [
  ["radius_m", 1, 20_000, "m"], ["spacing_m", 1, 20_000, "m"], ["power_dbm", -200, 100, "dBm"], ["height_m", 1, 1000, "m"], ["speed_mps", 0.1, 20, "m/s"], ["heading_deg", 0, 360, "°"],
];

const CORNERS_MAX = 64;

/** The places of lines; what is no place is told with its line. */
export function read_corners(text: string): { places: Place[]; trouble: string } {
  const places: Place[] = [];
  let trouble = "";
  text.split("\n").forEach((line, index) => {
    if (line.trim() === "") return;
    try {
      places.push(read_place(line).place);
    } catch (cause) {
      if (trouble === "") trouble = `line ${index + 1}: ${(cause as Error).message}`;
    }
  });
  return { places, trouble };
}

/** The lines with that of the place at `index` written anew, or taken out; the others stay as they were typed. */
export function with_corner(text: string, index: number, place: Place | null): string {
  let at = -1;
  const lines = text.split("\n").filter((line) => line.trim() !== "").flatMap((line) => {
    at += 1;
    if (at !== index) return [line];
    return place ? [degrees_text(place)] : [];
  });
  if (place && index > at) lines.push(degrees_text(place));
  return lines.join("\n");
}

export function read_centre(text: string): { place: Place | null; trouble: string } {
  if (text.trim() === "") return { place: null, trouble: "" };
  try {
    return { place: read_place(text).place, trouble: "" };
  } catch (cause) {
    return { place: null, trouble: (cause as Error).message };
  }
}

/** What to ask; null with what is wrong or missing, each by its field. A word under `all` is no error: there is only nothing to ask yet. */
export function asked_of(draft: Draft): { asked: PlanAsked | null; troubles: Troubles } {
  const troubles: Troubles = new Map();
  const numbers = new Map<string, number | null>();
  for (const [key, least, most, unit] of BOUNDS) {
    const text = draft[key].trim().replace("−", "-").replace(",", ".");
    const value = text === "" ? null : Number(text);
    if (value !== null && !(value >= least && value <= most)) troubles.set(key, `from ${least} to ${most} ${unit}`.replace(" °", "°"));
    numbers.set(key, value);
  }
  const number = (key: string): number | null => numbers.get(key) ?? null;
  const pattern: Pattern = PATTERNS.find((known) => known === draft.pattern) ?? "ps";
  const asked: PlanAsked = { pattern, spacing_m: number("spacing_m"), power_dbm: number("power_dbm"), height_m: number("height_m"), speed_mps: number("speed_mps"), heading_deg: number("heading_deg") };
  if (draft.shape === "polygon") {
    troubles.delete("radius_m");
    const { places, trouble } = read_corners(draft.corners);
    if (trouble !== "") troubles.set("corners", trouble);
    else if (places.length > CORNERS_MAX) troubles.set("corners", `${places.length} corners: ${CORNERS_MAX} at most`);
    else if (places.length < 3) troubles.set("all", places.length === 0 ? "Tap the corners of the area on the map, or type them." : `${3 - places.length} more ${places.length === 2 ? "corner" : "corners"} and there is an area.`);
    asked.polygon = places.map(({ lat_deg, lon_deg }) => [lat_deg, lon_deg]);
  } else {
    const { place, trouble } = read_centre(draft.centre);
    if (trouble !== "") troubles.set("centre", trouble);
    else if (!place) troubles.set("all", "Tap the middle of the area on the map, or type it.");
    else asked.centre = [place.lat_deg, place.lon_deg];
    if (draft.radius_m.trim() === "") troubles.set("radius_m", "write how far around");
    else asked.radius_m = number("radius_m") ?? NaN;
  }
  // sectors meet in the middle: they have no spacing
  if (troubles.size === 0 && pattern !== "vs" && asked.spacing_m === null && asked.power_dbm === null) troubles.set("spacing_m", "write it, or the beacon's power");
  return { asked: troubles.size === 0 ? asked : null, troubles };
}

/** A probability in per cent that is never rounded up to certainty. */
export function chance(ratio: number | null): string {
  if (ratio === null || !Number.isFinite(ratio)) return UNKNOWN;
  if (ratio >= 0.999) return "> 99.9 %";
  return percent(ratio, ratio >= 0.985 ? 1 : 0);
}

const NAMED: [RegExp, Field][] = [
  [/polygon|corner|edges?\b|crosse?s?\b/i, "area"], [/centre|radius|area/i, "area"], [/spacing/i, "spacing_m"], [/power/i, "power_dbm"], [/height/i, "height_m"], [/speed/i, "speed_mps"], [/heading/i, "heading_deg"], [/pattern/i, "pattern"],
];

/** The field that a refusal speaks of: the one that it names first. */
export function field_of(said: string): Field {
  let [first, field]: [number, Field] = [Infinity, "all"];
  for (const [word, of] of NAMED) {
    const at = said.search(word);
    if (at >= 0 && at < first) [first, field] = [at, of];
  }
  return field;
}
