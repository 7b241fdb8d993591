// What was true at a moment of a past flight, as the daemon would have told it then. Pure.

import type { ChannelStatus, LaneStatus, PassStatus, Status, VehicleStatus } from "../api.ts";
import type { Detection } from "../picture.ts";
import { last_until } from "./clock.ts";
import type { Chunk, Whole, WayPoint } from "./load.ts";

/** A row that is older than this says nothing of now. */
const ROW_US = 3_000_000;

/** A wind that was told so long ago may have turned. */
const WIND_US = 60_000_000;

const newest = <T extends { at_us: number }>(rows: T[], at_us: number): T | null => rows[last_until(rows, at_us, (row) => row.at_us)] ?? null;

/** Where the aircraft was, between two points of its way. */
export function pose_at(way: WayPoint[], at_us: number): WayPoint | null {
  const index = last_until(way, at_us, (point) => point.at_us);
  const [before, after] = [way[index], way[index + 1]];
  if (!before) return null;
  if (!after || after.at_us - before.at_us > ROW_US * 2) return before;
  const share = (at_us - before.at_us) / (after.at_us - before.at_us);
  const mix = (a: number, b: number): number => a + (b - a) * share;
  const alt_rel_m = before.alt_rel_m !== null && after.alt_rel_m !== null ? mix(before.alt_rel_m, after.alt_rel_m) : before.alt_rel_m;
  const yaw_deg = before.yaw_deg !== null && after.yaw_deg !== null ? before.yaw_deg + turn_deg(before.yaw_deg, after.yaw_deg) * share : before.yaw_deg;
  return { ...before, at_us, lat_deg: mix(before.lat_deg, after.lat_deg), lon_deg: mix(before.lon_deg, after.lon_deg), alt_rel_m, yaw_deg };
}

/** The shorter way round from one direction to another. */
const turn_deg = (from: number, to: number): number => ((((to - from) % 360) + 540) % 360) - 180;

/** Detections as they were known: none that was not confirmed yet, none ended that still went on. */
export function detections_at(all: Detection[], at_us: number): Detection[] {
  return all.filter((found) => found.confirmed_us <= at_us)
    .map((found) => (found.ended_us !== null && found.ended_us > at_us ? { ...found, ended_us: null } : found));
}

function vehicle_at(whole: Whole, chunk: Chunk | null, at_us: number): VehicleStatus {
  const pose = pose_at(whole.way, at_us);
  const row = chunk ? newest(chunk.vehicle, at_us) : null;
  const before = whole.way[last_until(whole.way, at_us, (point) => point.at_us)];
  const told = newest(whole.winds, at_us);
  const wind = told && at_us - told.at_us < WIND_US ? told : null;
  const age_s = before ? (at_us - before.at_us) / 1e6 : null;
  return {
    system: null, firmware: null, mode: pose?.mode ?? null, armed: pose?.armed ?? null, lat_deg: pose?.lat_deg ?? null, lon_deg: pose?.lon_deg ?? null,
    alt_rel_m: pose?.alt_rel_m ?? null, height_m: row?.height_m ?? null, battery_ratio: row?.battery_ratio ?? pose?.battery_ratio ?? null,
    satellites: row?.satellites ?? null, heartbeat_age_s: null, position_age_s: age_s, attitude_age_s: null,
    yaw_deg: pose?.yaw_deg ?? null, wind_from_deg: wind?.from_deg ?? null, wind_mps: wind?.speed_mps ?? null,
  };
}

function channels_at(whole: Whole, chunk: Chunk | null, at_us: number): ChannelStatus[] {
  const found = whole.beacons.map((name, index): ChannelStatus => ({
    name, frequency_hz: whole.frequencies_hz[index] ?? 0, power_dbfs: null, ewma_dbfs: null, floor_dbfs: null, snr_db: null, heard: false,
    pulse_count: 0, pulse_width_us: null, pulse_period_us: null, bearing_deg: null, bearing_sigma_deg: null,
  }));
  if (!chunk) return found;
  let left = new Set(found.keys());
  for (let index = last_until(chunk.signal, at_us, (row) => row.at_us); index >= 0 && left.size > 0; index -= 1) {
    const { at_us: told_us, channel, pulse_count, ...row } = chunk.signal[index]!;
    if (at_us - told_us > ROW_US) break;
    if (left.delete(channel)) found[channel] = { ...found[channel]!, ...row, pulse_count: pulse_count ?? 0 };
  }
  return found;
}

/** The newest row of each name up to then. */
function newest_by_name<T extends { at_us: number; name: string }>(rows: T[], at_us: number): T[] {
  const found = new Map<string, T>();
  for (const row of rows) if (row.at_us <= at_us) found.set(row.name, row);
  return [...found.values()];
}

/** Why it did not command, where it wanted to. */
function locked_at(whole: Whole, at_us: number): { locked: string | null; course: string | null } {
  const command = newest(whole.commands, at_us);
  if (!command) return { locked: null, course: null };
  if (command.kind !== "silence") return { locked: null, course: command.reason };
  if (command.interlock === "operator_enable") return { locked: null, course: null };
  const words = [command.interlock, command.fault].filter(Boolean).join(" ").replaceAll("_", " ");
  return { locked: command.detail ? `${words}: ${command.detail}` : words, course: null };
}

function latched_at(whole: Whole, at_us: number): string | null {
  const change = newest(whole.states, at_us);
  if (!change?.interlock || change.to_state !== "IDLE") return null;
  return `${change.interlock} ${change.fault ?? ""}`.replaceAll("_", " ").trim();
}

export function status_at(whole: Whole, chunk: Chunk | null, at_us: number): Status {
  const state = newest(whole.states, at_us)?.to_state ?? "IDLE";
  const { locked, course } = locked_at(whole, at_us);
  const channels = channels_at(whole, chunk, at_us);
  const health = chunk ? newest_by_name(chunk.health, at_us) : [];
  const link = chunk ? newest(chunk.link, at_us) : null;
  const looked = (kind: string, name: string): number | null => health.find((row) => row.kind === kind && row.name === name)?.value ?? null;
  const value = (name: string): number => looked("database", name) ?? 0;
  const scaled = (name: string, per: number): number | null => { const found = looked("machine", name); return found === null ? null : found / per; };
  const number_or = (number: number | null): number => number ?? 0;
  const lanes = health.filter((row) => row.kind === "lane")
    .map((row): LaneStatus => ({ name: row.name, pushed_total: number_or(row.pushed_total), dropped_total: number_or(row.dropped_total) }));
  const passes = health.filter((row) => row.kind === "pass")
    .map((row): PassStatus => ({ name: row.name, longest_us: number_or(row.longest_us), miss_total: number_or(row.miss_total) }));
  return {
    version: "", pid: 0, uptime_s: at_us / 1e6, state, target: channels.find((channel) => channel.heard)?.name ?? channels[0]?.name ?? "",
    homing_enabled: state !== "IDLE", course, locked, missing: locked ? [locked] : [], profile: newest(whole.switches, at_us)?.profile ?? whole.profile, page: null,
    is_bench: false, latched: latched_at(whole, at_us), vehicle: vehicle_at(whole, chunk, at_us), channels, search: newest(whole.searches, at_us),
    link: {
      address: whole.autopilot, received_total: 0, crc_error_total: 0, sequence_lost_total: 0, sent_total: 0, send_dropped_total: 0, reconnect_total: 0, late_total: 0,
      others: [], ...link,
    },
    lanes, passes, refused: [],
    recorder: {
      state: "as recorded", file: whole.name, rows_total: 0, rows_per_s: value("rows_per_s"), memory_mb: value("memory_bytes") / 1e6, resident_mb: value("resident_bytes") / 1e6,
      threads: value("thread_count"), file_mb: value("file_bytes") / 1e6, wal_mb: value("wal_bytes") / 1e6, checkpoint_total: value("checkpoint_total"),
      checkpoint_longest_ms: value("checkpoint_longest_us") / 1000, commit_longest_ms: value("commit_longest_us") / 1000,
      growth_mb_per_h: value("growth_bytes_per_h") / 1e6 || null, left_h: null, free_mb: value("free_bytes") / 1e6, alarms: [],
    },
    machine: { busy_ratio: scaled("busy_permille", 1e3), temperature_c: scaled("temperature_m_c", 1e3), throttled_bits: looked("machine", "throttled_bits"), available_mb: scaled("available_bytes", 1e6) },
    sdr: { source: whole.sdr, alive: channels.some((channel) => channel.power_dbfs !== null), rate_sps: whole.rate_sps, lost_samples_total: 0, reopen_total: 0 },
  };
}
