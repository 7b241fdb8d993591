import assert from "node:assert/strict";
import { test } from "node:test";
import type { Detection } from "../src/picture.ts";
import { detections_at, pose_at, status_at } from "../src/replay/at.ts";
import { last_until, ReplayClock } from "../src/replay/clock.ts";
import { frequency_hz, type Chunk, type Whole, type WayPoint } from "../src/replay/load.ts";
import { fence_areas, search_area } from "../src/tables.ts";
import { Trace } from "../src/trace.ts";

test("the clock plays, pauses, seeks, steps and changes speed without a jump", () => {
  const clock = new ReplayClock(1_000_000, 61_000_000);
  assert.equal(clock.at_us(500), 1_000_000);
  clock.play(1000);
  assert.equal(clock.at_us(3000), 3_000_000);
  clock.set_speed(10, 3000);
  assert.equal(clock.at_us(3000), 3_000_000);
  assert.equal(clock.at_us(4000), 13_000_000);
  clock.pause(4000);
  assert.equal(clock.at_us(9000), 13_000_000);
  clock.step(100_000, 9000);
  assert.equal(clock.at_us(9000), 13_100_000);
  clock.seek(99e9, 9000);
  assert.equal(clock.at_us(9000), 61_000_000);
  clock.seek(-5, 9000);
  assert.equal(clock.at_us(9000), 1_000_000);
});

test("at its end it stops, and play begins anew", () => {
  const clock = new ReplayClock(0, 2_000_000);
  clock.play(0);
  assert.equal(clock.ends(1000), false);
  assert.equal(clock.ends(5000), true);
  assert.equal(clock.is_playing, false);
  clock.play(6000);
  assert.equal(clock.at_us(6500), 500_000);
});

test("the last row until a time is found", () => {
  const rows = [10, 20, 20, 30];
  const at = (time: number) => last_until(rows, time, (row) => row);
  assert.deepEqual([5, 10, 19, 20, 30, 99].map(at), [-1, 0, 0, 2, 3, 3]);
  assert.equal(last_until([], 5, () => 0), -1);
});

const point = (at_us: number, lat_deg: number): WayPoint => ({ at_us, lat_deg, lon_deg: 8, alt_rel_m: lat_deg * 10, mode: "GUIDED", armed: true, battery_ratio: 0.5, yaw_deg: null });

test("the aircraft is between two points of its way, and where it was last seen over a gap", () => {
  const way = [point(0, 47), point(1_000_000, 48), point(60_000_000, 49)];
  assert.equal(pose_at(way, -1), null);
  assert.equal(pose_at(way, 250_000)!.lat_deg, 47.25);
  assert.equal(pose_at(way, 250_000)!.alt_rel_m, 472.5);
  assert.equal(pose_at(way, 30_000_000)!.lat_deg, 48);
  assert.equal(pose_at(way, 99_000_000)!.lat_deg, 49);
});

test("the nose turns the shorter way between two points, and a wind that was told long ago is unknown", () => {
  const way = [{ ...point(0, 47), yaw_deg: 350 }, { ...point(1_000_000, 47), yaw_deg: 20 }];
  assert.equal(pose_at(way, 500_000)!.yaw_deg, 365);
  assert.equal(pose_at([way[0]!, point(1_000_000, 47)], 500_000)!.yaw_deg, 350);
  const flight = whole({ winds: [{ at_us: 10, from_deg: 240, speed_mps: 5 }] });
  const wind = (at_us: number) => [status_at(flight, null, at_us).vehicle.wind_from_deg, status_at(flight, null, at_us).vehicle.wind_mps];
  assert.deepEqual([wind(5), wind(1_000_000), wind(90_000_000)], [[null, null], [240, 5], [null, null]]);
});

test("a detection is not known before it was confirmed, and goes on until it ended", () => {
  const found = { id: 1, confirmed_us: 10, ended_us: 50 } as Detection;
  assert.equal(detections_at([found], 9).length, 0);
  assert.equal(detections_at([found], 20)[0]!.ended_us, null);
  assert.equal(detections_at([found], 50)[0]!.ended_us, 50);
});

const whole = (more: Partial<Whole>): Whole => ({
  name: "f", started_utc: null, sdr: "file:x", autopilot: "udpin:", rate_sps: 1, first_us: 0, last_us: 100, beacons: ["fox"], frequencies_hz: [150e6], profile: null,
  way: [], estimates: [], states: [], commands: [], operator: [], searches: [], switches: [], winds: [], detections: [], messages: [], log: [], home: null, fence: [], search_area: null,
  region_times_us: [], coverage_times_us: [], ...more,
});

test("state, course and what locked it are those of the moment", () => {
  const flight = whole({
    states: [{ at_us: 10, to_state: "HOMING", reason: null, interlock: null, fault: null }, { at_us: 40, to_state: "IDLE", reason: "tripped", interlock: "link", fault: "stale" }],
    commands: [{ at_us: 0, kind: "silence", interlock: "operator_enable", fault: "refused", detail: null, reason: null },
      { at_us: 10, kind: "velocity", interlock: null, fault: null, detail: null, reason: "to the beacon" },
      { at_us: 30, kind: "silence", interlock: "facts", fault: "refused", detail: "no confirmed beacon", reason: null }],
  });
  const at = (at_us: number) => status_at(flight, null, at_us);
  assert.deepEqual([at(5).state, at(5).locked, at(5).homing_enabled], ["IDLE", null, false]);
  assert.deepEqual([at(20).state, at(20).course, at(20).homing_enabled], ["HOMING", "to the beacon", true]);
  assert.equal(at(35).missing[0], "facts refused: no confirmed beacon");
  assert.equal(at(50).latched, "link stale");
});

test("a channel tells its newest row, but none that is older than 3 s", () => {
  const row = { at_us: 1_000_000, channel: 0, power_dbfs: -50, ewma_dbfs: -50, floor_dbfs: -80, snr_db: 30, heard: true, bearing_deg: null, bearing_sigma_deg: null, pulse_count: null, pulse_width_us: null, pulse_period_us: null };
  const chunk: Chunk = { signal: [{ ...row, at_us: 0, snr_db: 1 }, row], spectrum: [], health: [], link: [], vehicle: [] };
  assert.equal(status_at(whole({}), chunk, 2_000_000).channels[0]!.snr_db, 30);
  assert.equal(status_at(whole({}), chunk, 2_000_000).channels[0]!.frequency_hz, 150e6);
  assert.equal(status_at(whole({}), chunk, 9_000_000).channels[0]!.snr_db, null);
  assert.equal(status_at(whole({}), chunk, 9_000_000).sdr.alive, false);
});

test("a beacon's frequency is read from the settings by its name", () => {
  const toml = '[sdr]\nfrequency_hz = 1e6\n[[beacon]]\nname = "a"\nfrequency_hz = 433_920_000.0\n[[beacon]]\nname = "b"\nfrequency_hz = 1.5e8\n[[beacon]]\nname = "d"\noffset_hz = -2000.0\n[antenna]\nfrequency_hz = 3\n';
  assert.equal(frequency_hz(toml, "a", 1e6), 433_920_000);
  assert.equal(frequency_hz(toml, "b", 1e6), 150e6);
  assert.equal(frequency_hz(toml, "c", 1e6), null);
  assert.deepEqual([frequency_hz(toml, "d", 1e6), frequency_hz(toml, "d", null)], [998_000, null]);
});

test("rows of the fence become its areas", () => {
  const corner = (kind: string, inside: boolean, place: number | null, lat_deg: number, radius_m: number | null = null) => ({ kind, inside, corner: place, lat_deg, lon_deg: 8, radius_m });
  const areas = fence_areas([corner("corner", true, 0, 1), corner("corner", true, 1, 2), corner("corner", true, 2, 3), corner("circle", false, null, 4, 50),
    corner("corner", false, 0, 5), corner("corner", false, 1, 6)]);
  assert.deepEqual(areas.map(({ inside, corners, radius_m }) => [inside, corners.length, radius_m]), [[true, 3, null], [false, 1, 50], [false, 2, null]]);
});

test("the area of a search is read from the settings", () => {
  const polygon = search_area('[homing]\nradius_m = 3\n\n[search]\npolygon = [\n    [47.1, 8.5],\n    [47.2, 8.5],\n    [47.2, -8.6],\n]\npattern = "ps"\n\n[interlock]\nradius_m = 9\n');
  assert.deepEqual(polygon?.corners.map((corner) => corner.lon_deg), [8.5, 8.5, -8.6]);
  assert.deepEqual(search_area("[search]\npolygon = []\ncentre_lat_deg = 47.5\ncentre_lon_deg = 8.0\nradius_m = 300.0\n")?.radius_m, 300);
  assert.equal(search_area("[search]\npolygon = []\n[x]\nradius_m = 2\n"), null);
  assert.equal(search_area(""), null);
});

test("a trace keeps a minute, takes nothing twice and shows a hole as one", () => {
  const trace = new Trace();
  for (let at_s = 0; at_s <= 100; at_s += 1) trace.push(at_s, -50, -80, 30);
  assert.equal(trace.at_s[0], 40);
  trace.push(100, 0, 0, 0);
  trace.push(99, 0, 0, 0);
  assert.equal(trace.at_s.at(-1), 100);
  trace.push(110, -51, -80, 29);
  assert.deepEqual(trace.power_dbfs.slice(-2), [null, -51]);
  assert.equal(new Set([trace.at_s, trace.power_dbfs, trace.floor_dbfs, trace.snr_db].map((column) => column.length)).size, 1);
});
