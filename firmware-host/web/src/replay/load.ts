// What a replay asks of a flight's tables: the whole of what is little, and a minute at a time of what is much.

import type { Estimate, LogEntry, SearchStatus, SpectrumRow } from "../api.ts";
import type { Door } from "../door.ts";
import type { Place } from "../geo.ts";
import type { BeaconMessage, Detection, FenceArea, TrackPoint } from "../picture.ts";
import { ask_beacons, ask_detections, ask_fence, ask_home, ask_messages, search_area, signal_sql, type SignalRow } from "../tables.ts";

export const CHUNK_US = 60_000_000;
/** Rows of a table that is loaded whole: what more there is, is thinned out evenly. */
const MOST_ROWS = 8000;

export interface WayPoint extends TrackPoint {
  mode: string | null;
  armed: boolean | null;
  battery_ratio: number | null;
  yaw_deg: number | null;
}

export interface WindRow { at_us: number; from_deg: number; speed_mps: number }
export interface StateChange { at_us: number; to_state: string; reason: string | null; interlock: string | null; fault: string | null }
export interface CommandRow { at_us: number; kind: string; interlock: string | null; fault: string | null; detail: string | null; reason: string | null }
export interface OperatorRow { at_us: number; act: string }
export interface SearchRow extends SearchStatus { at_us: number }
export interface SwitchRow { at_us: number; profile: string | null }
export interface HealthRow { at_us: number; kind: string; name: string; longest_us: number | null; miss_total: number | null; pushed_total: number | null; dropped_total: number | null; value: number | null }
export interface LinkRow { at_us: number; received_total: number; crc_error_total: number; sequence_lost_total: number; sent_total: number; send_dropped_total: number; reconnect_total: number; late_total: number }
export interface VehicleRow { at_us: number; satellites: number | null; battery_ratio: number | null; height_m: number | null }

/** What is known of the whole flight. */
export interface Whole {
  name: string;
  started_utc: string | null;
  sdr: string;
  autopilot: string;
  rate_sps: number | null;
  first_us: number;
  last_us: number;
  beacons: string[];
  frequencies_hz: (number | null)[];
  profile: string | null;
  way: WayPoint[];
  estimates: Estimate[];
  states: StateChange[];
  commands: CommandRow[];
  operator: OperatorRow[];
  searches: SearchRow[];
  switches: SwitchRow[];
  winds: WindRow[];
  detections: Detection[];
  messages: BeaconMessage[];
  log: LogEntry[];
  home: Place | null;
  fence: FenceArea[];
  search_area: FenceArea | null;
  region_times_us: number[];
  coverage_times_us: number[];
}

/** A minute of it. */
export interface Chunk {
  signal: SignalRow[];
  spectrum: SpectrumRow[];
  health: HealthRow[];
  link: LinkRow[];
  vehicle: VehicleRow[];
}

const HEAD_SQL = `SELECT name, started_utc, sdr, autopilot, sample_rate_sps AS rate_sps, frequency_hz,
    least(s.first_us, m.first_us, f.opened_us) AS first_us, greatest(s.last_us, m.last_us, f.opened_us) AS last_us
FROM flight f, (SELECT min(at_us) AS first_us, max(at_us) AS last_us FROM signal) s, (SELECT min(at_us) AS first_us, max(at_us) AS last_us FROM vehicle_motion) m
ORDER BY f.opened_us LIMIT 1`;

interface Head { name: string; started_utc: string | null; sdr: string; autopilot: string; rate_sps: number | null; frequency_hz: number | null; first_us: number; last_us: number }

const COMMANDS_SQL = `SELECT at_us, kind, interlock, fault, detail, reason FROM command
QUALIFY (kind, coalesce(interlock, ''), coalesce(fault, ''), coalesce(detail, ''), coalesce(reason, '')) IS DISTINCT FROM
    lag((kind, coalesce(interlock, ''), coalesce(fault, ''), coalesce(detail, ''), coalesce(reason, ''))) OVER (ORDER BY at_us, rowid)
ORDER BY at_us, rowid LIMIT 20000`;

export async function load_whole(door: Door, flight: string): Promise<Whole> {
  const ask = <T>(sql: string): Promise<T[]> => door.query<T>(flight, sql);
  /** Of tables that files of earlier versions do not have. */
  const may = <T>(sql: string): Promise<T[]> => ask<T>(sql).catch(() => []);
  const [head] = await ask<Head>(HEAD_SQL);
  if (!head) throw new Error(`flight ${flight} says nothing of itself: its table flight is empty`);
  const named = ask_beacons(door, flight);
  const step_us = Math.max(200_000, Math.ceil((head.last_us - head.first_us) / MOST_ROWS));
  const [beacons, way, estimates, states, commands, operator, searches, switches, detections, messages, log, home, fence, regions, coverages, profile, winds] = await Promise.all([
    named,
    ask<WayPoint>(`SELECT at_us, lat_deg, lon_deg, alt_rel_m, mode, armed, battery_ratio, yaw_deg FROM track
QUALIFY row_number() OVER (PARTITION BY at_us // ${step_us} ORDER BY at_us) = 1 ORDER BY at_us`),
    named.then((names) => ask_estimates(door, flight, names, step_us)),
    ask<StateChange>("SELECT at_us, to_state, reason, interlock, fault FROM state_change ORDER BY at_us, rowid"),
    ask<CommandRow>(COMMANDS_SQL),
    ask<OperatorRow>("SELECT at_us, act FROM operator ORDER BY at_us, rowid"),
    may<SearchRow>("SELECT at_us, pattern, progress::DOUBLE AS progress, flown, pos, area_m2, searched_m2 FROM search ORDER BY at_us"),
    may<SwitchRow>("SELECT at_us, profile FROM switch ORDER BY at_us"),
    ask_detections(door, flight),
    ask_messages(door, flight),
    may<LogEntry>("SELECT id, at_us, source, severity, kind, text FROM log ORDER BY id LIMIT 20000"),
    ask_home(door, flight).catch(() => null),
    ask_fence(door, flight).catch(() => []),
    may<{ at_us: number }>("SELECT DISTINCT at_us FROM estimate_region ORDER BY at_us"),
    may<{ at_us: number }>("SELECT DISTINCT at_us FROM search_cell ORDER BY at_us"),
    ask<{ value: string }>("SELECT value FROM setting WHERE name = 'settings_toml'"),
    ask_winds(door, flight),
  ]);
  const toml = profile[0]?.value ?? "";
  return {
    ...head, beacons, frequencies_hz: beacons.map((name) => frequency_hz(toml, name, head.frequency_hz)),
    profile: /^profile = "([^"]*)"/m.exec(toml)?.[1] ?? null, way, states, commands, operator, searches, switches, winds, detections, messages, log, home, fence, search_area: search_area(toml),
    estimates, region_times_us: regions.map((row) => row.at_us), coverage_times_us: coverages.map((row) => row.at_us),
  };
}

/** What was believed, at most once in `step_us` and in a second, with the names of the channels' beacons. */
export async function ask_estimates(door: Door, flight: string, beacons: string[], step_us: number): Promise<Estimate[]> {
  const rows = await door.query<Omit<Estimate, "beacon">>(flight, `SELECT at_us, channel, lat_deg, lon_deg, peak_lat_deg, peak_lon_deg, variance_north_m2::DOUBLE AS variance_north_m2,
    covariance_m2::DOUBLE AS covariance_m2, variance_east_m2::DOUBLE AS variance_east_m2, radius_50_m::DOUBLE AS radius_50_m,
    radius_95_m::DOUBLE AS radius_95_m, observation_count FROM estimate
QUALIFY row_number() OVER (PARTITION BY channel, at_us // ${Math.max(1_000_000, step_us)} ORDER BY at_us) = 1 ORDER BY at_us`);
  return rows.map((estimate) => ({ ...estimate, beacon: beacons[estimate.channel] ?? "" }));
}

/** None in files that know of no wind. */
async function ask_winds(door: Door, flight: string): Promise<WindRow[]> {
  const [known] = await door.query(flight, "SELECT 1 AS known FROM information_schema.tables WHERE table_name = 'wind'");
  if (!known) return [];
  return door.query<WindRow>(flight, `SELECT received_us AS at_us, from_deg, speed_mps FROM wind
QUALIFY row_number() OVER (PARTITION BY received_us // 1000000 ORDER BY received_us) = 1 ORDER BY received_us`);
}

/** Of the beacon of this name among the settings, where `tuned_hz` is what an offset is counted from. */
export function frequency_hz(toml: string, beacon: string, tuned_hz: number | null): number | null {
  for (const section of toml.split(/^\[\[beacon\]\]/m).slice(1)) {
    const own = section.split(/^\[/m)[0]!;
    if (/^name\s*=\s*"([^"]*)"/m.exec(own)?.[1] !== beacon) continue;
    const [, key, found] = /^(frequency_hz|offset_hz)\s*=\s*(-?[\d._e+]+)/m.exec(own) ?? [];
    if (!found) return null;
    const value_hz = Number(found.replaceAll("_", ""));
    return key === "frequency_hz" ? value_hz : tuned_hz === null ? null : tuned_hz + value_hz;
  }
  return null;
}

export async function load_chunk(door: Door, flight: string, from_us: number): Promise<Chunk> {
  const until_us = from_us + CHUNK_US;
  const within = (column: string): string => `${column} >= ${from_us} AND ${column} < ${until_us}`;
  const may = <T>(sql: string): Promise<T[]> => door.query<T>(flight, sql).catch(() => []);
  const [signal, spectrum, health, link, vehicle] = await Promise.all([
    door.query<SignalRow>(flight, signal_sql(from_us, until_us)),
    may<SpectrumRow>(`SELECT acquired_us AS at_us, first_bin_hz, bin_hz, power_e1[1:bin_count] AS power_e1 FROM spectrum WHERE ${within("acquired_us")} ORDER BY acquired_us`),
    may<HealthRow>(`SELECT at_us, kind, name, longest_us, miss_total, pushed_total, dropped_total, value FROM health WHERE ${within("at_us")} ORDER BY at_us`),
    may<LinkRow>(`SELECT at_us, received_total, crc_error_total, sequence_lost_total, sent_total, send_dropped_total, reconnect_total, late_total FROM link WHERE ${within("at_us")} ORDER BY at_us`),
    may<VehicleRow>(`SELECT v.at_us, v.gps_satellites AS satellites, v.battery_ratio, h.height_m FROM vehicle_status v ASOF LEFT JOIN height h ON v.at_us >= h.at_us
WHERE ${within("v.at_us")} QUALIFY row_number() OVER (PARTITION BY v.at_us // 1000000 ORDER BY v.at_us) = 1 ORDER BY v.at_us`),
  ]);
  return { signal, spectrum, health, link, vehicle };
}
