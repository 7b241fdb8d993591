import assert from "node:assert/strict";
import { test } from "node:test";
import type { Estimate, Region } from "../src/api.ts";
import { compared_rows, type Facts } from "../src/compare.ts";
import { moved } from "../src/geo.ts";
import { holds, truth_text } from "../src/views/truth.ts";

const HOME = { lat_deg: 47.397742, lon_deg: 8.545594 };
const region = (percent: number, square_count: number): Region => ({ at_us: 0, channel: 0, beacon: "fox", percent, rows: [{ ...HOME, size_m: 20, square_count }] });
const estimate = { ...HOME, at_us: 0, channel: 0, beacon: "fox" } as Estimate;

test("a row of squares reaches eastwards from the middle of its first one", () => {
  for (const [north_m, east_m, is_in] of [[0, 0, true], [9, -9, true], [11, 0, false], [0, -11, false], [0, 49, true], [0, 51, false]] as const) {
    assert.equal(holds(region(50, 3), moved(HOME, north_m, east_m)), is_in, `${north_m} ${east_m}`);
  }
});

test("the truth is told by its way from the estimate, and the smallest region that holds it", () => {
  const truth = moved(HOME, 0, 40);
  assert.equal(truth_text(truth, estimate, [region(95, 5), region(50, 1)]), "truth 40 m from the estimate, to 090° (E), in the region of 95 %");
  assert.equal(truth_text(truth, estimate, [region(50, 1)]), "truth 40 m from the estimate, to 090° (E), outside its regions");
  assert.equal(truth_text(truth, null, []), "no estimate to compare with");
});

test("two flights are compared with their difference, what is unknown has none", () => {
  const facts = (more: Partial<Facts>) => ({ length_s: null, heard_s: null, detections: null, trips: null, ...HOME, ...more }) as Facts;
  const rows = (truths: [boolean, boolean]) => compared_rows([
    { name: "a", facts: facts({ length_s: 100, heard_s: 30, trips: 2, radius_50_m: 40 }), truth: truths[0] ? moved(HOME, 30, 0) : null },
    { name: "b", facts: facts({ length_s: 90, trips: 2, radius_50_m: 55.5 }), truth: truths[1] ? HOME : null },
  ]);
  const found = (name: string, all: string[][]) => all.find(([first]) => first === name);
  assert.deepEqual(found("Length", rows([false, false])), ["Length", "1:40", "1:30", "−0:10"]);
  assert.deepEqual(found("Beacon first heard at", rows([false, false])), ["Beacon first heard at", "0:30", "–", ""]);
  assert.deepEqual(found("Stopped by an interlock", rows([false, false])), ["Stopped by an interlock", "2", "2", "same"]);
  assert.deepEqual(found("Last estimate, 50 % within", rows([false, false])), ["Last estimate, 50 % within", "40 m", "56 m", "+16 m"]);
  assert.equal(found("Last estimate from the truth", rows([false, false])), undefined);
  assert.deepEqual(found("Last estimate from the truth", rows([true, true])), ["Last estimate from the truth", "30 m", "0.0 m", "−30 m"]);
  assert.equal(compared_rows([{ name: "a", facts: null, truth: null }]).every((row) => row[1] === "–"), true);
});
