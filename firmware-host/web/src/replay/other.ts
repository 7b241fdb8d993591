// The same flight with other settings, beside the one that was flown: what of both is compared, and what holds at a moment.

import type { Estimate, Region } from "../api.ts";
import type { Door } from "../door.ts";
import type { Detection } from "../picture.ts";
import { ask_beacons, ask_detections, ask_regions } from "../tables.ts";
import { last_until } from "./clock.ts";
import { ask_estimates } from "./load.ts";

/** Points along the whole flight. */
const POINTS = 250;
/** The strongest of so long is a point: of a pulse each second it holds one at least. */
const LEAST_US = 2_000_000;

export interface SnrPoint {
  at_us: number;
  channel: number;
  snr_db: number | null;
}

/** What of one flight is drawn along its whole length. */
export interface Course {
  name: string;
  beacons: string[];
  snr: SnrPoint[];
  estimates: Estimate[];
  detections: Detection[];
  region_times_us: number[];
}

export async function load_course(door: Door, name: string, first_us: number, last_us: number): Promise<Course> {
  const step_us = Math.max(LEAST_US, Math.ceil((last_us - first_us) / POINTS));
  const beacons = await ask_beacons(door, name);
  const [snr, estimates, detections, regions] = await Promise.all([
    door.query<SnrPoint>(name, `SELECT (at_us // ${step_us}) * ${step_us} AS at_us, channel, max(snr_db) AS snr_db FROM signal GROUP BY 1, 2 ORDER BY 1`),
    ask_estimates(door, name, beacons, step_us),
    ask_detections(door, name),
    door.query<{ at_us: number }>(name, "SELECT DISTINCT at_us FROM estimate_region ORDER BY at_us").catch(() => []),
  ]);
  return { name, beacons, snr, estimates, detections, region_times_us: regions.map(({ at_us }) => at_us) };
}

/** Lines of both flights over the same times, and the detections of each. */
export interface Beside {
  at_s: number[];
  /** Of the flown, then of the other. */
  snr_db: (number | null)[][];
  radius_95_m: (number | null)[][];
  /** From second to second; of one that did not end, to the flight's end. */
  heard_s: [number, number][][];
}

/** Two flights on one axis of seconds since `first_us`, for the beacon of this name. */
export function beside(courses: [Course, Course], beacon: string, first_us: number, last_us: number): Beside {
  const second = (at_us: number): number => (at_us - first_us) / 1e6;
  const snr = courses.map((course) => new Map(course.snr.filter(({ channel }) => course.beacons[channel] === beacon).map(({ at_us, snr_db }) => [at_us, snr_db])));
  const radius = courses.map((course) => new Map(course.estimates.filter((estimate) => estimate.beacon === beacon).map(({ at_us, radius_95_m }) => [at_us, radius_95_m])));
  const times = [...new Set([...snr, ...radius].flatMap((line) => [...line.keys()]))].sort((a, b) => a - b);
  // a time of the other line is no hole of this one: uPlot joins over undefined, and parts at null
  const along = (line: Map<number, number | null>): (number | null)[] => times.map((at_us) => (line.has(at_us) ? finite(line.get(at_us)) : (undefined as unknown as null)));
  return {
    at_s: times.map(second), snr_db: snr.map(along), radius_95_m: radius.map(along),
    heard_s: courses.map((course) => course.detections.filter((found) => course.beacons[found.channel] === beacon)
      .map((found): [number, number] => [second(found.began_us), second(found.ended_us ?? last_us)])),
  };
}

const finite = (value: number | null | undefined): number | null => (value !== null && value !== undefined && Number.isFinite(value) ? value : null);

/** What the other flight believed at the moment that is shown; the map asks for it. */
export class Other {
  estimate: Estimate | null = null;
  regions: Region[] = [];
  private region_us: number | null = null;

  constructor(private readonly door: Door, readonly course: Course, private readonly changed: () => void) {}

  seek(at_us: number, beacon: string | null): void {
    const { estimates, region_times_us } = this.course;
    const own = estimates.filter((estimate) => estimate.beacon === beacon);
    this.estimate = own[last_until(own, at_us, (row) => row.at_us)] ?? null;
    const region_us = region_times_us[last_until(region_times_us, at_us, (time) => time)] ?? null;
    if (region_us === this.region_us) return;
    this.region_us = region_us;
    this.regions = [];
    if (region_us === null) return;
    ask_regions(this.door, this.course.name, region_us).then((regions) => {
      if (this.region_us !== region_us) return;
      this.regions = regions;
      this.changed();
    }).catch(() => {});
  }
}

/** Settings as they are typed, a line or a semicolon between; throws what is none. */
export function read_sets(text: string): string[] {
  const sets = text.split(/[;\n]/).map((set) => set.trim()).filter((set) => set !== "");
  for (const set of sets) if (!/^[a-z0-9_]+(\.[a-z0-9_]+)+\s*=\s*\S/i.test(set)) throw new Error(`${set} is no setting: write section.key=value`);
  if (sets.length === 0) throw new Error("write at least one setting, like analytics.trigger_db=9");
  return sets.map((set) => set.replace(/\s*=\s*/, "="));
}
