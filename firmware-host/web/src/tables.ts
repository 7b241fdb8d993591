// The questions to a flight file that live and replay both ask, and what becomes of their rows.

import type { CellRow, Region } from "./api.ts";
import type { Door } from "./door.ts";
import type { Place } from "./geo.ts";
import type { BeaconMessage, CoverageRow, Detection, FenceArea, TrackPoint } from "./picture.ts";

export const HOME_SQL = "SELECT lat_deg, lon_deg FROM home WHERE received_us IS NOT NULL ORDER BY at_us DESC, rowid DESC LIMIT 1";

/** Names of the beacons by the numbers of their channels in the file. */
export async function ask_beacons(door: Door, flight: string): Promise<string[]> {
  const rows = await door.query<{ name: string; value: string }>(flight, "SELECT name, value FROM setting WHERE name LIKE 'channel.%.name'");
  const beacons: string[] = [];
  for (const { name, value } of rows) {
    const index = /^channel\.(\d+)\.name$/.exec(name)?.[1];
    if (index !== undefined) beacons[Number(index)] = value;
  }
  return Array.from(beacons, (name, index) => name ?? `channel ${index}`);
}

/** The areas of the fence as it was told last. */
export const FENCE_SQL = `SELECT kind, inside, corner, lat_deg, lon_deg, radius_m FROM zone
WHERE kind <> 'fence' AND rowid > (SELECT coalesce(max(rowid), -1) FROM zone WHERE kind = 'fence' AND is_changed) ORDER BY rowid`;

export const DETECTIONS_SQL = `SELECT id, channel, beacon, kind, began_us, confirmed_us, ended_us, snr_peak_db, power_peak_dbfs, heard_hz,
    cn0_peak_db_hz, pulse_count, pulse_width_us, pulse_period_us, false_alarm_probability, beacon_id FROM detections ORDER BY id DESC LIMIT 500`;

/** Rows of the waterfall up to a moment, the newest first. */
export const spectrum_sql = (until_us: number): string => `SELECT acquired_us AS at_us, first_bin_hz, bin_hz, power_e1[1:bin_count] AS power_e1
FROM spectrum WHERE acquired_us <= ${until_us} ORDER BY acquired_us DESC LIMIT 120`;

/** The newest entries after an id. */
export const log_sql = (after: number): string => `SELECT id, at_us, source, severity, kind, text FROM log WHERE id > ${after} ORDER BY id DESC LIMIT 500`;

const MESSAGES_SQL = `SELECT until_us, (SELECT any_value(value) FROM setting WHERE setting.name = 'channel.' || channel || '.name') AS sought, id, test, country, beacon, identity, says_lat_deg, says_lon_deg, resolution_arcsec
FROM beacon_message ORDER BY until_us DESC LIMIT 500`;

/** The way so far, a point each `step_us` at most. */
export const track_sql = (step_us: number): string => `SELECT at_us, lat_deg, lon_deg, alt_rel_m FROM track
QUALIFY row_number() OVER (PARTITION BY at_us // ${step_us} ORDER BY at_us) = 1 ORDER BY at_us`;

export const signal_sql = (from_us: number, until_us: number): string => `SELECT at_us, channel, power_dbfs, ewma_dbfs,
    if(snr_floor = 'spectral', floor_spectral_dbfs, floor_temporal_dbfs) AS floor_dbfs, snr_db, heard,
    degrees(bearing_rad)::DOUBLE AS bearing_deg, degrees(bearing_sigma_rad)::DOUBLE AS bearing_sigma_deg,
    pulse_count, pulse_width_us, pulse_period_us::DOUBLE AS pulse_period_us
FROM signal WHERE at_us >= ${from_us} AND at_us < ${until_us} ORDER BY at_us`;

export interface SignalRow {
  at_us: number;
  channel: number;
  power_dbfs: number | null;
  ewma_dbfs: number | null;
  floor_dbfs: number | null;
  snr_db: number | null;
  heard: boolean;
  bearing_deg: number | null;
  bearing_sigma_deg: number | null;
  pulse_count: number | null;
  pulse_width_us: number | null;
  pulse_period_us: number | null;
}

interface ZoneRow extends Place {
  kind: string;
  inside: boolean | null;
  corner: number | null;
  radius_m: number | null;
}

/** Rows of `zone` as areas: a polygon is its corners in a row, beginning at 0. */
export function fence_areas(rows: ZoneRow[]): FenceArea[] {
  const areas: FenceArea[] = [];
  for (const row of rows) {
    const place = { lat_deg: row.lat_deg, lon_deg: row.lon_deg };
    const inside = row.inside ?? true;
    const last = areas.at(-1);
    if (row.kind === "circle") areas.push({ inside, corners: [place], radius_m: row.radius_m });
    else if (row.corner === 0 || !last || last.radius_m !== null) areas.push({ inside, corners: [place], radius_m: null });
    else last.corners.push(place);
  }
  return areas;
}

export async function ask_home(door: Door, flight: string): Promise<Place | null> {
  return (await door.query<Place>(flight, HOME_SQL))[0] ?? null;
}

export async function ask_fence(door: Door, flight: string): Promise<FenceArea[]> {
  return fence_areas(await door.query<ZoneRow>(flight, FENCE_SQL));
}

export const ask_detections = (door: Door, flight: string): Promise<Detection[]> => door.query<Detection>(flight, DETECTIONS_SQL);

/** None in files of versions that did not read them. */
export const ask_messages = (door: Door, flight: string): Promise<BeaconMessage[]> => door.query<BeaconMessage>(flight, MESSAGES_SQL).catch(() => []);

export const ask_track = (door: Door, flight: string, step_us: number): Promise<TrackPoint[]> =>
  door.query<TrackPoint>(flight, track_sql(step_us));

/** The map of the search as it was at a moment. */
export function ask_coverage(door: Door, flight: string, at_us: number): Promise<CoverageRow[]> {
  return door.query<CoverageRow>(flight, `SELECT lat_deg, lon_deg, size_m, square_count, pod FROM search_cell
WHERE at_us = (SELECT max(at_us) FROM search_cell WHERE at_us <= ${at_us})`);
}

/** The regions of each channel as they were at a moment. */
export async function ask_regions(door: Door, flight: string, at_us: number): Promise<Region[]> {
  const rows = await door.query<CellRow & { at_us: number; channel: number; beacon: string | null; percent: number }>(flight, `SELECT at_us, channel,
    (SELECT any_value(value) FROM setting WHERE setting.name = 'channel.' || channel || '.name') AS beacon, percent, lat_deg, lon_deg, size_m, square_count FROM estimate_region
WHERE (channel, at_us) IN (SELECT (channel, max(at_us)) FROM estimate_region WHERE at_us <= ${at_us} GROUP BY channel) ORDER BY channel, percent`);
  const regions = new Map<string, Region>();
  for (const { at_us: told_us, channel, beacon, percent, ...cell } of rows) {
    const key = `${channel}/${percent}`;
    const region = regions.get(key) ?? { at_us: told_us, channel, beacon: beacon ?? "", percent, rows: [] };
    region.rows.push(cell);
    regions.set(key, region);
  }
  return [...regions.values()];
}

/** The area of `[search]` in the settings: a polygon, or a disc as its middle with a radius; null without one. */
export function search_area(toml: string): FenceArea | null {
  const section = toml.split(/^\[search\]\s*$/m)[1]?.split(/^\[[a-z"[]/m)[0] ?? "";
  const number = (key: string): number | null => {
    const found = new RegExp(`^${key}\\s*=\\s*(-?[\\d._e+-]+)`, "m").exec(section)?.[1];
    return found ? Number(found.replaceAll("_", "")) : null;
  };
  const polygon = /^polygon\s*=\s*\[([^=]*)\]/m.exec(section)?.[1] ?? "";
  const corners = [...polygon.matchAll(/\[\s*(-?[\d.e+-]+)\s*,\s*(-?[\d.e+-]+)\s*,?\s*\]/g)].map(([, lat, lon]) => ({ lat_deg: Number(lat), lon_deg: Number(lon) }));
  if (corners.length >= 3) return { inside: true, corners, radius_m: null };
  const [lat_deg, lon_deg, radius_m] = [number("centre_lat_deg"), number("centre_lon_deg"), number("radius_m")];
  return lat_deg !== null && lon_deg !== null && radius_m !== null ? { inside: true, corners: [{ lat_deg, lon_deg }], radius_m } : null;
}
