// Flights beside each other: for each one row of facts, asked in SQL, and how they read.

import { clock, count, metres, number, percent } from "./format.ts";
import { way, type Place } from "./geo.ts";

/** A row of `COMPARE_SQL`; times in seconds since the flight's start. */
export interface Facts {
  length_s: number | null;
  heard_s: number | null;
  homing_s: number | null;
  holding_s: number | null;
  homed_s: number | null;
  detections: number | null;
  snr_peak_db: number | null;
  floor_dbfs: number | null;
  way_m: number | null;
  height_max_m: number | null;
  battery_used: number | null;
  radius_50_m: number | null;
  radius_95_m: number | null;
  lat_deg: number | null;
  lon_deg: number | null;
  trips: number | null;
  warnings: number | null;
  late_passes: number | null;
}

const first = (state: string): string => `(SELECT min(at_us) / 1e6 FROM state_change WHERE to_state = '${state}')`;

/** 111195 m: a degree on a sphere of the Earth's mean radius, near enough for a way of some kilometres. */
export const COMPARE_SQL = `SELECT
    (SELECT (max(at_us) - min(at_us)) / 1e6 FROM signal) AS length_s,
    (SELECT min(confirmed_us) / 1e6 FROM detection) AS heard_s,
    ${first("HOMING")} AS homing_s, ${first("HOLDING")} AS holding_s,
    (SELECT sum(until_us - at_us) / 1e6 FROM (SELECT at_us, to_state,
        lead(at_us, 1, (SELECT max(at_us) FROM signal)) OVER (ORDER BY at_us, rowid) AS until_us FROM state_change) WHERE to_state = 'HOMING') AS homed_s,
    (SELECT count(DISTINCT id) FROM detection) AS detections,
    (SELECT max(snr_peak_db) FROM detection) AS snr_peak_db,
    (SELECT median(if(snr_floor = 'spectral', floor_spectral_dbfs, floor_temporal_dbfs)) FROM signal) AS floor_dbfs,
    (SELECT sum(111195 * sqrt((lat_deg - lat_0) ** 2 + ((lon_deg - lon_0) * cos(radians(lat_deg))) ** 2)) FROM (
        SELECT lat_deg, lon_deg, lag(lat_deg) OVER way AS lat_0, lag(lon_deg) OVER way AS lon_0 FROM (
            SELECT at_us, lat_deg, lon_deg FROM vehicle_motion WHERE lat_deg IS NOT NULL
            QUALIFY row_number() OVER (PARTITION BY at_us // 1000000 ORDER BY at_us) = 1) WINDOW way AS (ORDER BY at_us))) AS way_m,
    (SELECT max(alt_rel_m) FROM vehicle_motion) AS height_max_m,
    (SELECT arg_min(battery_ratio, at_us) - arg_max(battery_ratio, at_us) FROM vehicle_status WHERE battery_ratio IS NOT NULL) AS battery_used,
    e.radius_50_m, e.radius_95_m, e.lat_deg, e.lon_deg,
    (SELECT count(*) FROM state_change WHERE interlock IS NOT NULL) AS trips,
    (SELECT count(*) FROM event WHERE severity IN ('warning', 'critical')) AS warnings,
    (SELECT sum(misses) FROM (SELECT max(miss_total) AS misses FROM health WHERE kind = 'pass' GROUP BY name)) AS late_passes
FROM flight f LEFT JOIN (SELECT * FROM estimate WHERE lat_deg IS NOT NULL AND NOT isnan(radius_50_m) ORDER BY at_us DESC LIMIT 1) AS e ON true
ORDER BY f.opened_us LIMIT 1`;

type Reading = (value: number | null) => string;

const seconds: Reading = (value) => (value === null ? number(null, 0) : clock(value));
const counted: Reading = (value) => (value === null ? number(null, 0) : count(value));

const ROWS: [string, keyof Facts, Reading][] = [
  ["Length", "length_s", seconds],
  ["Beacon first heard at", "heard_s", seconds],
  ["Homing first at", "homing_s", seconds],
  ["Over the beacon first at", "holding_s", seconds],
  ["Time of homing", "homed_s", seconds],
  ["Detections", "detections", counted],
  ["Strongest SNR", "snr_peak_db", (value) => number(value, 1, "dB")],
  ["Noise floor, median", "floor_dbfs", (value) => number(value, 1, "dBFS")],
  ["Way flown", "way_m", metres],
  ["Greatest height over home", "height_max_m", metres],
  ["Battery used", "battery_used", (value) => percent(value)],
  ["Last estimate, 50 % within", "radius_50_m", metres],
  ["Last estimate, 95 % within", "radius_95_m", metres],
  ["Stopped by an interlock", "trips", counted],
  ["Warnings", "warnings", counted],
  ["Late passes", "late_passes", counted],
];

export interface Compared {
  name: string;
  /** null: it could not be asked. */
  facts: Facts | null;
  /** Where the beacon truly was, where that was typed. */
  truth: Place | null;
}

/** Distance of the last estimate from the truth. */
function error_m({ facts, truth }: Compared): number | null {
  if (!facts || !truth || facts.lat_deg === null || facts.lon_deg === null) return null;
  return way({ lat_deg: facts.lat_deg, lon_deg: facts.lon_deg }, truth).distance_m;
}

/** What the second has more than the first. */
function difference(values: (number | null)[], read: Reading): string {
  const [before, after] = values;
  if (before === null || after === null || before === undefined || after === undefined) return "";
  const more = after - before;
  const text = read(Math.abs(more));
  return text === read(0) ? "same" : `${more > 0 ? "+" : "−"}${text}`;
}

/** A line for each fact: its name, its value in each flight, and of two flights the difference. */
export function compared_rows(flights: Compared[]): string[][] {
  const row = (name: string, values: (number | null)[], read: Reading): string[] =>
    [name, ...values.map(read), ...(values.length === 2 ? [difference(values, read)] : [])];
  const rows = ROWS.map(([name, key, read]) => row(name, flights.map(({ facts }) => facts?.[key] ?? null), read));
  if (flights.some(({ truth }) => truth)) rows.push(row("Last estimate from the truth", flights.map(error_m), metres));
  return rows;
}
