import assert from "node:assert/strict";
import { test } from "node:test";
import type { VehicleStatus } from "../src/api.ts";
import { moved } from "../src/geo.ts";
import { direction_text, heading_of, wind_text } from "../src/heading.ts";

const HOME = { lat_deg: 47.397742, lon_deg: 8.545594 };
const way = (...offsets: [number, number][]) => offsets.map(([north, east], index) => ({ ...moved(HOME, north, east), at_us: index, alt_rel_m: null }));
const vehicle = (more: Partial<VehicleStatus>) => ({ yaw_deg: null, wind_from_deg: null, wind_mps: null, ...more }) as VehicleStatus;

test("the nose goes before the course; a course wants two metres of way", () => {
  const east = way([0, 0], [0, 1.5], [0, 3]);
  assert.deepEqual(heading_of(vehicle({ yaw_deg: -10 }), east), { deg: 350, of: "nose" });
  const course = heading_of(vehicle({}), east);
  assert.deepEqual([course.of, Math.round(course.deg!)], ["course", 90]);
  assert.deepEqual(heading_of(vehicle({}), way([0, 0], [0, 1])), { deg: null, of: "course" });
  // a server that tells no nose at all
  assert.equal(heading_of({} as VehicleStatus, east).of, "course");
});

test("directions and wind are written, unknown as a dash", () => {
  assert.deepEqual([direction_text(359.6), direction_text(87.2), direction_text(null)], ["000° N", "087° E", "–"]);
  assert.equal(wind_text(vehicle({ wind_from_deg: 240, wind_mps: 5.23 })), "5.2 m/s from 240° WSW");
  assert.equal(wind_text(vehicle({ wind_from_deg: 0, wind_mps: 0 })), "0.0 m/s from 000° N");
  assert.deepEqual([wind_text(vehicle({ wind_mps: 5 })), wind_text({} as VehicleStatus)], ["–", "–"]);
});
